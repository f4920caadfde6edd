"""Issue, rotate and revoke what terminals sign in with at the broker.

The change, its audit entry and the timer that has the broker told are one transaction. The broker keeps one
password for a terminal: a rotation ends the old one, and the connection made with it, at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from fleet.audit import Actor, record
from fleet.database import Connection
from fleet.errors import ConflictError, NotFoundError
from fleet.terminals import repository
from fleet.terminals.repository import LockedTerminal
from fleet.terminals.secret import new_nonce, secret_of
from fleet.timers import set_timer
from schemas.api.terminals import IssuedCredential, TerminalItem

KIND = "terminal_credential"


@dataclass(frozen=True, slots=True)
class Office:
    """Who acts, over which part of the tree (None: all of it), and when."""

    actor: Actor
    path: str | None
    now: datetime


async def issue(connection: Connection, office: Office, code: str, key: SecretStr) -> IssuedCredential:
    """A first secret, or one after a revocation."""
    terminal = await _lock(connection, office, code)
    if terminal.revision is not None and not terminal.revoked:
        raise ConflictError(f"terminal {code} has a credential", "Rotate it, or revoke it first.")
    return await _renew(connection, office, terminal, key, "issue")


async def rotate(connection: Connection, office: Office, code: str, key: SecretStr) -> IssuedCredential:
    """Another secret in the place of the one in force, also for one that was lost."""
    terminal = await _lock(connection, office, code)
    if terminal.revision is None or terminal.revoked:
        raise ConflictError(f"terminal {code} has no credential to rotate", "Issue one.")
    return await _renew(connection, office, terminal, key, "rotate")


async def revoke(connection: Connection, office: Office, code: str) -> TerminalItem:
    """The terminal is disconnected and cannot come back; also one whose credential came from elsewhere."""
    terminal = await _lock(connection, office, code)
    if terminal.revoked:
        raise ConflictError(f"the credential of terminal {code} is revoked already", "Issue a new one.")
    await _change(connection, office, terminal, "revoke", nonce=None)
    return await find(connection, office, code)


async def find(connection: Connection, office: Office, code: str) -> TerminalItem:
    found = await repository.terminals(connection, office.now, office.path, code=code)
    if not found:
        raise _unknown(code)
    return found[0]


async def _lock(connection: Connection, office: Office, code: str) -> LockedTerminal:
    terminal = await repository.lock_terminal(connection, office.now, office.path, code)
    if terminal is None:
        raise _unknown(code)
    if terminal.protocol != "mqtt":
        raise ConflictError(
            f"terminal {code} speaks JT/T 808 and does not sign in at the broker",
            "It registers at the gateway.",
        )
    return terminal


async def _renew(
    connection: Connection, office: Office, terminal: LockedTerminal, key: SecretStr, action: str
) -> IssuedCredential:
    nonce = new_nonce()
    secret = secret_of(key, terminal.code, (terminal.revision or 0) + 1, nonce)
    await _change(connection, office, terminal, action, nonce=nonce)
    item = await find(connection, office, terminal.code)
    assert item.credential is not None
    return IssuedCredential(
        terminal=item.code,
        username=item.code,
        client_id=item.code,
        secret=secret,
        credential=item.credential,
    )


async def _change(
    connection: Connection, office: Office, terminal: LockedTerminal, action: str, *, nonce: bytes | None
) -> None:
    revision = (terminal.revision or 0) + 1
    await repository.change_credential(
        connection,
        terminal.id,
        revision=revision,
        revoked=nonce is None,
        now=office.now,
        by=office.actor.name,
        nonce=nonce,
    )
    await set_timer(connection, kind=KIND, subject_id=terminal.id, due_at=office.now)
    await record(
        connection,
        at=office.now,
        actor=office.actor,
        action=f"terminal.credential.{action}",
        subject_kind="terminal",
        subject_id=terminal.id,
        payload={"terminal": terminal.code, "revision": revision},
    )


def _unknown(code: str) -> NotFoundError:
    return NotFoundError(f"there is no terminal {code}", "See `motorpool terminal list`.")
