"""`motorpool storage`: what lies where, packing and retention by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from fleet.cli import app
from schemas.clock import SimulatedClock
from tests.conftest import ROLE_PASSWORD
from tests.fleet.office import MORNING

INSERT = """
INSERT INTO position (terminal_id, time, digest, sent_at, received_at, boot, seq, lon, lat, speed_kmh,
                      heading_deg, fixed)
SELECT 1, at, number, at, at, 1, number, 117, 36.65, 30, 90, true
FROM generate_series(1, 500) AS number,
     LATERAL (SELECT %s::timestamptz + number * interval '10 s' AS at) AS moment
"""


@pytest.fixture
def as_worker(town_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """The environment of a worker four days after 500 fixes."""
    with psycopg.connect(town_url) as connection:
        connection.execute(INSERT, [MORNING])
    url = f"postgresql://motorpool_worker:{ROLE_PASSWORD}@{town_url.rpartition('@')[2]}"
    monkeypatch.setenv("MOTORPOOL_DATABASE_URL", url)
    monkeypatch.setenv(
        "MOTORPOOL_CLOCK", SimulatedClock(MORNING + timedelta(days=4), time.time(), 1.0).specification()
    )
    yield CliRunner()


def said(runner: CliRunner, *command: str) -> dict[str, object]:
    done = runner.invoke(app, ["storage", *command, "--json"])
    assert done.exit_code == 0, done.output
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_packing_by_hand_reports_what_it_did(as_worker: CliRunner) -> None:
    packed = said(as_worker, "pack")
    status = said(as_worker, "status")

    assert (packed["fixes"], packed["complete"], packed["chunks_dropped"]) == (500, True, 1)
    assert (status["fixes_packed"], status["fixes_live"], status["held"]) == (500, 0, [])


def test_retention_by_hand_keeps_what_is_young(as_worker: CliRunner) -> None:
    said(as_worker, "pack")

    assert said(as_worker, "retain") == {"packs_expired": 0, "minute_chunks_dropped": 0}


def test_the_status_is_a_table_for_people(as_worker: CliRunner) -> None:
    shown = as_worker.invoke(app, ["storage", "status"])

    assert shown.exit_code == 0
    assert "live fixes" in shown.output
