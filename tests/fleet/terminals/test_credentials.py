"""Credentials of terminals: asked for at the office, told to a real broker, shown once (DESIGN 4.5)."""

from __future__ import annotations

import queue
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from fleet.database import open_pool
from fleet.settings import Settings
from fleet.terminals.secret import secret_of
from fleet.timers.kinds import handlers
from fleet.timers.worker import Worker
from schemas.telemetry import topic
from tests.conftest import ROLE_PASSWORD, Broker
from tests.fleet.office import ADMIN, Office

KEY = SecretStr("0123456789abcdef0123456789abcdef")
SECONDS = 10.0
NOWHERE = "mqtt://fleet:secret@127.0.0.1:1"


@dataclass
class Desk:
    """The administrator's browser, and the worker that tells the broker."""

    office: Office
    admin: httpx.AsyncClient
    town_url: str
    broker: Broker

    async def ask(self, what: str, code: str = "T0001") -> dict[str, Any]:
        answer = await self.admin.post(f"/terminals/{code}/credential{what}")
        assert answer.is_success, answer.text
        content: dict[str, Any] = answer.json()
        return content

    async def work(self, mqtt_url: str | None = None) -> None:
        """Run the timer of T0001 once, with just the rights of the worker's role."""
        as_worker = f"postgresql://motorpool_worker:{ROLE_PASSWORD}@{self.town_url.rpartition('@')[2]}"
        settings = Settings(
            database_url=SecretStr(as_worker),
            mqtt_url=SecretStr(mqtt_url or self.broker.url("fleet")),
            credential_key=KEY,
        )
        pool = await open_pool(settings, "test")
        row = await pool.fetchrow("SELECT subject_id, due_at FROM timer WHERE kind = 'terminal_credential'")
        self.office.clock.instant = max(self.office.clock.instant, row["due_at"])
        await Worker(pool, self.office.clock, handlers(settings)).handle(
            "terminal_credential", row["subject_id"], row["due_at"]
        )
        await pool.close()

    async def credential(self) -> dict[str, Any]:
        content: dict[str, Any] = (await self.admin.get("/terminals/T0001")).json()["credential"]
        return content


@pytest.fixture
async def desk(office: Office, town_url: str, broker: Broker) -> AsyncIterator[Desk]:
    office.app.state.settings = office.app.state.settings.model_copy(update={"credential_key": KEY})
    yield Desk(office, await office.signed_in(ADMIN), town_url, broker)


class Station:
    """A terminal that tries its secret."""

    def __init__(self, broker: Broker, secret: str) -> None:
        self.connected: queue.Queue[str] = queue.Queue()
        self.disconnected: queue.Queue[str] = queue.Queue()
        self.published: queue.Queue[str] = queue.Queue()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="T0001", protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self.client.username_pw_set("T0001", secret)
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.connected.put(str(reason))
        self.client.on_disconnect = lambda _c, _u, _f, reason, _p: self.disconnected.put(str(reason))
        self.client.on_publish = lambda _c, _u, _m, reason, _p: self.published.put(str(reason))
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.answer = self.connected.get(timeout=SECONDS)

    def publish(self, where: str) -> str:
        self.client.publish(where, b"x", qos=1)
        return self.published.get(timeout=SECONDS)


@pytest.fixture
def stations() -> Iterator[list[Station]]:
    opened: list[Station] = []
    yield opened
    for one in opened:
        one.client.disconnect()
        one.client.loop_stop()


async def test_an_issued_secret_opens_the_terminals_own_topics_and_nothing_else(
    desk: Desk, stations: list[Station]
) -> None:
    issued = await desk.ask("")
    assert (issued["username"], issued["client_id"]) == ("T0001", "T0001")
    assert issued["credential"]["in_force"] is False

    await desk.work()
    terminal = Station(desk.broker, issued["secret"])
    stations.append(terminal)

    assert (await desk.credential())["in_force"] is True
    assert terminal.answer == "Success"
    assert terminal.publish(topic("T0001", "fix")) in ("Success", "No matching subscribers")
    assert terminal.publish(topic("T0002", "fix")) == "Not authorized"


async def test_a_rotation_ends_the_old_secret_and_its_connection(desk: Desk, stations: list[Station]) -> None:
    old = await desk.ask("")
    await desk.work()
    stations.append(Station(desk.broker, old["secret"]))
    new = await desk.ask("/rotate")
    assert new["secret"] != old["secret"]

    await desk.work()

    assert stations[0].disconnected.get(timeout=SECONDS)
    stations += [Station(desk.broker, old["secret"]), Station(desk.broker, new["secret"])]
    assert [one.answer for one in stations[1:]] == ["Not authorized", "Success"]


