"""Find a terminal's binding without its exclusion constraint's GiST index, several times as slow to probe."""

from __future__ import annotations

from schemas.migrations.script import run_sql_beside

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql_beside(__file__)
