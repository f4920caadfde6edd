"""The job queue of procrastinate, whose own schema it brings."""

from __future__ import annotations

from procrastinate.schema import SchemaManager

from schemas.migrations.script import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql(SchemaManager.get_schema())
