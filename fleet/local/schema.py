"""The database of a stack: schema up to date, process roles able to log in."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

import schemas.migrations
from fleet.local.errors import ServiceFailedError
from fleet.local.postgres import PROCESS_ROLES, allow_login
from fleet.local.secrets import SecretFile


def bring_up_schema(owner_url: str, secrets: SecretFile, say: Callable[[str], None]) -> dict[str, str]:
    """Migrate, then return the URL of `owner` and of each process role."""
    try:
        schemas.migrations.upgrade(owner_url)
    except (SQLAlchemyError, CommandError) as error:
        raise ServiceFailedError(
            f"The database schema cannot be brought up to date: {error}",
            "It needs PostgreSQL 15 or newer with TimescaleDB, a user that may create extensions, and "
            "a schema no newer than this version of Motorpool.",
        ) from error
    return {"owner": owner_url} | {role: _role_url(owner_url, role, secrets, say) for role in PROCESS_ROLES}


def _role_url(owner_url: str, role: str, secrets: SecretFile, say: Callable[[str], None]) -> str:
    try:
        return allow_login(owner_url, role, secrets.get(f"database-{role}"))
    except psycopg.errors.InsufficientPrivilege:
        say(f"[yellow]![/] your database user may not give {role} a password; {role} logs in as your user")
        return owner_url
