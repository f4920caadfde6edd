"""Signing in and out. Sessions live on real time, what the audit log says of them on ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.audit import record
from fleet.database import Connection
from fleet.errors import NotSignedInError
from fleet.identity import repository
from fleet.identity.model import Reader
from fleet.identity.passwords import hash_in_thread, needs_rehash, verify_in_thread
from fleet.identity.throttle import SignInThrottle
from fleet.identity.tokens import new_token, token_digest
from schemas.clock import SystemClock


@dataclass(frozen=True, slots=True)
class OpenedSession:
    token: str
    reader: Reader


async def sign_in(
    connection: Connection,
    throttle: SignInThrottle,
    *,
    login: str,
    password: str,
    address: str,
    lifetime: timedelta,
    now: datetime,
) -> OpenedSession:
    """Open a session of `lifetime` real time. Raises NotSignedInError without saying which half was wrong."""
    throttle.check(login, address)
    credentials = await repository.credentials_of_login(connection, login)
    if not await verify_in_thread(credentials.password_hash if credentials else None, password):
        throttle.failed(login, address)
        raise NotSignedInError("login or password is wrong", "Check both; passwords are case-sensitive.")
    assert credentials is not None
    throttle.succeeded(login, address)
    if needs_rehash(credentials.password_hash):
        await repository.replace_hash(connection, credentials.account_id, await hash_in_thread(password))
    return await _open_session(connection, credentials.account_id, lifetime, now)


async def _open_session(
    connection: Connection, account_id: int, lifetime: timedelta, now: datetime
) -> OpenedSession:
    token = new_token()
    real_now = SystemClock().now()
    await repository.delete_expired_sessions(connection, real_now)
    await repository.insert_session(
        connection, token_digest(token), account_id, real_now, real_now + lifetime
    )
    reader = await repository.reader_of_session(connection, token_digest(token), real_now)
    assert reader is not None
    await _record(connection, reader, "account.sign_in", now)
    return OpenedSession(token, reader)


async def sign_out(connection: Connection, reader: Reader, token: str, now: datetime) -> None:
    await repository.delete_session(connection, token_digest(token))
    await _record(connection, reader, "account.sign_out", now)


async def _record(connection: Connection, reader: Reader, action: str, now: datetime) -> None:
    await record(
        connection,
        at=now,
        actor=reader.actor,
        action=action,
        subject_kind="account",
        subject_id=reader.account_id,
    )
