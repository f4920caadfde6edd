"""Commands: serve, openapi."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn
import uvicorn.importer

from fleet.settings import Settings
from schemas.logging import configure_logging

app = typer.Typer()
log = structlog.get_logger()

APPLICATION = "fleet.api.app:create_app"  # by name: other commands need not wait for it to load
GRACE_S = 5
"""How long open requests may take after SIGTERM."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (MOTORPOOL_HTTP_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port (MOTORPOOL_HTTP_PORT).")] = None,
) -> None:
    """Serve the HTTP API and the web app until SIGTERM or Ctrl-C.

    Example: motorpool serve --port 8808
    """
    settings = Settings()
    configure_logging(settings, "serve")
    config = uvicorn.Config(
        APPLICATION,
        factory=True,
        host=host or settings.http_host,
        port=settings.http_port if port is None else port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    log.info("serving", url=f"http://{config.host}:{config.port}", web_app="fleet/static")
    uvicorn.Server(config).run()


@app.command()
def openapi(
    out: Annotated[Path | None, typer.Option(help="File to write; standard output otherwise.")] = None,
) -> None:
    """Print the OpenAPI document, from which the web app's types are made. Needs no database.

    Example: motorpool openapi --out fleet/web/openapi.json
    """
    application = uvicorn.importer.import_from_string(APPLICATION)()
    document = json.dumps(application.openapi(), ensure_ascii=False, indent=2) + "\n"
    if out is None:
        typer.echo(document, nl=False)
        return
    out.write_text(document, encoding="utf-8")
