"""The live picture and its stream, as a browser sees them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from fleet.api.dependencies import session_reader
from fleet.audit import Actor
from fleet.identity.tokens import COOKIE
from fleet.live import stream
from fleet.live.model import Cursor
from fleet.notifications import notify
from fleet.orders import service as orders
from tests.fleet.office import MORNING, Office, trip

PATIENCE_S = 20
PUT_POSITION = """
INSERT INTO vehicle_state
    (vehicle_id, terminal_id, time, received_at, lon, lat, speed_kmh, heading_deg, fixed)
SELECT v.id, b.terminal_id, $2, $2, 117.01, 36.66, $3, 90, true
FROM vehicle v JOIN terminal_binding b ON b.vehicle_id = v.id WHERE v.plate = $1
ON CONFLICT (vehicle_id) DO UPDATE SET time = excluded.time, received_at = excluded.received_at,
    speed_kmh = excluded.speed_kmh
"""


@pytest.fixture
async def owner(town_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Writes what other processes write, ingest for instance."""
    connection = await asyncpg.connect(town_url)
    yield connection
    await connection.close()


class Page:
    """What an open page has been told; `until` waits for an event of a name that fits."""

    def __init__(self, events: AsyncIterator[Any]) -> None:
        self._events = events

    async def until(self, name: str, fits: Any = lambda _: True) -> tuple[Any, str | None]:
        async with asyncio.timeout(PATIENCE_S):
            async for event in self._events:
                data = json.loads(event.data)
                if event.event == name and fits(data):
                    return data, event.id
        raise AssertionError(f"the stream ended without {name}")

    async def end(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            async for _ in self._events:
                pass


@asynccontextmanager
async def page(office: Office, login: str, after: str | None = None) -> AsyncIterator[Page]:
    """The events that the stream sends to somebody, without the bytes around them."""
    browser = await office.signed_in(login)
    token = browser.cookies[COOKIE]
    state = office.app.state
    async with state.pool.acquire() as connection:
        reader = await session_reader(connection, token)
    assert reader is not None
    events = stream.events(state.relay, state.pool, reader, token, Cursor.read(after) if after else None)
    async with aclosing(events):
        yield Page(events)


async def put_position(owner: asyncpg.Connection, plate: str, time: datetime, speed_kmh: float) -> None:
    await owner.execute(PUT_POSITION, plate, time, speed_kmh)


async def test_a_clerks_page_begins_with_the_whole_picture(office: Office) -> None:
    async with page(office, "clerk03") as clerk:
        hello, _ = await clerk.until("hello")

    assert hello["now"] == "2026-03-11T01:00:00Z"
    assert [car["plate"] for car in hello["vehicles"]] == ["示A·10088", "示A·10115", "示A·D10273"]
    assert hello["counters"]["lost"] == 3


async def test_a_new_position_reaches_the_open_page(office: Office, owner: asyncpg.Connection) -> None:
    async with page(office, "clerk03") as clerk:
        await clerk.until("hello")

        await put_position(owner, "示A·10088", MORNING, 40)

        cars, _ = await clerk.until("vehicles", lambda cars: any(car["lon"] for car in cars))
        (car,) = [car for car in cars if car["lon"]]
        assert (car["plate"], car["lon"], car["activity"]) == ("示A·10088", 117.01, "moving")
        counters, _ = await clerk.until("counters", lambda counters: counters["on_task"] == 1)
        assert counters["lost"] == 2


async def test_a_change_is_told_with_the_id_to_resume_from(office: Office) -> None:
    requester = await office.signed_in("requester.finance")
    async with page(office, "clerk03") as clerk:
        await clerk.until("hello")

        request = (await requester.post("/requests", json=trip())).json()

        change, event_id = await clerk.until("change")
    assert change == {"topic": "request", "subject_id": str(request["id"])}
    assert Cursor.read(event_id or "") is not None


async def test_a_page_that_was_told_nothing_yet_resumes_from_its_beginning(office: Office) -> None:
    async with page(office, "clerk03") as clerk:
        _, start = await clerk.until("hello")
    requester = await office.signed_in("requester.finance")
    missed = (await requester.post("/requests", json=trip())).json()

    async with page(office, "clerk03", after=start) as clerk:
        change, _ = await clerk.until("change")

    assert change["subject_id"] == str(missed["id"])


async def test_a_page_that_was_away_is_told_what_it_missed(office: Office) -> None:
    requester = await office.signed_in("requester.finance")
    async with page(office, "clerk03") as clerk:
        await requester.post("/requests", json=trip())
        _, last = await clerk.until("change")

    missed = (await requester.post("/requests", json=trip())).json()

    async with page(office, "clerk03", after=last) as clerk:
        change, _ = await clerk.until("change")
    assert change["subject_id"] == str(missed["id"])


async def test_a_change_that_commits_late_is_not_skipped(office: Office) -> None:
    """A cursor over a serial number would pass it by (DESIGN §5)."""
    pool = office.app.state.pool
    async with page(office, "clerk03") as clerk, pool.acquire() as slow, pool.acquire() as quick:
        await clerk.until("hello")
        late = slow.transaction()
        await late.start()
        await notify(slow, at=MORNING, topic="run", subject_id=1)
        await notify(quick, at=MORNING, topic="run", subject_id=2)
        await office.app.state.relay.tick()
        await late.commit()

        told = [(await clerk.until("change"))[0]["subject_id"] for _ in range(2)]
    assert told == ["1", "2"]


async def test_other_organisations_changes_are_not_told(office: Office) -> None:
    """DESIGN §4.6."""
    requester = await office.signed_in("requester.finance")
    async with page(office, "requester.school") as stranger:
        hello, _ = await stranger.until("hello")
        await requester.post("/requests", json=trip())
        own = await office.signed_in("requester.school")
        mine = (await own.post("/requests", json=trip())).json()

        change, _ = await stranger.until("change")

    assert hello["vehicles"] == []
    assert change["subject_id"] == str(mine["id"])


async def test_a_message_for_one_person_reaches_nobody_else(office: Office) -> None:
    driver_account = await office.fetchval("SELECT id FROM account WHERE login = 'driver01'")
    async with page(office, "driver01") as driver, page(office, "clerk03") as clerk:
        await driver.until("hello")
        await clerk.until("hello")
        async with office.app.state.pool.acquire() as connection:
            await notify(connection, at=MORNING, topic="run", subject_id=5, account_id=driver_account)
            await notify(connection, at=MORNING, topic="run", subject_id=6)

        assert (await driver.until("change"))[0]["subject_id"] == "5"
        assert (await clerk.until("change"))[0]["subject_id"] == "6"


async def test_the_stream_ends_with_the_session(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "REAUTHORISE_S", 0.1)
    async with page(office, "clerk03") as clerk:
        await clerk.until("hello")
        await office.fetchval("DELETE FROM account_session RETURNING 1")

        await clerk.end()


async def test_an_account_keeps_no_more_streams_open_than_it_may(office: Office) -> None:
    async with page(office, "clerk03") as first:
        await first.until("hello")
        for _ in range(8):
            office.app.state.relay.subscribe(office.app.state.relay.subscribers[0].view)

        await first.end()


async def test_the_stream_is_served_as_events(office: Office) -> None:
    """The first bytes over HTTP, up to the end of `hello`; ASGITransport cannot hand over an endless body."""
    clerk = await office.signed_in("clerk03")
    sent: list[bytes] = []
    done = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message.get("body", b"") or json.dumps(str(message.get("headers"))).encode())
        if b"event: hello" in sent[-1]:
            done.set()

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/api/v1/live", "root_path": "",
        "raw_path": b"/api/v1/live", "query_string": b"", "scheme": "http", "server": ("test", 80),
        "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"},
        "headers": [(b"cookie", f"{COOKIE}={clerk.cookies[COOKIE]}".encode())],
    }  # fmt: skip
    async with asyncio.timeout(PATIENCE_S):
        await office.app(scope, receive, send)

    assert b"text/event-stream" in sent[0]
    assert not office.app.state.relay.subscribers


