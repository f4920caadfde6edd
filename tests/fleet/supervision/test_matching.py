"""Road matching over the generated city."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from math import atan2, cos, degrees, radians
from random import Random

import httpx
import pytest

from fleet.supervision.context import Calendar, Context, RoadLimits, Subject
from fleet.supervision.errors import MatchingUnavailableError
from fleet.supervision.geometry import Spot, distance_m
from fleet.supervision.matching import CHUNK_FIXES, RoadMatcher
from fleet.supervision.routes import decode_line
from fleet.supervision.rules.r05_overspeed import Overspeed
from fleet.supervision.tracks import Fix
from fleet.supervision.trips import detect
from tests.fleet.pool import PLACES
from tests.fleet.supervision.drives import MORNING, moved


@pytest.fixture
async def roads(valhalla_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=valhalla_url) as client:
        yield client


async def route(roads: httpx.AsyncClient, start: str, end: str) -> list[Spot]:
    spots = [{"lon": lon, "lat": lat} for lon, lat in (PLACES[start], PLACES[end])]
    answer = await roads.post("/route", json={"locations": spots, "costing": "auto"})
    return [spot for leg in answer.json()["trip"]["legs"] for spot in decode_line(leg["shape"])]


def drive_along(line: list[Spot], kmh: float, interval_s: int = 10, noise_m: float = 4.0) -> list[Fix]:
    """Fixes of a car on the line at a constant speed, between two parkings."""
    random = Random(3)
    step, time = kmh / 3.6 * interval_s, MORNING
    fixes, reached = [], 0.0
    for a, b in pairwise(line):
        length = distance_m(a, b)
        heading = degrees(atan2((b[0] - a[0]) * cos(radians(a[1])), b[1] - a[1])) % 360
        while reached < length:
            share = reached / length
            spot = a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
            lon, lat = moved(spot, random.gauss(0, noise_m), random.gauss(0, noise_m))
            fixes.append(Fix(time, len(fixes), lon, lat, kmh, time, heading_deg=heading, ignition=True))
            time += timedelta(seconds=interval_s)
            reached += step
        reached -= length
    return fixes


async def test_roads_have_names_limits_and_a_distance(roads: httpx.AsyncClient) -> None:
    line = await route(roads, "市政务中心", "高铁南站")
    fixes = drive_along(line, 40)

    match = await RoadMatcher(roads).match(fixes)

    length = sum(distance_m(a, b) for a, b in pairwise(line)) / 1000
    assert match.distance_km == pytest.approx(length, rel=0.04)
    assert match.share > 0.95
    assert {limit for limit in match.limits.limits_kmh if limit} <= {
        15,
        20,
        30,
        40,
        50,
        60,
        70,
        80,
        90,
        100,
        120,
    }
    assert any(road for road in match.limits.roads)
    assert match.limits.source.startswith("valhalla")


async def test_chunks_fit_together(roads: httpx.AsyncClient) -> None:
    line = await route(roads, "市政务中心", "高铁南站")
    fixes = drive_along(line, 30, interval_s=1, noise_m=2)
    assert len(fixes) > 1.5 * CHUNK_FIXES

    match = await RoadMatcher(roads).match(fixes)

    length = sum(distance_m(a, b) for a, b in pairwise(line)) / 1000
    assert match.distance_km == pytest.approx(length, rel=0.06)
    assert len(match.points) == len(match.limits.limits_kmh) == len(fixes)


async def test_what_lies_off_every_road_stays_unmatched(roads: httpx.AsyncClient) -> None:
    fixes = [
        replace(fix, lon=fix.lon - 1.5)
        for fix in drive_along(await route(roads, "市政务中心", "高铁南站"), 40)
    ]

    match = await RoadMatcher(roads).match(fixes)

    assert match.share == 0
    assert set(match.limits.limits_kmh) == {None}
    assert match.distance_km > 1


async def test_a_car_within_the_limits_of_its_roads_is_not_accused(roads: httpx.AsyncClient) -> None:
    """Every change of limits on the way and every crossing, five per cent over the limit of the road."""
    fixes = drive_along(await route(roads, "市人民医院", "开发区管委会"), 40, noise_m=6)
    match = await RoadMatcher(roads).match(fixes)
    careful = [
        replace(fix, speed_kmh=(limit or 60) * 1.05)
        for fix, limit in zip(fixes, match.limits.limits_kmh, strict=True)
    ]

    again = await RoadMatcher(roads).match(careful)

    assert overspeeds(careful, again.limits) == ()


async def test_a_third_over_the_limit_is_found(roads: httpx.AsyncClient) -> None:
    fixes = drive_along(await route(roads, "市政务中心", "开发区管委会"), 45)
    fixes = [replace(fix, speed_kmh=82.0) for fix in fixes]

    match = await RoadMatcher(roads).match(fixes)

    assert overspeeds(fixes, match.limits)


async def test_a_road_network_that_does_not_answer_is_told_apart_from_no_road() -> None:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1") as nowhere:
        with pytest.raises(MatchingUnavailableError, match="does not answer"):
            await RoadMatcher(nowhere).match(drive_along([PLACES["市政务中心"], PLACES["高铁南站"]], 40))


def overspeeds(fixes: list[Fix], limits: RoadLimits) -> tuple[object, ...]:
    timeline = detect(fixes, fixes[-1].time)
    (trip,) = timeline.trips
    context = Context(
        Subject(1, "示A·10088", 1, False, fixes[0].spot),
        timeline,
        fixes[-1].time,
        Calendar({}),
        limits={trip.start: limits},
    )
    return Overspeed().evaluate(context).findings
