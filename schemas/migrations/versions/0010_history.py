"""History of fixes: packed terminal-hours, minutes of vehicles, retention with evidence hold."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql_beside(__file__)
