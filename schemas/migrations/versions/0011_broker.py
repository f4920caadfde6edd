"""Who serves which part of the topics, and which credentials terminals hold."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql_beside(__file__)
