"""Sign-in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from schemas.api.base import Answered, Named, Received

Role = Literal[
    "requester",
    "unit_approver",
    "platform_approver",
    "clerk",
    "driver",
    "auditor",
    "finance",
    "leader",
    "administrator",
]


class SignIn(Received):
    login: Annotated[str, Field(min_length=1, max_length=64)]
    password: SecretStr


class Me(Answered):
    account_id: int
    login: str
    name: str
    title: str
    roles: list[Role]
    organisation: Named
    driver_id: int | None = None


class DemoAccount(Answered):
    """Offered on the sign-in page of a demo, never otherwise."""

    login: str
    name: str
    role: Role
    password: str
