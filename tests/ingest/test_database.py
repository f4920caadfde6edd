"""The worker's connection to a database that is not as it should be."""

from __future__ import annotations

import psycopg
import pytest

from ingest.database import connect
from tests.ingest.conftest import eventually
from tests.ingest.world import Registry

APPLICATION = "motorpool-locked-out"
OPEN = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{APPLICATION}'"


def test_a_connection_that_cannot_be_prepared_is_closed(
    ingest_url: str, database_url: str, registry: Registry
) -> None:
    with psycopg.connect(database_url) as locker:
        locker.execute("LOCK TABLE position IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            connect(ingest_url, APPLICATION)
        locker.rollback()

    eventually(lambda: registry.value(OPEN) == 0, "nothing is left of it")
