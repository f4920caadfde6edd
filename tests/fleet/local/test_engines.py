from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg

from tests.conftest import Broker


def test_the_database_carries_timescaledb_and_the_whole_schema(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT hypertable_name FROM timescaledb_information.hypertables"
        ).fetchall()
    assert {name for (name,) in rows} == {"position", "vehicle_minute"}


def test_each_test_gets_an_empty_database_of_its_own(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM organisation").fetchone() == (0,)


def test_a_process_role_logs_in_with_its_own_rights(role_url: Callable[[str], str]) -> None:
    with psycopg.connect(role_url("motorpool_ingest")) as connection:
        row = connection.execute(
            "SELECT current_user, has_table_privilege('position', 'INSERT'),"
            " has_table_privilege('position', 'UPDATE')"
        ).fetchone()
    assert row == ("motorpool_ingest", True, False)


def test_terminals_can_be_enrolled_while_the_broker_runs(broker: Broker) -> None:
    assert broker.terminal_url("T-enrol") == f"mqtt://T-enrol:secret-T-enrol@127.0.0.1:{broker.port}"


def test_the_road_network_answers_routes_in_the_generated_city(valhalla_url: str) -> None:
    status = httpx.get(f"{valhalla_url}/status").json()
    assert "sources_to_targets" in status["available_actions"]


def test_the_base_map_is_a_pmtiles_file(basemap: Path) -> None:
    assert basemap.read_bytes()[:7] == b"PMTiles"