async def test_a_revoked_terminal_is_disconnected_and_cannot_come_back(
    desk: Desk, stations: list[Station]
) -> None:
    issued = await desk.ask("")
    await desk.work()
    stations.append(Station(desk.broker, issued["secret"]))

    revoked = await desk.ask("/revoke")
    await desk.work()

    assert revoked["credential"]["revoked"] is True
    assert stations[0].disconnected.get(timeout=SECONDS)
    stations.append(Station(desk.broker, issued["secret"]))
    assert stations[1].answer == "Not authorized"


async def test_while_the_broker_is_away_the_change_waits_for_it_and_says_why(
    desk: Desk, stations: list[Station]
) -> None:
    issued = await desk.ask("")

    await desk.work(NOWHERE)
    waiting = await desk.credential()
    await desk.work(NOWHERE)
    due = await desk.office.fetchval("SELECT due_at FROM timer WHERE kind = 'terminal_credential'")
    assert due - desk.office.clock.instant == timedelta(seconds=4)
    await desk.work()

    assert waiting["in_force"] is False
    assert "cannot be reached" in waiting["trouble"]
    assert await desk.credential() == {**waiting, "in_force": True, "trouble": ""}
    stations.append(Station(desk.broker, issued["secret"]))
    assert stations[0].answer == "Success"


async def test_a_revocation_told_twice_is_one(desk: Desk) -> None:
    """The worker may die after the broker obeyed and before its own commit."""
    await desk.ask("")
    await desk.work()
    await desk.ask("/revoke")
    await desk.work()
    again = "UPDATE terminal_credential SET applied_at = NULL RETURNING terminal_id"
    terminal_id = await desk.office.fetchval(again)
    await desk.office.fetchval(
        "INSERT INTO timer (kind, subject_id, due_at) VALUES ('terminal_credential', $1, $2) RETURNING 1",
        str(terminal_id),
        desk.office.clock.instant,
    )

    await desk.work()

    assert (await desk.credential())["in_force"] is True


async def test_the_secret_is_nowhere_once_the_broker_knows_it(desk: Desk) -> None:
    issued = await desk.ask("")
    nonce = await desk.office.fetchval("SELECT nonce FROM terminal_credential")
    assert secret_of(KEY, "T0001", 1, nonce) == issued["secret"]

    await desk.work()

    assert await desk.office.fetchval("SELECT nonce FROM terminal_credential") is None
    kept = await desk.office.fetchval(
        """SELECT string_agg(row, '') FROM (
               SELECT c::text AS row FROM terminal_credential c
               UNION ALL SELECT a::text FROM audit_entry a
               UNION ALL SELECT t::text FROM timer t) AS everything"""
    )
    assert issued["secret"] not in kept
    assert "secret" not in (await desk.admin.get("/terminals/T0001")).json()


async def test_every_change_and_its_telling_are_audited(desk: Desk) -> None:
    for what in ("", "/rotate", "/revoke"):
        await desk.ask(what)
        await desk.work()

    entries = await desk.office.fetchval(
        """SELECT json_agg(json_build_array(action, actor, payload->'revision') ORDER BY id) FROM audit_entry
           WHERE action LIKE 'terminal.credential.%'"""
    )

    assert entries == [
        ["terminal.credential.issue", "管理员", 1],
        ["terminal.credential.apply", "worker", 1],
        ["terminal.credential.rotate", "管理员", 2],
        ["terminal.credential.apply", "worker", 2],
        ["terminal.credential.revoke", "管理员", 3],
        ["terminal.credential.apply", "worker", 3],
    ]


async def test_only_steps_that_make_sense_are_possible(desk: Desk) -> None:
    async def status(what: str, code: str = "T0001") -> int:
        return (await desk.admin.post(f"/terminals/{code}/credential{what}")).status_code

    assert await status("/rotate") == 409
    assert await status("") == 201
    assert await status("") == 409
    assert await status("/revoke") == 200
    assert await status("/revoke") == 409
    assert await status("/rotate") == 409
    assert await status("") == 201
    assert await status("", "T9999") == 404
    assert await status("", "T+1") == 422


async def test_only_an_administrator_may(desk: Desk) -> None:
    clerk = await desk.office.signed_in("clerk03")

    assert (await clerk.post("/terminals/T0001/credential")).status_code == 403
    assert (await clerk.get("/terminals/T0001")).status_code == 200


async def test_without_a_key_nothing_is_issued(desk: Desk) -> None:
    settings = desk.office.app.state.settings
    desk.office.app.state.settings = settings.model_copy(update={"credential_key": SecretStr("short")})

    answer = await desk.admin.post("/terminals/T0001/credential")

    assert answer.status_code == 503
    assert "MOTORPOOL_CREDENTIAL_KEY" in answer.json()["detail"]
    assert await desk.credential() is None
