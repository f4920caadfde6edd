"""Organisations, people, vehicles, terminals, places, calendar."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql_beside(__file__)
