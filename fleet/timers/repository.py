"""Timer rows. One per kind and subject: setting it again moves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.database import Connection

UPSERT_TIMER = """
INSERT INTO timer (kind, subject_id, due_at, payload) VALUES ($1, $2, $3, $4)
ON CONFLICT (kind, subject_id)
DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload, handed_at = NULL
"""

DELETE_TIMER = "DELETE FROM timer WHERE kind = $1 AND subject_id = $2"

DUE_TIMERS = """
SELECT kind, subject_id, due_at, payload FROM timer
WHERE handed_at IS NULL AND due_at <= $1
ORDER BY due_at LIMIT $2
"""

MARK_HANDED = "UPDATE timer SET handed_at = $4 WHERE kind = $1 AND subject_id = $2 AND due_at = $3"

# Taking it removes it: a second job for the same timer, or one for a timer moved since, finds nothing.
TAKE_TIMER = "DELETE FROM timer WHERE kind = $1 AND subject_id = $2 AND due_at = $3 RETURNING payload"

INSERT_TIMER_UNLESS_SET = """
INSERT INTO timer (kind, subject_id, due_at) VALUES ($1, $2, $3) ON CONFLICT (kind, subject_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Timer:
    kind: str
    subject_id: str
    due_at: datetime
    payload: dict[str, Any]


async def set_timer(
    connection: Connection,
    *,
    kind: str,
    subject_id: int | str,
    due_at: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    """Have the handler of `kind` run for the subject at `due_at` (business time); joins the transaction."""
    await connection.execute(UPSERT_TIMER, kind, str(subject_id), due_at, payload or {})


async def set_timer_unless_set(
    connection: Connection, *, kind: str, subject_id: int | str, due_at: datetime
) -> None:
    await connection.execute(INSERT_TIMER_UNLESS_SET, kind, str(subject_id), due_at)


async def clear_timer(connection: Connection, *, kind: str, subject_id: int | str) -> None:
    """The timer of this kind and subject will not run, unless it is running right now."""
    await connection.execute(DELETE_TIMER, kind, str(subject_id))


async def due_timers(connection: Connection, now: datetime, limit: int = 200) -> list[Timer]:
    rows = await connection.fetch(DUE_TIMERS, now, limit)
    return [Timer(row["kind"], row["subject_id"], row["due_at"], row["payload"]) for row in rows]


async def mark_handed(connection: Connection, timer: Timer, now: datetime) -> None:
    await connection.execute(MARK_HANDED, timer.kind, timer.subject_id, timer.due_at, now)


async def take_timer(connection: Connection, kind: str, subject_id: str, due_at: datetime) -> Timer | None:
    row = await connection.fetchrow(TAKE_TIMER, kind, subject_id, due_at)
    return Timer(kind, subject_id, due_at, row["payload"]) if row else None
