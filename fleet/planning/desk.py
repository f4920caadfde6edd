"""From the database to a problem with its travel times, and from dispatch's words to answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog

import dispatch
from dispatch import NoOption, Option, Params
from fleet.database import Connection, Pool
from fleet.errors import FleetError
from fleet.planning import facts, repository
from fleet.planning.cards import Answer, Card, Desk, card_of, stops_for_route
from fleet.planning.places import places_of
from fleet.planning.problem import problem_of
from fleet.planning.reasons import obstacle_of
from fleet.planning.router import Router
from fleet.planning.settings import PlanningSettings
from fleet.planning.snapshot import Snapshot
from fleet.planning.spots import Spot
from fleet.planning.travel import TravelTimes

log = structlog.get_logger()

REMEMBERED_ROUTES = 2_000
ROUTES_AT_ONCE = 4


class Said(NamedTuple):
    """What dispatch said about one request."""

    request_id: str
    options: Sequence[Option]
    no_option: NoOption | None


class Preparation:
    """Prepares problems and dresses answers; remembers travel times and routes between calls."""

    def __init__(self, router: Router, settings: PlanningSettings) -> None:
        self._router = router
        self._settings = settings
        self._times = TravelTimes(router)
        self._routes: dict[tuple[Spot, ...], list[tuple[float, float]]] = {}

    async def snapshot(
        self, pool: Pool, now: datetime, supplier_id: int, request_id: int | None = None
    ) -> Snapshot:
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await facts.read_snapshot(connection, now, supplier_id, self._settings, request_id)

    async def desk(self, connection: Connection, snapshot: Snapshot, *, store: bool) -> Desk:
        """The problem of a snapshot. With `store` what the roads answered is kept in the database."""
        places = places_of(snapshot)
        wanted = places.wanted()
        fixed = places.spots[: places.reachable]
        missing = self._times.missing(places.spots, fixed)
        if missing:
            sources, targets = {a for a, _ in missing}, {b for _, b in missing}
            self._times.learn(await repository.read_travel_times(connection, sources, targets))
            learnt = await self._times.ask(self._times.missing(places.spots, fixed))
            if store:  # where cars happened to be is of no use later
                lasting = set(fixed)
                keep = {pair: leg for pair, leg in learnt.items() if pair[0] in lasting}
                await repository.store_travel_times(connection, keep, snapshot.taken_at)
        legs = self._times.legs(places.spots, wanted, places.names)
        problem = problem_of(snapshot, places, legs.travel, Params())
        return Desk(snapshot, problem, places, legs, self._settings)

    async def answers(self, desk: Desk, said: Iterable[Said]) -> list[Answer]:
        """Cards with their way along the roads, or obstacles."""
        answers = [answer for each in said if (answer := _answer(desk, each)) is not None]
        gate = asyncio.Semaphore(ROUTES_AT_ONCE)

        async def dressed(card: Card) -> Card:
            async with gate:
                return card.with_route(await self._route(stops_for_route(card)))

        return [
            Answer(a.request_id, a.version, tuple(await asyncio.gather(*map(dressed, a.cards))), a.obstacle)
            for a in answers
        ]

    async def _route(self, stops: list[Spot]) -> list[tuple[float, float]]:
        """The way along the roads, or straight between the stops when the roads do not answer."""
        key = tuple(stops)
        if key not in self._routes:
            try:
                shape = await self._router.shape(stops)
            except FleetError:
                return [(s.lon, s.lat) for s in stops]
            if len(self._routes) >= REMEMBERED_ROUTES:
                self._routes.clear()
            self._routes[key] = [(round(lon, 6), round(lat, 6)) for lon, lat in shape]
        return self._routes[key]


def _answer(desk: Desk, said: Said) -> Answer | None:
    """None after a fault of ours, which must not keep the other requests waiting."""
    request = desk.snapshot.request(int(said.request_id))
    try:
        cards = tuple(card_of(desk, option) for option in said.options)
        obstacle = None
        if not cards and said.no_option is not None:
            obstacle = obstacle_of(desk.snapshot, desk.problem, said.no_option)
    except Exception:
        log.exception("an answer cannot be put into words", request=request.number)
        return None
    return Answer(request.id, request.version, cards, obstacle)


def ask_now(desk: Desk, request_id: int) -> Said:
    """Immediate answer for one open request, in milliseconds."""
    proposal = dispatch.propose(desk.problem, str(request_id))
    return Said(proposal.request_id, proposal.options, proposal.no_option)
