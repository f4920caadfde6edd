"""Fixes, live state, dead letters, change windows."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql_beside(__file__)
