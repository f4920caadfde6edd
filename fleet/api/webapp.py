"""The built web app: hashed assets may be kept for ever, the page itself is asked for each time."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).resolve().parents[1] / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Motorpool</title>
<p>网页尚未构建。请运行 <code>make web</code>。</p>
<p>The web app is not built yet. Run <code>make web</code>.</p>"""


class WebApp(StaticFiles):
    """Files of the app; any other page address gives the app itself, which knows its own routes."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(directory=folder, check_dir=False)

    async def check_config(self) -> None:
        """An unbuilt app is no error of the server: see NOT_BUILT."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path == "api" or path.startswith("api/"):
            raise HTTPException(404)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or PurePosixPath(path).suffix:
                raise
            response = await self._page(scope)
        hashed = path.startswith("assets/")
        response.headers["Cache-Control"] = FOR_EVER if hashed else ASK_AGAIN
        return response

    async def _page(self, scope: Scope) -> Response:
        try:
            return await super().get_response("index.html", scope)
        except HTTPException:
            return HTMLResponse(NOT_BUILT, 503)
