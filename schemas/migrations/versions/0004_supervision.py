"""Trips, violations, cases."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql_beside(__file__)
