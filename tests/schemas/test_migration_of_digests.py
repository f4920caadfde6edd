"""Fixes stored under the first kind of digest are known again under the present one (invariant 1)."""

from __future__ import annotations

import msgspec
import psycopg

import schemas.migrations
from fleet.local.postgres import PostgresServer
from schemas.telemetry import Fix, content_digest
from tests.ingest.world import fix

INSERT = """
INSERT INTO position (terminal_id, time, digest, sent_at, received_at, boot, seq, lon, lat, speed_kmh,
                      heading_deg, altitude_m, odometer_km, ignition, energy_pct, satellites, hdop, fixed,
                      alarm, status)
VALUES (7, to_timestamp(%s / 1000.0), %s, now(), now() + %s * INTERVAL '1 second', 1, %s, %s, %s, %s, %s,
        %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
DATABASE = "before_new_digests"


def store(connection: psycopg.Connection, fix: Fix, digest: int, order: int) -> None:
    connection.execute(
        INSERT,
        [
            fix.time, digest, order, fix.seq, fix.lon, fix.lat, fix.speed, fix.heading, fix.altitude,
            fix.odometer, fix.ignition, fix.energy, fix.satellites, fix.hdop, fix.fixed, fix.alarm,
            fix.status,
        ],
    )  # fmt: skip


def test_stored_digests_are_renewed_and_no_fix_is_lost(postgres: PostgresServer) -> None:
    url = postgres.ensure_database(DATABASE)
    schemas.migrations.upgrade(url, "0007")
    fixes = [fix(k, speed=68.7 + k, heading=33.3, lon=117.1234567, hdop=None) for k in range(5)]
    finer_than_stored = msgspec.structs.replace(fixes[0], speed=68.7 + 1e-9, seq=9)
    with psycopg.connect(url) as connection:
        for order, stored in enumerate([*fixes, finer_than_stored]):
            store(connection, stored, -order, order)

    schemas.migrations.upgrade(url, "0008")

    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT seq, digest FROM position ORDER BY time").fetchall()
    assert found == [(stored.seq, content_digest(stored)) for stored in fixes]
