"""Terminals and their credentials in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fleet.database import Connection
from schemas.api.terminals import CredentialState, TerminalItem

ONLINE_GRACE_S = 180

# A terminal is seen by whom its vehicle belongs to; one that sits in no vehicle, by every administrator.
IN_SCOPE = """
($2::text IS NULL OR NOT EXISTS (
    SELECT FROM terminal_binding b
    JOIN vehicle v ON v.id = b.vehicle_id
    JOIN organisation o ON o.id = v.organisation_id
    WHERE b.terminal_id = t.id AND b.during @> $1::timestamptz AND NOT o.path <@ $2::text::ltree))
"""

# unbound_fixes: fixes in the times no binding covers; where all is well those times are short
TERMINALS = f"""
SELECT t.code, t.protocol, t.active, v.plate,
       coalesce(p.online AND p.last_received_at >= $1::timestamptz
                - make_interval(secs => t.interval_parked_s + {ONLINE_GRACE_S}), false) AS online,
       p.last_received_at AS last_contact_at, p.receive_lag_s, p.clock_skew_s, p.boot, p.upto AS handled_upto,
       coalesce(unbound.fixes, 0) AS unbound_fixes,
       c.revision, c.revoked, c.applied_at, c.changed_at, c.changed_by, c.trouble
FROM terminal t
LEFT JOIN terminal_progress p ON p.terminal_id = t.id
LEFT JOIN terminal_credential c ON c.terminal_id = t.id
LEFT JOIN terminal_binding b ON b.terminal_id = t.id AND b.during @> $1::timestamptz
LEFT JOIN vehicle v ON v.id = b.vehicle_id
CROSS JOIN LATERAL (
    SELECT sum(counted.fixes) AS fixes
    FROM unnest(tstzmultirange(tstzrange(NULL, NULL)) - coalesce(
             (SELECT range_agg(during) FROM terminal_binding WHERE terminal_id = t.id),
             tstzmultirange())) AS gap,
         LATERAL (SELECT count(*) AS fixes FROM position
                  WHERE terminal_id = t.id AND time >= coalesce(lower(gap), '-infinity')
                    AND time < coalesce(upper(gap), 'infinity')) AS counted
) AS unbound
WHERE {IN_SCOPE} AND ($3::text IS NULL OR t.code = $3) AND ($4::text IS NULL OR t.code > $4)
ORDER BY t.code LIMIT $5
"""  # noqa: S608 - constants of ours

LOCK_TERMINAL = f"""
SELECT t.id, t.code, t.protocol, c.revision, c.revoked
FROM terminal t LEFT JOIN terminal_credential c ON c.terminal_id = t.id
WHERE t.code = $3 AND {IN_SCOPE}
FOR UPDATE OF t
"""  # noqa: S608 - constants of ours

CHANGE_CREDENTIAL = """
INSERT INTO terminal_credential (terminal_id, revision, revoked, changed_at, changed_by, nonce)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (terminal_id) DO UPDATE SET
    revision = excluded.revision, revoked = excluded.revoked, changed_at = excluded.changed_at,
    changed_by = excluded.changed_by, nonce = excluded.nonce, applied_at = NULL, attempts = 0, trouble = ''
"""

PENDING_CREDENTIAL = """
SELECT t.code, c.revision, c.revoked, c.nonce, c.attempts
FROM terminal_credential c JOIN terminal t ON t.id = c.terminal_id
WHERE c.terminal_id = $1 AND c.applied_at IS NULL
FOR UPDATE OF c
"""

APPLIED = """
UPDATE terminal_credential SET applied_at = $2, nonce = NULL, attempts = attempts + 1, trouble = ''
WHERE terminal_id = $1
"""

NOT_APPLIED = "UPDATE terminal_credential SET attempts = attempts + 1, trouble = $2 WHERE terminal_id = $1"


@dataclass(frozen=True, slots=True)
class LockedTerminal:
    """A terminal nobody else changes now; `revision` None: it never had a credential."""

    id: int
    code: str
    protocol: Literal["mqtt", "jt808"]
    revision: int | None
    revoked: bool | None


@dataclass(frozen=True, slots=True)
class PendingCredential:
    """What the broker is to be told."""

    code: str
    revision: int
    revoked: bool
    nonce: bytes | None
    attempts: int


async def terminals(
    connection: Connection,
    now: datetime,
    path: str | None,
    *,
    code: str | None = None,
    after: str | None = None,
    limit: int = 1,
) -> list[TerminalItem]:
    """By code; `path` None sees all."""
    rows = await connection.fetch(TERMINALS, now, path, code, after, limit)
    return [
        TerminalItem(**row, credential=_credential(row) if row["revision"] is not None else None)
        for row in rows
    ]


async def lock_terminal(
    connection: Connection, now: datetime, path: str | None, code: str
) -> LockedTerminal | None:
    row = await connection.fetchrow(LOCK_TERMINAL, now, path, code)
    return LockedTerminal(**row) if row else None


async def change_credential(
    connection: Connection,
    terminal_id: int,
    *,
    revision: int,
    revoked: bool,
    now: datetime,
    by: str,
    nonce: bytes | None,
) -> None:
    await connection.execute(CHANGE_CREDENTIAL, terminal_id, revision, revoked, now, by, nonce)


async def pending_credential(connection: Connection, terminal_id: int) -> PendingCredential | None:
    row = await connection.fetchrow(PENDING_CREDENTIAL, terminal_id)
    return PendingCredential(**row) if row else None


async def applied(connection: Connection, terminal_id: int, now: datetime) -> None:
    await connection.execute(APPLIED, terminal_id, now)


async def not_applied(connection: Connection, terminal_id: int, trouble: str) -> None:
    await connection.execute(NOT_APPLIED, terminal_id, trouble)


def _credential(row: dict[str, object]) -> CredentialState:
    return CredentialState.model_validate({**row, "in_force": row["applied_at"] is not None})
