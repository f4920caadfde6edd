"""The database schema as ordered SQL scripts, run through psycopg by alembic.

Each `versions/NNNN_name.py` names its predecessor and runs the SQL beside it.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, text

FOLDER = Path(__file__).parent
MIGRATION_LOCK = 0x4D500001
"""Advisory lock that lets one process migrate while others wait."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def heads() -> tuple[str, ...]:
    """Revisions nothing follows: exactly one, or two people branched the schema."""
    return tuple(ScriptDirectory.from_config(_config()).get_heads())


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the database at `database_url` (postgresql://...) to `revision`.

    Safe to call from several processes at once: one migrates, the others wait and find nothing to do.
    """
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
    engine.dispose()
