"""A database role per process."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql_beside(__file__)
