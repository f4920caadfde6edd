"""From flagged fixes to trips and stays, in one pass from left to right.

The detector is a small machine. While moving it holds a *candidate*: the earliest fix from which on every
fix lies within `radius_m` of it. A candidate that lasts becomes a stay. While parked it collects fixes away
from the anchor until they prove a departure; when they come back instead they were drift. What follows a stay
depends on the fixes from its candidate on and on nothing before: that is what `Trip.resume_from` promises
(DESIGN 4.3).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from fleet.supervision.geometry import Spot, distance_m, middle
from fleet.supervision.measures import Drive, measure
from fleet.supervision.timeline import Stay, Timeline, Trip
from fleet.supervision.tracks import CLOCK_TOLERANCE, LOOKAHEAD, Fix, Quality, assess, in_order

DETECTOR = "trips/1"
ANCHOR_FIXES = 7
TRACE_STEP_S = 90.0


@dataclass(frozen=True, slots=True)
class TripParameters:
    """What makes a trip and a stay. Metres, seconds, km/h; recommended values (DOMAIN tag R)."""

    radius_m: float = 60.0
    """Standing is staying within this of one fix ..."""
    stay_off_s: float = 60.0
    """... with the engine off for this long (shorter ignition cycles count as driving),"""
    stay_unwired_s: float = 180.0
    """or for this long when the ignition is not wired,"""
    stay_idling_s: float = 300.0
    """or for this long with the engine on: red lights and pick-ups belong to the trip."""
    leave_m: float = 50.0
    """Away from the park anchor by more than this ..."""
    moving_kmh: float = 5.0
    """... with two fixes this fast is a departure (DOMAIN R01)."""
    carried_m: float = 200.0
    """Three fixes in a row beyond this are a departure without speed or ignition (towed, ferry)."""
    lost_s: float = 900.0
    """No fix for this long and slower than `lost_kmh` between: the car stood, nobody knows how long."""
    lost_kmh: float = 10.0
    bridge_s: float = 1800.0
    """No tunnel or dead spot lasts longer than this: beyond, the drive is not taken to have gone on."""
    unseen_kmh: float = 30.0
    """How fast a car is taken to have come where it was first seen again."""
    silent_close_s: float = 3600.0
    """A trip without news for this long is closed where it was last seen,"""
    silent_off_close_s: float = 600.0
    """or for this long when the engine was off by then: the terminal sleeps."""

    def __post_init__(self) -> None:
        for parameter in fields(self):
            if getattr(self, parameter.name) <= 0:
                raise ValueError(f"trip parameter {parameter.name} must be positive")
        if self.carried_m < self.leave_m:
            raise ValueError("trip parameter carried_m must not be below leave_m")


DEFAULT_PARAMETERS = TripParameters()


def detect(
    fixes: Iterable[Fix], as_of: datetime, parameters: TripParameters = DEFAULT_PARAMETERS
) -> Timeline:
    """Trips and stays of one vehicle as of a moment. Order and repetition of `fixes` do not matter.

    What a clock that is a little fast dates after `as_of` belongs to it.
    """
    ordered = in_order(fix for fix in fixes if fix.time <= as_of + CLOCK_TOLERANCE)
    machine = _Detector(ordered, assess(ordered), parameters)
    machine.run()
    return machine.timeline(as_of)


@dataclass(slots=True)
class _Leg:
    """A trip being driven: since when and from where."""

    start: datetime
    spot: Spot
    truncated: bool


@dataclass(slots=True)
class _Detector:
    """A *place* is an index into `good`, an *index* one into `fixes`."""

    fixes: Sequence[Fix]
    flags: list[Quality]
    parameters: TripParameters
    good: list[int] = field(default_factory=list)
    """Indices of the fixes used, one a moment."""
    times: list[datetime] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    leg: _Leg | None = None
    candidate: int = 0
    parked: bool = False
    arrived: int = 0
    """Place of the first fix of the stay."""
    held: list[Spot] = field(default_factory=list)
    """The first few positions of the stay; their middle is the anchor."""
    anchor: Spot = (0.0, 0.0)
    away: list[int] = field(default_factory=list)
    seen: int = -1
    """Furthest place that any decision has looked at."""

    def run(self) -> None:
        self.times = [fix.time for fix in self.fixes]
        for index, flag in enumerate(self.flags):
            if flag is Quality.GOOD and not (self.good and self.times[self.good[-1]] == self.times[index]):
                self.good.append(index)
        place = 0
        while place < len(self.good):
            self.seen = max(self.seen, place)
            place = self._parked_step(place) if self.parked else self._moving_step(place)

    # moving

    def _moving_step(self, place: int) -> int:
        if place > self.candidate and self._lost(place):
            self._settle(place - 1, unseen=True)
            return self._depart_unseen(place)
        self._advance_candidate(place)
        if self._stood(place):
            self._settle(place, unseen=False)
        return place + 1

    def _advance_candidate(self, place: int) -> None:
        if self._together(self.candidate, place):
            return
        if self.leg is None:
            first = self._at(self.candidate)
            self.leg = _Leg(first.time, first.spot, truncated=True)
        self.candidate += 1
        while not all(self._together(self.candidate, other) for other in range(place, self.candidate, -1)):
            self.candidate += 1

    def _together(self, a: int, b: int) -> bool:
        return distance_m(self._at(a).spot, self._at(b).spot) <= self.parameters.radius_m

    def _stood(self, place: int) -> bool:
        first, now = self._at(self.candidate), self._at(place)
        elapsed = (now.time - first.time).total_seconds()
        if now.ignition is None:
            return elapsed >= self.parameters.stay_unwired_s
        if now.ignition:
            return elapsed >= self.parameters.stay_idling_s
        off_since = now.time
        for other in range(place, self.candidate - 1, -1):
            if self._at(other).ignition is not False:
                break
            off_since = self._at(other).time
        return (now.time - off_since).total_seconds() >= self.parameters.stay_off_s

    def _settle(self, place: int, *, unseen: bool) -> None:
        """The candidate became a stay, confirmed by the fix at `place`."""
        standing = range(self.candidate, place + 1)
        self.held = [self._at(other).spot for other in standing]
        self.anchor = middle(self.held)
        self.arrived = next((other for other in standing if self._at_rest(other)), self.candidate)
        self._close_leg()
        self.parked, self.away = True, []
        self.stays.append(self._stay(self._at(self.arrived).time, None, unseen))

    def _close_leg(self) -> None:
        leg, self.leg = self.leg, None
        if leg is None:
            return
        trip = self._trip(leg, self._at(self.arrived).time, self.anchor, closed=True)
        if trip is not None:
            resume_from, settled_at = self._settled()
            self.trips.append(replace(trip, resume_from=resume_from, settled_at=settled_at))

    def _settled(self) -> tuple[datetime | None, datetime | None]:
        """From where to read again, and up to where that is certain: flags look a few fixes ahead."""
        ahead = self.seen + LOOKAHEAD
        index = self.good[self.candidate]
        alone = index == 0 or self.times[index - 1] < self.times[index]
        if ahead >= len(self.good) or not alone:
            return None, None
        return self.times[index], self._at(ahead).time

    # parked

    def _parked_step(self, place: int) -> int:
        distance = distance_m(self.anchor, self._at(place).spot)
        if distance > self.parameters.carried_m and self._lost(place):
            self._drop_drift()
            return self._depart_unseen(place)
        if distance <= self.parameters.leave_m:
            self._drop_drift()
            if len(self.held) < ANCHOR_FIXES:
                self.held.append(self._at(place).spot)
                self.anchor = middle(self.held)
            return place + 1
        self.away.append(place)
        if self._departed():
            return self._depart()
        self._anchor_anew()
        return place + 1

    def _drop_drift(self) -> None:
        for place in self.away:
            self.flags[self.good[place]] = Quality.DRIFT
        self.away = []

    def _departed(self) -> bool:
        away = [self._at(place) for place in self.away]
        fast = sum(fix.speed_kmh >= self.parameters.moving_kmh for fix in away)
        if fast >= 2 and any(fix.ignition is not False for fix in away):
            return True
        carried = [distance_m(self.anchor, fix.spot) > self.parameters.carried_m for fix in away[-3:]]
        return len(carried) == 3 and all(carried)

    def _anchor_anew(self) -> None:
        """Moved by less than a trip, in the yard or by drift, and at rest there."""
        last = self.away[-3:]
        spots = [self._at(place).spot for place in last]
        at_rest = all(self._at(place).speed_kmh < self.parameters.moving_kmh for place in last)
        together = all(distance_m(spots[0], spot) <= self.parameters.radius_m for spot in spots[1:])
        lasting = self._at(last[-1]).time - self._at(last[0]).time
        if (
            len(last) == 3
            and at_rest
            and together
            and lasting.total_seconds() >= self.parameters.stay_unwired_s
        ):
            self.held, self.away = spots, []
            self.anchor = middle(spots)

    def _depart(self) -> int:
        """Trace the start back from the proof to the last fix at rest; moving, read on from there."""
        fast = (place for place in self.away if self._at(place).speed_kmh >= self.parameters.moving_kmh)
        rest = next(fast, self.away[0]) - 1
        while rest > self.arrived and not self._at_rest(rest) and self._shortly_after(rest):
            rest -= 1
        self.away = [place for place in self.away if place <= rest]
        self._drop_drift()
        return self._leave(rest)

    def _shortly_after(self, place: int) -> bool:
        step = self._at(place + 1).time - self._at(place).time
        return self._flag(place) is Quality.GOOD and step.total_seconds() <= TRACE_STEP_S

    def _depart_unseen(self, place: int) -> int:
        """The car was elsewhere when it was next heard of."""
        return self._leave(place - 1)

    def _leave(self, rest: int) -> int:
        """Left at the last fix at rest, or later if the first one under way need not have taken so long."""
        at_rest, under_way = self._at(rest), self._at(rest + 1)
        needed = distance_m(self.anchor, under_way.spot) * 1.3 / (self.parameters.unseen_kmh / 3.6)
        latest = (under_way.time - timedelta(seconds=needed + 30)).replace(microsecond=0)
        start = max(at_rest.time, latest)
        stay = self.stays[-1]
        self.stays[-1] = self._stay(stay.start, start, stay.unseen)
        self.leg = _Leg(start, self.anchor, truncated=False)
        self.parked, self.away = False, []
        self.candidate = rest + 1
        return self.candidate

    # both

    def _at(self, place: int) -> Fix:
        return self.fixes[self.good[place]]

    def _flag(self, place: int) -> Quality:
        return self.flags[self.good[place]]

    def _at_rest(self, place: int) -> bool:
        fix = self._at(place)
        near = distance_m(self.anchor, fix.spot) <= self.parameters.radius_m / 2
        return near and fix.speed_kmh < self.parameters.moving_kmh

    def _lost(self, place: int) -> bool:
        """No signal for long, and no steady drive between."""
        before, fix = self._at(place - 1), self._at(place)
        seconds = (fix.time - before.time).total_seconds()
        if seconds < self.parameters.lost_s:
            return False
        metres = distance_m(before.spot, fix.spot)
        slow = metres / seconds * 3.6 < self.parameters.lost_kmh
        return metres > self.parameters.radius_m and (slow or seconds > self.parameters.bridge_s)

    def _stay(self, start: datetime, end: datetime | None, unseen: bool) -> Stay:
        first = bisect_left(self.times, start)
        last = len(self.times) if end is None else bisect_right(self.times, end)
        return Stay(start, end, self.anchor, first, max(first, last - 1), unseen)

    def _trip(self, leg: _Leg, end: datetime, end_spot: Spot, *, closed: bool) -> Trip | None:
        first, last = bisect_left(self.times, leg.start), bisect_right(self.times, end) - 1
        drive = Drive(leg.start, end, leg.spot, end_spot, leg.truncated)
        if end <= leg.start or (leg.truncated and not self._really_moved(drive, first, last)):
            return None
        return measure(self.fixes, self.flags, first, last, drive, closed)

    def _really_moved(self, drive: Drive, first: int, last: int) -> bool:
        """Without a stay before it a drive has not been proven; a stray first fix must not make one."""
        fast = sum(fix.speed_kmh >= self.parameters.moving_kmh for fix in self.fixes[first : last + 1])
        return fast >= 2 or distance_m(drive.start_spot, drive.end_spot) > self.parameters.carried_m

    # the end of the data

    def timeline(self, as_of: datetime) -> Timeline:
        look_again = None
        if self.parked:
            self.stays[-1] = replace(self.stays[-1], spot=self.anchor)
        if self.leg is not None:
            look_again = self._end_open_leg(self.leg, as_of)
        elif not self.stays and self.good:
            self._settle(len(self.good) - 1, unseen=False)
        return Timeline(
            tuple(self.fixes), tuple(self.flags), tuple(self.trips), tuple(self.stays), look_again
        )

    def _end_open_leg(self, leg: _Leg, as_of: datetime) -> datetime | None:
        last = self._at(len(self.good) - 1)
        off = last.ignition is False
        wait = self.parameters.silent_off_close_s if off else self.parameters.silent_close_s
        close_at = last.time + timedelta(seconds=wait)
        trip = self._trip(leg, last.time, last.spot, closed=as_of >= close_at)
        if trip is not None:
            self.trips.append(trip)
        if as_of < close_at:
            return close_at
        self.anchor = last.spot
        self.stays.append(self._stay(last.time, None, unseen=not off))
        return None
