"""Audit entries, notifications, timers, attachments."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql_beside(__file__)
