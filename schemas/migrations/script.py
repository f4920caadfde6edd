"""Run SQL scripts in a migration's transaction."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from alembic import op


def run_sql(script: str) -> None:
    """Execute a script of several statements. Without parameters, so that `%` means itself."""
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(script)


def run_sql_beside(migration: str) -> None:
    """Execute `NNNN_name.sql` for the migration file `NNNN_name.py`, as one script."""
    run_sql(Path(migration).with_suffix(".sql").read_text())
