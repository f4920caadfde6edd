"""Plays the outside world against a running product until it is told to stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx
import structlog

from schemas.api.identity import Role
from schemas.api.live import LiveVehicle
from schemas.api.registry import ImportResult, RegistryImport
from schemas.clock import SHANGHAI, Clock
from simulators.bots.office import Desk, EveryPackagedYear, RefusedError
from simulators.bots.seats import Approver, Clerk, Requester
from simulators.city import City, plan_city
from simulators.demand import PlannedRequest, plan_demand
from simulators.misconduct import Act, Habit, plan_misconduct
from simulators.play.crew import Crew
from simulators.play.diary import Diary
from simulators.play.garage import Garage, open_garage
from simulators.play.manners import Manners
from simulators.play.mischief import GIVES_UP_AFTER, Mischief
from simulators.terminals.jt808_radio import GatewayAddress
from simulators.terminals.ledger import Ledger
from simulators.terminals.radio import BrokerAddress
from simulators.terminals.receiver import Sky
from simulators.terminals.roads import Roads
from simulators.world import build_world

DAYS_AHEAD = 7
SEATS_EVERY_S = 1.0
APPROVERS_EVERY_S = 2.0
CREW_EVERY_S = 0.5
DIARY_EVERY_S = 1.0
EVERYBODY = "all"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Script:
    """How this run goes.

    `held` are drivers whose phone a person may take, "all" is everybody's: they leave it for `hold`
    (business time). The second clerk confirms what is due within `clerk_patience`. `jt808` cars report over
    JT/T 808 instead of MQTT.
    """

    seed: int
    first_day: date
    passwords: Mapping[Role, str]
    terminal_passwords: Callable[[str], str]
    jt808: int
    held: frozenset[str]
    hold: timedelta
    clerk_patience: timedelta
    misconduct: bool

    def lends(self, login: str) -> timedelta:
        """How long this driver leaves the phone to a person."""
        return self.hold if login in self.held or EVERYBODY in self.held else timedelta(0)


@dataclass(frozen=True, slots=True)
class Outside:
    """Where the product is."""

    web: str
    broker: BrokerAddress
    gateway: GatewayAddress
    valhalla: str


class Conductor:
    """Everybody and everything outside the product, on one event loop."""

    def __init__(self, script: Script, outside: Outside, clock: Clock, diary: Diary) -> None:
        self._script = script
        self._outside = outside
        self._clock = clock
        self._diary = diary
        self._city: City = plan_city(script.seed)
        self._world: RegistryImport = build_world(
            self._city,
            script.seed,
            first_day=script.first_day,
            passwords=script.passwords,
            jt808=script.jt808,
        )
        self._desks = {
            row.login: Desk(outside.web, row.login, row.password.get_secret_value())
            for row in self._world.accounts
        }

    async def play(self) -> None:
        """Enrol everybody, then run until cancelled."""
        await self._enrol()
        roads = Roads(self._outside.valhalla)
        ledger = Ledger(self._diary.ledger)
        garage = await self._open_garage(roads, ledger)
        acts, habits = self._misconduct()
        manners = Manners(garage, habits, self._clock, self._diary)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(garage.report())
                tasks.create_task(self._repeat(DIARY_EVERY_S, self._note_the_time))
                for every_s, work in self._people(garage, manners, acts):
                    tasks.create_task(self._repeat(every_s, work))
        finally:
            manners.close()
            garage.close()
            ledger.close()
            await roads.aclose()
            for desk in self._desks.values():
                await desk.aclose()

    async def _enrol(self) -> None:
        admin = self._desks["admin"]
        await self._insist(lambda: admin.post("/admin/calendar", dict[str, Any], EveryPackagedYear()))
        result = await self._insist(lambda: admin.post("/admin/registry", ImportResult, self._world))
        log.info("organisation imported", added=result.added)

    async def _open_garage(self, roads: Roads, ledger: Ledger) -> Garage:
        seen = await self._insist(lambda: self._desks["clerk02"].get("/vehicles", list[LiveVehicle]))
        return open_garage(
            self._world,
            {vehicle.plate: vehicle for vehicle in seen},
            {
                row.code: self._script.terminal_passwords(row.code)
                for row in self._world.terminals
                if row.protocol == "mqtt"
            },
            sky=Sky(
                [tunnel.line for tunnel in self._city.tunnels], [zone.ring for zone in self._city.canyons]
            ),
            roads=roads,
            clock=self._clock,
            broker=self._outside.broker,
            gateway=self._outside.gateway,
            ledger=ledger,
            seed=self._script.seed,
            boot=int(time.time()),
        )

    def _people(
        self, garage: Garage, manners: Manners, acts: Sequence[Act]
    ) -> list[tuple[float, Callable[[], Awaitable[None]]]]:
        names = {row.login: row.name for row in self._world.accounts}
        crew = Crew(
            self._desks["clerk02"],
            {names[row.login]: self._desks[row.login] for row in self._world.drivers},
            manners,
            self._clock,
            {names[row.login]: self._script.lends(row.login) for row in self._world.drivers},
        )
        requester = Requester(self._desks, self._demand(), self._diary.note_submitted)
        clerk = Clerk(self._desks["clerk02"], self._script.clerk_patience)
        mischief = Mischief(acts, garage, crew, manners, self._clock, self._diary)
        approvers = [
            Approver(self._desks[row.login]) for row in self._world.accounts if row.roles == ["unit_approver"]
        ]
        return [
            (SEATS_EVERY_S, lambda: requester.tick(self._clock.now())),
            (SEATS_EVERY_S, lambda: clerk.tick(self._clock.now())),
            (CREW_EVERY_S, crew.tick),
            (SEATS_EVERY_S, mischief.tick),
            (SEATS_EVERY_S, manners.tick),
            (APPROVERS_EVERY_S, lambda: _one_after_the_other([one.tick for one in approvers])),
        ]

    def _misconduct(self) -> tuple[list[Act], list[Habit]]:
        if not self._script.misconduct:
            return [], []
        days = [
            plan_misconduct(self._world, self._city, day, self._script.seed) for day in self._days_ahead()
        ]
        began, too_old = self._diary.played(), self._clock.now() - GIVES_UP_AFTER
        acts = [act for day in days for act in day.acts if act.code not in began and act.starts_at > too_old]
        return acts, [habit for day in days for habit in day.habits]

    def _demand(self) -> list[PlannedRequest]:
        handed_in = self._diary.submitted()
        planned = [
            item for day in self._days_ahead() for item in plan_demand(self._world, day, self._script.seed)
        ]
        return [item for item in planned if item.code not in handed_in]

    def _days_ahead(self) -> list[date]:
        today = self._clock.now().astimezone(SHANGHAI).date()
        return [today + timedelta(days=offset) for offset in range(DAYS_AHEAD)]

    async def _note_the_time(self) -> None:
        self._diary.last_moment.write(self._clock.now())

    async def _repeat(self, every_s: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except httpx.TransportError as error:
                log.info("product not reachable", error=type(error).__name__)
            except RefusedError as refusal:
                log.info("refused", reason=str(refusal))
            await asyncio.sleep(every_s)

    async def _insist(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Try until the product is there; a refusal of the request itself is final."""
        while True:
            try:
                return await work()
            except httpx.TransportError:
                await asyncio.sleep(0.5)
            except RefusedError as refusal:
                if refusal.status < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise
                await asyncio.sleep(0.5)


async def _one_after_the_other(works: list[Callable[[], Awaitable[None]]]) -> None:
    for work in works:
        await work()
