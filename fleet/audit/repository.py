"""Audit entries: inserted with the change they speak of, never touched again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.database import Connection

INSERT_ENTRY = """
INSERT INTO audit_entry (at, account_id, actor, action, subject_kind, subject_id, payload)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person's account, or a process of ours (`account_id` None)."""

    name: str
    account_id: int | None = None


async def record(
    connection: Connection,
    *,
    at: datetime,
    actor: Actor,
    action: str,
    subject_kind: str,
    subject_id: int | str,
    payload: dict[str, Any] | None = None,
) -> None:
    """Write that `actor` did `action` (as in `run.confirmed`) to the subject, in the caller's transaction."""
    await connection.execute(
        INSERT_ENTRY, at, actor.account_id, actor.name, action, subject_kind, str(subject_id), payload or {}
    )
