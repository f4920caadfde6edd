"""The job queue of procrastinate, whose own schema it brings."""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SchemaManager.get_schema())
