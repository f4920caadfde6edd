"""Notice that something changed: the outbox read by (xid, id) below the oldest running transaction.

A serial cursor alone skips rows committed late. What is noticed only wakes the planner: the truth is always
read anew, so a missed or doubled wake-up loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.database import Connection

NEWEST = """
SELECT n.xid::text, n.id FROM notification n WHERE n.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY n.xid DESC, n.id DESC LIMIT 1
"""

CHANGES = """
SELECT n.xid::text, n.id, n.topic FROM notification n
WHERE (n.xid, n.id) > ($1::text::xid8, $2) AND n.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY n.xid, n.id LIMIT $3
"""

AT_ONCE = 1_000
TOPICS = frozenset({"request", "run"})
"""What proposals rest on."""


@dataclass(slots=True)
class Watch:
    """Where in the outbox we are."""

    xid: str = "0"
    id: int = 0

    async def start(self, connection: Connection) -> None:
        """Begin after what is there: the caller reads everything at its start anyway."""
        row = await connection.fetchrow(NEWEST)
        if row is not None:
            self.xid, self.id = row["xid"], row["id"]

    async def woken(self, connection: Connection) -> bool:
        """Whether a request or a run changed since the last call."""
        ours, more = False, True
        while more:
            rows = await connection.fetch(CHANGES, self.xid, self.id, AT_ONCE)
            if rows:
                self.xid, self.id = rows[-1]["xid"], rows[-1]["id"]
            ours = ours or any(row["topic"] in TOPICS for row in rows)
            more = len(rows) == AT_ONCE
        return ours
