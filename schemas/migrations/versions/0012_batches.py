"""What a transaction of ingest tells of many terminals is one row of arrays, not a row each."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_sql_beside(__file__)
