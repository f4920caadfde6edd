"""Requests, proposals, runs, reservations."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql_beside(__file__)
