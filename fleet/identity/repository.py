"""Accounts and sessions. Session times are real time: a simulated day must not sign anybody out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fleet.database import Connection
from fleet.identity.model import Reader

READER_OF_SESSION = """
SELECT a.id, a.login, a.name, a.title, a.roles, o.id AS organisation_id, o.name AS organisation_name,
       o.path::text AS organisation_path, d.id AS driver_id
FROM account_session s
JOIN account a ON a.id = s.account_id
JOIN organisation o ON o.id = a.organisation_id
LEFT JOIN driver d ON d.account_id = a.id
WHERE s.token_digest = $1 AND s.expires_at > $2 AND a.active
"""

CREDENTIALS_OF_LOGIN = "SELECT id, password_hash FROM account WHERE login = $1 AND active"

REPLACE_HASH = "UPDATE account SET password_hash = $2 WHERE id = $1"

INSERT_SESSION = """
INSERT INTO account_session (token_digest, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
"""

DELETE_SESSION = "DELETE FROM account_session WHERE token_digest = $1"

DELETE_EXPIRED_SESSIONS = "DELETE FROM account_session WHERE expires_at <= $1"


@dataclass(frozen=True, slots=True)
class Credentials:
    account_id: int
    password_hash: str


async def reader_of_session(connection: Connection, digest: bytes, real_now: datetime) -> Reader | None:
    row = await connection.fetchrow(READER_OF_SESSION, digest, real_now)
    if row is None:
        return None
    return Reader(
        account_id=row["id"],
        login=row["login"],
        name=row["name"],
        title=row["title"],
        organisation_id=row["organisation_id"],
        organisation_name=row["organisation_name"],
        organisation_path=row["organisation_path"],
        roles=frozenset(row["roles"]),
        driver_id=row["driver_id"],
    )


async def credentials_of_login(connection: Connection, login: str) -> Credentials | None:
    row = await connection.fetchrow(CREDENTIALS_OF_LOGIN, login)
    return Credentials(row["id"], row["password_hash"]) if row else None


async def replace_hash(connection: Connection, account_id: int, password_hash: str) -> None:
    await connection.execute(REPLACE_HASH, account_id, password_hash)


async def insert_session(
    connection: Connection, digest: bytes, account_id: int, created_at: datetime, expires_at: datetime
) -> None:
    await connection.execute(INSERT_SESSION, digest, account_id, created_at, expires_at)


async def delete_session(connection: Connection, digest: bytes) -> None:
    await connection.execute(DELETE_SESSION, digest)


async def delete_expired_sessions(connection: Connection, real_now: datetime) -> None:
    await connection.execute(DELETE_EXPIRED_SESSIONS, real_now)
