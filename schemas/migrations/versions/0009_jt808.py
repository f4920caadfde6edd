"""Registration of JT/T 808 terminals, and commands to terminals."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql_beside(__file__)