@pytest.mark.parametrize(("minutes", "group"), [(1, "on_task"), (6, "lost")])
async def test_a_car_not_heard_for_longer_than_expected_counts_as_lost(
    office: Office, owner: asyncpg.Connection, minutes: int, group: str
) -> None:
    """DESIGN §4.9: 10 s between fixes when moving, and three minutes of patience."""
    await put_position(owner, "示A·10088", MORNING, 40)
    office.clock.instant += timedelta(minutes=minutes)
    clerk = await office.signed_in("clerk03")

    counters = (await clerk.get("/counters")).json()

    assert counters[group] == (1 if group == "on_task" else 3)
    assert counters["total"] == 3


async def test_a_car_in_repair_counts_as_disabled_whatever_it_reports(
    office: Office, owner: asyncpg.Connection
) -> None:
    await put_position(owner, "示A·10088", MORNING, 40)
    await owner.execute("UPDATE vehicle SET status = 'repair' WHERE plate = '示A·10088'")
    clerk = await office.signed_in("clerk03")

    counters = (await clerk.get("/counters")).json()

    assert (counters["disabled"], counters["on_task"]) == (1, 0)


async def test_the_queue_counts_what_waits_for_a_car(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    request = (await clerk.post("/requests", json=trip())).json()
    await clerk.post("/requests", json=trip())
    async with office.app.state.pool.acquire() as connection, connection.transaction():
        await orders.move(connection, request["id"], "cancel", actor=Actor("test"), now=MORNING)

    counters = (await clerk.get("/counters")).json()

    assert (counters["pending"], counters["to_handle"]) == (1, 0)


@pytest.mark.parametrize("path", ["/vehicles", "/counters"])
@pytest.mark.parametrize("login", ["requester.finance", "driver01"])
async def test_nobody_else_watches_the_cars(office: Office, login: str, path: str) -> None:
    someone = await office.signed_in(login)

    assert (await someone.get(path)).status_code == 403


async def test_the_clock_tells_business_time(office: Office) -> None:
    driver = await office.signed_in("driver01")

    assert (await driver.get("/clock")).json() == {"now": "2026-03-11T01:00:00Z", "rate": 1.0}
