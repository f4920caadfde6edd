"""Notifications: rows in the transaction of the change; one relay reads them in commit order."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fleet.database import Connection

INSERT_NOTIFICATION = """
INSERT INTO notification (at, topic, subject_id, organisation_id, account_id) VALUES ($1, $2, $3, $4, $5)
"""

Topic = Literal["request", "proposal", "run", "alert", "trip", "case"]


async def notify(
    connection: Connection,
    *,
    at: datetime,
    topic: Topic,
    subject_id: int | str,
    organisation_id: int | None = None,
    account_id: int | None = None,
) -> None:
    """Tell listeners that the subject changed; they fetch it again under their own rights."""
    await connection.execute(INSERT_NOTIFICATION, at, topic, str(subject_id), organisation_id, account_id)
