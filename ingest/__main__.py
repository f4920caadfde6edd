"""`python -m ingest ...` runs the commands of this package alone."""

from __future__ import annotations

from ingest.cli import app

app()
