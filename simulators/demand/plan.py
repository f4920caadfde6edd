"""A day's requests, drawn from the errands and occasions of the town; the same for the same seed and day.

The shape follows what real pools report (DOMAIN §2): peaks in the morning and the early afternoon, mostly one
or two persons, and on the same day many of them from different departments to the same place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import chinese_calendar

from schemas.api.base import Spot
from schemas.api.registry import RegistryImport
from schemas.api.requests import Body, NewRequest
from schemas.clock import SHANGHAI
from simulators.demand.errands import (
    CARE_DEPARTMENT,
    CARE_PLACES,
    ERRANDS,
    OCCASIONS,
    PEAKS,
    REST_DAY_ERRANDS,
    Errand,
    Occasion,
)
from simulators.demand.model import PlannedRequest
from simulators.world.departments import DEPARTMENTS, Department

ORDINARY_TRIPS = (54, 66)
OCCASIONS_A_DAY = 5
DEPARTMENTS_AN_OCCASION = (4, 7)
CARE_TRIPS = (2, 3)
REST_DAY_TRIPS = (4, 8)
CONSENT_SHARE = 0.84
BOOK_AHEAD_SHARE = 0.52
WAITING_SHARE = 0.34
BACK_SHARE = 0.6
"""Share of the guests of an occasion who also ask for a car home."""
PERSONS = ((0.46, 1), (0.78, 2), (0.87, 3), (0.92, 4), (0.95, 5), (0.97, 6))
CROWD = (9, 16)
DETOUR_ROAD = 1.4
"""Road metres for each metre as the crow flies."""
TOWN_SPEED_KMH = 30.0
EARTH_M = 6_371_000.0


def plan_demand(world: RegistryImport, day: date, seed: int = 7) -> tuple[PlannedRequest, ...]:
    """The requests of one day in order of submission, 90 to 120 on a working day, a few on a rest day.

    What is booked ahead may be submitted on the day before.
    """
    draft = _Draft(world, day, Random(f"demand/{seed}/{day.isoformat()}"))
    if chinese_calendar.is_workday(day):
        requests = [*draft.occasions(), *draft.ordinary(), *draft.care()]
    else:
        requests = list(draft.rest_day())
    requests.sort(key=lambda item: (item.submitted_at, item.login, item.request.pickup_from))
    return tuple(
        replace(item, code=f"XQ-{day:%m%d}-{number:03}") for number, item in enumerate(requests, start=1)
    )


class _Draft:
    def __init__(self, world: RegistryImport, day: date, random: Random) -> None:
        self._spots = {
            place.name: Spot(name=place.name, lon=place.lon, lat=place.lat) for place in world.places
        }
        self._contacts = {account.login: account for account in world.accounts}
        self._day = day
        self._random = random

    def occasions(self) -> Iterator[PlannedRequest]:
        """Guests of today's occasions: the way there, for some the way back."""
        for occasion in self._random.sample(OCCASIONS, OCCASIONS_A_DAY):
            count = self._random.randint(*DEPARTMENTS_AN_OCCASION)
            strangers = [item for item in DEPARTMENTS if item.home != occasion.place]
            for department in self._random.sample(strangers, count):
                yield from self._guests(occasion, department)

    def ordinary(self) -> Iterator[PlannedRequest]:
        """Trips of single departments."""
        for _ in range(self._random.randint(*ORDINARY_TRIPS)):
            yield self._errand(ERRANDS, self._minute())

    def care(self) -> Iterator[PlannedRequest]:
        """Retired cadres who see a doctor, in a wheelchair; the car is theirs alone."""
        department = next(item for item in DEPARTMENTS if item.code == CARE_DEPARTMENT)
        for _ in range(self._random.randint(*CARE_TRIPS)):
            stay = self._random.randrange(40, 80, 5)
            yield self._ask(
                department,
                "老干部就医",
                department.home,
                self._random.choice(CARE_PLACES),
                self._random.randrange(9 * 60, 15 * 60, 10),
                persons=2,
                waiting_min=stay,
                wheelchair=True,
                consents=False,
            )

    def rest_day(self) -> Iterator[PlannedRequest]:
        """Duty trips, approved for the rest day."""
        for _ in range(self._random.randint(*REST_DAY_TRIPS)):
            yield self._errand(REST_DAY_ERRANDS, self._random.randrange(9 * 60, 16 * 60, 10), holiday=True)

    def _guests(self, occasion: Occasion, department: Department) -> Iterator[PlannedRequest]:
        persons = self._random.choice((1, 1, 2, 2, 3))
        yield self._ask(
            department,
            occasion.purpose,
            department.home,
            occasion.place,
            occasion.arrive_min - self._random.choice((0, 5, 10)),
            persons=persons,
            ahead=True,
        )
        if self._random.random() < BACK_SHARE:
            ends = occasion.arrive_min + occasion.lasts_min
            journey = self._journey_min(occasion.place, department.home)
            arrival = ends + journey + self._random.choice((20, 25, 30))
            yield self._ask(
                department,
                f"{occasion.purpose}返程",
                occasion.place,
                department.home,
                arrival,
                persons=persons,
            )

    def _errand(
        self, errands: tuple[Errand, ...], arrive_min: int, *, holiday: bool = False
    ) -> PlannedRequest:
        random = self._random
        errand = random.choices(errands, weights=[item.weight for item in errands])[0]
        department = random.choice(DEPARTMENTS)
        place = random.choice([name for name in errand.places if name != department.home])
        waits = errand.stay_min[1] > 0 and random.random() < WAITING_SHARE
        return self._ask(
            department,
            errand.purpose,
            department.home,
            place,
            arrive_min,
            persons=self._persons(),
            waiting_min=random.randrange(*_steps(errand.stay_min)) if waits else 0,
            luggage=random.randint(1, 4) if errand.luggage else 0,
            holiday=holiday,
        )

    def _ask(
        self,
        department: Department,
        purpose: str,
        origin: str,
        destination: str,
        arrive_min: int,
        *,
        persons: int,
        waiting_min: int = 0,
        luggage: int = 0,
        wheelchair: bool = False,
        consents: bool | None = None,
        ahead: bool | None = None,
        holiday: bool = False,
    ) -> PlannedRequest:
        random = self._random
        login = f"requester.{department.code}"
        contact = self._contacts[login]
        arrive_by = self._moment(arrive_min)
        slack = random.choice((15, 20, 20, 25, 30))
        pickup_from = arrive_by - timedelta(minutes=self._journey_min(origin, destination) + slack)
        consents = random.random() < CONSENT_SHARE if consents is None else consents
        request = NewRequest(
            purpose=purpose,
            contact_name=contact.name,
            contact_phone=contact.phone,
            origin=self._spots[origin],
            destination=self._spots[destination],
            form="round_trip" if waiting_min else "one_way",
            waiting_min=waiting_min,
            passengers=persons,
            luggage=luggage,
            wheelchair=wheelchair,
            body_requested=_body(persons),
            pickup_from=pickup_from,
            arrive_by=arrive_by,
            share_consent=consents and persons <= 4,
            detour_cap_min=random.choice((10, 10, 15, 20)),
            holiday=holiday,
        )
        return PlannedRequest("", self._submission(pickup_from, ahead), login, request)

    def _submission(self, pickup: datetime, ahead: bool | None) -> datetime:
        """Book-ahead: the afternoon before, or some hours ahead; immediate: minutes before."""
        random = self._random
        if ahead is None:
            ahead = random.random() < BOOK_AHEAD_SHARE
        if not ahead:
            return pickup - timedelta(minutes=random.randint(12, 40))
        hours_ahead = pickup - timedelta(minutes=random.randrange(90, 300, 5))
        office_opens = self._moment(8 * 60 + random.randint(0, 25))
        if hours_ahead > office_opens and random.random() < 0.6:
            return hours_ahead
        return self._moment(random.randrange(14 * 60, 17 * 60 + 20)) - timedelta(days=1)

    def _minute(self) -> int:
        share = self._random.random()
        ends, drawn = 0.0, PEAKS[-1][1]
        for part, peak in PEAKS:
            ends += part
            if share < ends:
                drawn = peak
                break
        minute = round(self._random.gauss(*drawn) / 5) * 5
        return min(max(minute, 8 * 60 + 20), 17 * 60)

    def _persons(self) -> int:
        share = self._random.random()
        return next((count for ends, count in PERSONS if share < ends), self._random.randint(*CROWD))

    def _journey_min(self, origin: str, destination: str) -> int:
        """What an experienced officer would allow for the way, minutes."""
        return math.ceil(
            metres_between(self._spots[origin], self._spots[destination])
            * DETOUR_ROAD
            * 0.06
            / TOWN_SPEED_KMH
        )

    def _moment(self, minute: int) -> datetime:
        midnight = datetime(self._day.year, self._day.month, self._day.day, tzinfo=SHANGHAI)
        return (midnight + timedelta(minutes=minute)).astimezone(UTC)


def metres_between(one: Spot, other: Spot) -> float:
    """Distance as the crow flies."""
    east = math.radians(other.lon - one.lon) * math.cos(math.radians((one.lat + other.lat) / 2))
    return EARTH_M * math.hypot(east, math.radians(other.lat - one.lat))


def _body(persons: int) -> Body | None:
    if persons > 6:
        return "minibus"
    return "mpv" if persons > 4 else None


def _steps(stay: tuple[int, int]) -> tuple[int, int, int]:
    return stay[0], stay[1] + 1, 5
