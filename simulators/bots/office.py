"""The product as a signed-in person reaches it: HTTP, a cookie, typed answers."""

from __future__ import annotations

from typing import Any, TypeVar

import httpx
import structlog
from pydantic import BaseModel, TypeAdapter

from schemas.api.base import Received
from simulators.errors import SimulatorError

Answer = TypeVar("Answer")
log = structlog.get_logger()


class RefusedError(SimulatorError):
    """The product answered with a problem; `status` is the HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


class EveryPackagedYear(Received):
    """The calendar import without rows: the years that the product brings."""


class Desk:
    """One account's session. Signs in when it must; raises RefusedError on a problem and
    httpx.TransportError while the product is away."""

    def __init__(self, base_url: str, login: str, password: str) -> None:
        self.login = login
        self._password = password
        self._signed_in = False
        self._http = httpx.AsyncClient(
            base_url=f"{base_url}/api/v1", headers={"X-Motorpool": "1"}, timeout=30, trust_env=False
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, shape: type[Answer], **query: str | int) -> Answer:
        return TypeAdapter(shape).validate_json((await self._send("GET", path, params=query)).content)

    async def post(self, path: str, shape: type[Answer], body: BaseModel | None = None) -> Answer:
        content = body.model_dump_json() if body is not None else None
        answer = await self._send(
            "POST", path, content=content, headers={"content-type": "application/json"} if content else None
        )
        return TypeAdapter(shape).validate_json(answer.content)

    async def sign_in(self) -> None:
        answer = await self._http.post("/session", json={"login": self.login, "password": self._password})
        _refuse_unless_ok(answer)
        self._signed_in = True

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        if not self._signed_in:
            await self.sign_in()
        answer = await self._http.request(method, path, **request)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            await self.sign_in()
            answer = await self._http.request(method, path, **request)
        _refuse_unless_ok(answer)
        return answer


def _refuse_unless_ok(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        detail = answer.json().get("detail", answer.text)
    except ValueError:
        detail = answer.text
    raise RefusedError(answer.status_code, str(detail))
