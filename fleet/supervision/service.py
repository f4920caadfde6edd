"""One pass over one vehicle: read from where it is certain, find, and record what differs (DESIGN 4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from fleet.database import Connection, Pool
from fleet.history.reading import BEGINNING
from fleet.supervision.context import Context, RoadLimits
from fleet.supervision.errors import FencedError, MatchingUnavailableError
from fleet.supervision.evaluation import MERGE_WITHIN, evaluate
from fleet.supervision.matching import RoadMatch, RoadMatcher
from fleet.supervision.recording import Recorder
from fleet.supervision.repository import inputs, results, work
from fleet.supervision.repository.results import RecordedTrip, ResumePoint
from fleet.supervision.results import FindingResult, TripResult
from fleet.supervision.rules.base import MARGIN_FIXES
from fleet.supervision.timeline import Timeline, Trip
from fleet.supervision.tracks import CLOCK_TOLERANCE
from fleet.supervision.trips import detect
from schemas.clock import SHANGHAI

log = structlog.get_logger()

ORDERS_REACH = timedelta(hours=1)
"""An order can change what is found about trips this long before it."""
ORDERS_AROUND = timedelta(hours=12)
CALENDAR_AHEAD = timedelta(days=20)
ASK_ROADS_AGAIN = timedelta(minutes=2)
ASK_AGAIN_S = 60.0
"""Real seconds until a rule that lacked a record is asked again."""
MATCHED_SHARE = 0.5
UNCERTAIN_FIXES = 3


@dataclass(frozen=True, slots=True)
class Window:
    """What was read: from the resume point on, or everything."""

    resume: ResumePoint | None
    timeline: Timeline
    context: Context
    recorded: list[RecordedTrip]

    @property
    def results_from(self) -> datetime:
        return BEGINNING if self.resume is None else self.resume.end


async def supervise(
    pool: Pool, matcher: RoadMatcher, item: work.Work, now: datetime, rest_s: float = 0.0
) -> None:
    """Bring the trips, violations and cases of a claimed vehicle up to date as of `now`.

    Raises FencedError when somebody else has claimed the vehicle meanwhile; nothing is written then.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        window = await read_window(connection, item, now)
    matches = await _match(matcher, window)
    context, trips = _with_roads(window, matches)
    evaluation = evaluate(context)
    for unanswered in evaluation.unanswered:
        log.error(
            "rule not answered", rule=unanswered.rule, vehicle=item.vehicle_id, reason=str(unanswered.error)
        )
    async with pool.acquire() as connection, connection.transaction():
        if not await work.hold(connection, item):
            raise FencedError(f"vehicle {item.vehicle_id} was claimed by another process")
        recorder = Recorder(connection, context, window.results_from, now)
        await recorder.record(
            trips,
            [FindingResult(finding) for finding in evaluation.findings],
            unanswered={unanswered.rule for unanswered in evaluation.unanswered},
        )
        if evaluation.unanswered:
            await work.touch(connection, item.vehicle_id, window.results_from)
            rest_s = max(rest_s, ASK_AGAIN_S)
        due_at = await _due_at(connection, context, trips, evaluation.look_again)
        await work.settle(connection, item, due_at, rest_s)


async def read_window(connection: Connection, item: work.Work, now: datetime) -> Window:
    """Read back to a resume point that what changed cannot reach behind, widening until that is certain."""
    changed_from = item.changed_from or now
    unmatched = await results.first_unmatched(connection, item.vehicle_id)
    unchanged_until = min(changed_from - ORDERS_REACH, unmatched or changed_from)
    before = now + timedelta(days=1)
    while True:
        resume = await results.resume_point(
            connection, item.vehicle_id, unchanged_until, before, MERGE_WITHIN
        )
        since = None if resume is None else resume.resume_from
        fixes = await inputs.fixes(connection, item.vehicle_id, since, now + CLOCK_TOLERANCE)
        timeline = detect(fixes, now)
        if resume is None or _fits(resume, timeline):
            break
        before = resume.end
    return Window(
        resume,
        timeline,
        await _context(connection, item.vehicle_id, resume, timeline, now),
        await results.current_trips(connection, item.vehicle_id, BEGINNING if resume is None else resume.end),
    )


def _fits(resume: ResumePoint, timeline: Timeline) -> bool:
    """The stay after the trip is found where it was, and no finding can be merged across it."""
    if not timeline.stays or timeline.stays[0].start != resume.end:
        return False
    return not timeline.trips or timeline.trips[0].start >= resume.end + MERGE_WITHIN


