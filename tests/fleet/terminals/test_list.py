"""What the office knows of its terminals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from tests.fleet.office import ADMIN, MORNING, Office

HEARD = """
INSERT INTO terminal_progress
    (terminal_id, boot, upto, online, last_received_at, receive_lag_s, clock_skew_s)
SELECT id, 3, 41, %s, %s, 2.5, -0.5 FROM terminal WHERE code = %s
"""
FIX = """
INSERT INTO position (terminal_id, time, digest, sent_at, received_at, boot, seq, lon, lat, speed_kmh,
                      heading_deg, fixed)
SELECT id, %s, %s, %s, %s, 1, 1, 117, 36.6, 0, 0, true FROM terminal WHERE code = %s
"""


async def terminals(office: Office, login: str = ADMIN, **query: Any) -> list[dict[str, Any]]:
    answer = await (await office.signed_in(login)).get("/terminals", params=query)
    assert answer.status_code == 200, answer.text
    content: list[dict[str, Any]] = answer.json()
    return content


async def test_a_terminal_that_was_never_heard_is_listed_as_such(office: Office) -> None:
    first, *others = await terminals(office)

    assert [first["code"], *(one["code"] for one in others)] == ["T0001", "T0002", "T0003"]
    assert (first["plate"], first["online"], first["unbound_fixes"]) == ("示A·10088", False, 0)
    assert (first["last_contact_at"], first["receive_lag_s"], first["credential"]) == (None, None, None)


async def test_contact_lag_and_skew_are_shown_and_who_is_silent_is_offline(
    office: Office, town_url: str
) -> None:
    with psycopg.connect(town_url) as database:
        database.execute(HEARD, [True, MORNING - timedelta(seconds=479), "T0001"])
        database.execute(HEARD, [True, MORNING - timedelta(seconds=481), "T0002"])
        database.execute(HEARD, [False, MORNING, "T0003"])

    found = await terminals(office)

    assert [one["online"] for one in found] == [True, False, False]
    assert (found[0]["receive_lag_s"], found[0]["clock_skew_s"]) == (2.5, -0.5)
    assert (found[0]["boot"], found[0]["handled_upto"]) == (3, 41)


async def test_fixes_of_times_without_a_vehicle_are_counted(office: Office, town_url: str) -> None:
    """Bound for thirty days: what is older waits for a binding."""
    with psycopg.connect(town_url) as database:
        for digest, age in enumerate([1, 29, 31, 32]):
            when = MORNING - timedelta(days=age)
            database.execute(FIX, [when, digest, when, when, "T0001"])
        database.execute("INSERT INTO terminal (code) VALUES ('T0000')")
        database.execute(FIX, [MORNING, 9, MORNING, MORNING, "T0000"])

    found = await terminals(office)

    assert [(one["code"], one["plate"], one["unbound_fixes"]) for one in found[:2]] == [
        ("T0000", None, 1),
        ("T0001", "示A·10088", 2),
    ]


async def test_a_page_continues_behind_the_last_code(office: Office) -> None:
    assert [one["code"] for one in await terminals(office, after="T0001", limit=1)] == ["T0002"]


async def test_terminals_of_vehicles_elsewhere_in_the_tree_are_not_seen(
    office: Office, town_url: str
) -> None:
    """Invariant 6: the clerk belongs to the pool, one vehicle is given to another organisation."""
    with psycopg.connect(town_url) as database:
        database.execute(
            """UPDATE vehicle SET organisation_id = (SELECT id FROM organisation WHERE code = 'school')
               WHERE plate = '示A·10088'"""
        )
    clerk = await office.signed_in("clerk03")

    assert [one["code"] for one in await terminals(office, "clerk03")] == ["T0002", "T0003"]
    assert (await clerk.get("/terminals/T0001")).status_code == 404
