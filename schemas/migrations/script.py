"""Run the SQL file that stands beside a migration."""

from __future__ import annotations

from pathlib import Path

from alembic import op


def run_sql_beside(migration: str) -> None:
    """Execute `NNNN_name.sql` for the migration file `NNNN_name.py`, as one script."""
    op.get_bind().exec_driver_sql(Path(migration).with_suffix(".sql").read_text())