async def _context(
    connection: Connection, vehicle_id: int, resume: ResumePoint | None, timeline: Timeline, now: datetime
) -> Context:
    first = timeline.fixes[0].time if timeline.fixes else now
    prelude = (
        await inputs.fixes_before(connection, vehicle_id, resume.resume_from, MARGIN_FIXES)
        if resume is not None
        else []
    )
    since, until = first - ORDERS_AROUND, now + ORDERS_AROUND
    return Context(
        subject=await inputs.subject(connection, vehicle_id),
        timeline=timeline,
        as_of=now,
        calendar=await inputs.calendar(
            connection, first.astimezone(SHANGHAI).date(), (now + CALENDAR_AHEAD).astimezone(SHANGHAI).date()
        ),
        orders=await inputs.orders(connection, vehicle_id, since, until),
        bookings=await inputs.bookings(connection, vehicle_id, since, until),
        prelude=tuple(prelude),
    )


async def _match(matcher: RoadMatcher, window: Window) -> dict[datetime, dict[str, Any]]:
    """Road match of each trip by its start: remembered by the digest of its track, else asked for.

    Trips are missing while Valhalla is down.
    """
    remembered = {trip.track_digest: trip.matched for trip in window.recorded if trip.matched is not None}
    matches: dict[datetime, dict[str, Any]] = {}
    for trip in window.timeline.trips:
        if trip.digest in remembered:
            matches[trip.start] = remembered[trip.digest]
            continue
        good = [fix for _, fix in window.timeline.good(trip.first, trip.last)]
        try:
            matches[trip.start] = _as_recorded(window.timeline, trip, await matcher.match(good))
        except MatchingUnavailableError as error:
            log.warning("trip evaluated without road limits", reason=error.detail)
            break
    return matches


def _as_recorded(timeline: Timeline, trip: Trip, match: RoadMatch) -> dict[str, Any]:
    """As schemas.api.supervision.MatchedTrack: a value for every fix of the trip, None for poor ones."""
    places = {index: place for place, (index, _) in enumerate(timeline.good(trip.first, trip.last))}
    order = [places.get(index) for index in range(trip.first, trip.last + 1)]
    limits, roads = match.limits.limits_kmh, match.limits.roads
    return {
        "distance_km": match.distance_km,
        "source": match.limits.source,
        "share": match.share,
        "limits_kmh": [None if place is None else limits[place] for place in order],
        "roads": [None if place is None else roads[place] for place in order],
    }


def _with_roads(
    window: Window, matches: Mapping[datetime, dict[str, Any]]
) -> tuple[Context, list[TripResult]]:
    """The context with limits and road distances, and the trips as they will be recorded."""
    trips = tuple(_on_roads(trip, matches.get(trip.start)) for trip in window.timeline.trips)
    limits = {trip.start: _limits(trip, matches[trip.start]) for trip in trips if trip.start in matches}
    context = replace(window.context, timeline=replace(window.timeline, trips=trips), limits=limits)
    return context, [_result(context, trip, matches.get(trip.start)) for trip in trips]


def _limits(trip: Trip, match: dict[str, Any]) -> RoadLimits:
    """Which road the newest fixes are on is uncertain until the way on is known: they accuse nobody yet."""
    limits: list[float | None] = match["limits_kmh"]
    if not trip.closed:
        limits = [*limits[:-UNCERTAIN_FIXES], *[None] * len(limits[-UNCERTAIN_FIXES:])]
    return RoadLimits(tuple(limits), tuple(match["roads"]), match["source"])


def _on_roads(trip: Trip, match: dict[str, Any] | None) -> Trip:
    """Distance along the roads where most of the trip was matched."""
    if match is None or match["share"] < MATCHED_SHARE:
        return trip
    return replace(trip, distance_km=match["distance_km"])


def _result(context: Context, trip: Trip, match: dict[str, Any] | None) -> TripResult:
    order = context.order_of(trip.start, trip.end)
    return TripResult(trip, None if order is None else order.run_id, match)


async def _due_at(
    connection: Connection, context: Context, trips: list[TripResult], moments: Sequence[datetime]
) -> datetime | None:
    """When to look again although nothing changes."""
    now = context.as_of
    ahead = await inputs.first_fix_after(connection, context.subject.id, now + CLOCK_TOLERANCE)
    waiting = [*moments, context.timeline.look_again, ahead]
    if any(trip.matched is None for trip in trips):
        waiting.append(now + ASK_ROADS_AGAIN)
    return min((moment for moment in waiting if moment is not None), default=None)
