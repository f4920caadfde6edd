"""Writing the script of a day. The same seed and day give the same script.

Every misdeed is far beyond the thresholds of DOMAIN §A, every decoy clearly below: without an order at least
two kilometres against 50 m; a third over the limit against 10 %; parked a kilometre away against 200 m.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random

import chinese_calendar

from schemas.api.registry import RegistryImport, VehicleRow
from schemas.clock import SHANGHAI
from simulators.city import City, Place, PlaceKind, RoadKind
from simulators.errors import SimulatorError
from simulators.misconduct.ground import metres, spots_between
from simulators.misconduct.model import Act, Expectation, Habit, Leg, Lonlat, Script, Span

FAR_M = 2_000.0
AWAY_M = 1_000.0
YARD_M = (24.0, 36.0)
NEAR_BAY_M = (80.0, 130.0)
RACING = 1.36
"""Share of the limit of somebody who speeds."""
BRISK = 1.05
SHORT_STOP_MIN = (8, 18)
JITTER_MIN = 5
SEDATE = frozenset({"confidential", "enforcement"})
"""Classes that the pool seldom sends out: what is scripted for office hours is done with these."""
SURFACE = frozenset({RoadKind.SECONDARY, RoadKind.TERTIARY, RoadKind.RESIDENTIAL})


def plan_misconduct(world: RegistryImport, city: City, day: date, seed: int = 7) -> Script:
    """The script of a day: R01, R05, R10 on a working day, R01, R03, R05 on a rest day; and decoys."""
    stage = _Stage(world, city, day, Random(f"misconduct/{seed}/{day.isoformat()}"))
    if chinese_calendar.is_workday(day):
        return Script(tuple(stage.workday_acts()), tuple(stage.workday_habits()))
    return Script(tuple(stage.rest_day_acts()), ())


class _Stage:
    def __init__(self, world: RegistryImport, city: City, day: date, random: Random) -> None:
        self._city = city
        self._day = day
        self._random = random
        self._bays = {
            (depot.code, bay.code): (bay.lon, bay.lat) for depot in world.depots for bay in depot.bays
        }
        usable = [car for car in world.vehicles if car.status == "in_service" and not car.wheelchair]
        self._sedate = self._shuffled([car for car in usable if car.vehicle_class in SEDATE])
        self._common = self._shuffled(
            [car for car in usable if car.vehicle_class not in SEDATE and car.body in {"sedan", "suv"}]
        )
        self._written = 0

    def workday_acts(self) -> Iterator[Act]:
        """Early ones first, so that a demo shows something soon."""
        yield self._race(self._sedate.pop(), time(8, 40), PlaceKind.TOWN)
        yield self._joyride(self._sedate.pop(), time(9, 25), PlaceKind.ESTATE)
        yield self._yard(self._sedate.pop(), time(11, 10))
        yield self._joyride(self._sedate.pop(), time(14, 50), PlaceKind.SCENIC)
        yield self._overnight(self._common.pop(), time(18, 45))
        yield self._joyride(self._common.pop(), time(19, 25), PlaceKind.ENTERTAINMENT)
        yield self._yard(self._common.pop(), time(19, 50))
        yield self._race(self._common.pop(), time(20, 20), PlaceKind.AIRPORT)

    def workday_habits(self) -> Iterator[Habit]:
        """How some cars' ordered runs are driven and ended."""
        office = (time(8, 0), time(18, 0))
        racing = Expectation("R05", True, f"派单行驶，车速约为限速的 {RACING:.0%}", Span.DRIVING)
        brisk = Expectation("R05", False, f"派单行驶，车速约为限速的 {BRISK:.0%}", Span.DRIVING)
        yield self._habit(self._common.pop(), office, racing, share_of_limit=RACING)
        yield self._habit(self._common.pop(), office, brisk, share_of_limit=BRISK)
        yield self._habit(self._common.pop(), office, brisk, share_of_limit=BRISK)
        afternoon = (time(15, 30), time(22, 0))
        stray = self._common.pop()
        estate = self._far_place(self._bay(stray), PlaceKind.ESTATE, AWAY_M)
        away = Expectation("R10", True, f"任务结束后停在{estate.name}，未归位", Span.PARKED)
        yield self._habit(stray, afternoon, away, parks_at=(estate.lon, estate.lat))
        tidy = self._common.pop()
        spot = self._kerb(self._bay(tidy))
        near = Expectation("R10", False, "任务结束后停在车位旁路边，约 100 m", Span.PARKED)
        yield self._habit(tidy, afternoon, near, parks_at=spot)

    def rest_day_acts(self) -> Iterator[Act]:
        """Nobody should drive at all."""
        yield self._joyride(self._sedate.pop(), time(9, 10), PlaceKind.SCENIC, rest_day=True)
        yield self._yard(self._common.pop(), time(10, 0), rest_day=True)
        yield self._race(self._common.pop(), time(10, 40), PlaceKind.TOWN, rest_day=True)
        yield self._joyride(self._common.pop(), time(14, 30), PlaceKind.HOTEL, rest_day=True)

    def _joyride(self, car: VehicleRow, at: time, kind: PlaceKind, *, rest_day: bool = False) -> Act:
        place = self._far_place(self._bay(car), kind, FAR_M)
        legs = (self._visit(place), self._home(car))
        return self._act(car, at, legs, self._unordered(f"无派车单前往{place.name}", rest_day))

    def _race(self, car: VehicleRow, at: time, kind: PlaceKind, *, rest_day: bool = False) -> Act:
        place = self._far_place(self._bay(car), kind, FAR_M)
        legs = (self._visit(place, RACING), self._home(car, RACING))
        speeding = tuple(
            Expectation("R05", True, f"往返{place.name}途中车速约为限速的 {RACING:.0%}", Span.DRIVING, leg)
            for leg in (0, 1)
        )
        unordered = self._unordered(f"无派车单往返{place.name}", rest_day)
        return self._act(car, at, legs, (*unordered, *speeding))

    def _overnight(self, car: VehicleRow, at: time) -> Act:
        place = self._far_place(self._bay(car), PlaceKind.ESTATE, FAR_M)
        legs = (Leg(place.lon, place.lat, stay=None),)
        parked = Expectation("R10", True, f"夜间停在{place.name}，未归位", Span.PARKED)
        used = Expectation("R01", True, f"无派车单开往{place.name}", Span.DRIVING)
        return self._act(car, at, legs, (used, parked))

    def _yard(self, car: VehicleRow, at: time, *, rest_day: bool = False) -> Act:
        bay = self._bay(car)
        lon, lat = min(
            (other for other in self._bays.values() if YARD_M[0] <= metres(bay, other) <= YARD_M[1]),
            key=lambda other: metres(bay, other),
        )
        legs = (Leg(lon, lat, stay=None, share_of_limit=0.6),)
        codes = ("R01", "R03") if rest_day else ("R01",)
        notes = tuple(Expectation(code, False, "车场内挪车约 30 m") for code in codes)
        return self._act(car, at, legs, notes)

    def _unordered(self, note: str, rest_day: bool) -> tuple[Expectation, ...]:
        """On a rest day the same use breaks two rules."""
        codes = ("R01", "R03") if rest_day else ("R01",)
        return tuple(Expectation(code, True, note) for code in codes)

    def _visit(self, place: Place, share: float = 0.92) -> Leg:
        stay = timedelta(minutes=self._random.randint(*SHORT_STOP_MIN))
        return Leg(place.lon, place.lat, stay, share)

    def _home(self, car: VehicleRow, share: float = 0.92) -> Leg:
        lon, lat = self._bay(car)
        return Leg(lon, lat, None, share)

    def _act(
        self, car: VehicleRow, at: time, legs: tuple[Leg, ...], expectations: tuple[Expectation, ...]
    ) -> Act:
        jitter = timedelta(minutes=self._random.randint(-JITTER_MIN, JITTER_MIN))
        return Act(self._code("A"), car.plate, self._moment(at) + jitter, legs, expectations)

    def _habit(
        self,
        car: VehicleRow,
        between: tuple[time, time],
        expectation: Expectation,
        *,
        share_of_limit: float | None = None,
        parks_at: Lonlat | None = None,
    ) -> Habit:
        return Habit(
            self._code("H"),
            car.plate,
            self._moment(between[0]),
            self._moment(between[1]),
            expectation,
            share_of_limit,
            parks_at,
        )

    def _far_place(self, bay: Lonlat, kind: PlaceKind, least_m: float) -> Place:
        far = [
            place
            for place in self._city.places
            if place.kind is kind and metres(bay, (place.lon, place.lat)) >= least_m
        ]
        if not far:
            raise SimulatorError(f"the city has no {kind} at least {least_m:.0f} m from the bay at {bay}")
        return self._random.choice(far)

    def _kerb(self, bay: Lonlat) -> Lonlat:
        """A spot on a quiet street near the bay, yet outside the yard."""
        nodes = self._city.nodes
        spots = [
            spot
            for road in self._city.roads
            if road.kind in SURFACE
            for a, b in pairwise(road.nodes)
            for spot in spots_between(nodes[a], nodes[b])
            if NEAR_BAY_M[0] <= metres(bay, spot) <= NEAR_BAY_M[1]
        ]
        if not spots:
            raise SimulatorError(f"no street {NEAR_BAY_M} m from the bay at {bay}")
        return min(spots, key=lambda spot: abs(metres(bay, spot) - sum(NEAR_BAY_M) / 2))

    def _bay(self, car: VehicleRow) -> Lonlat:
        return self._bays[car.depot, car.bay]

    def _shuffled(self, cars: list[VehicleRow]) -> list[VehicleRow]:
        return self._random.sample(cars, len(cars))

    def _code(self, kind: str) -> str:
        self._written += 1
        return f"{kind}{self._day:%m%d}-{self._written:02}"

    def _moment(self, at: time) -> datetime:
        return datetime.combine(self._day, at, SHANGHAI).astimezone(UTC)
