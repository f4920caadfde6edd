"""Roads as Valhalla gives them, against the city it was built from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from shapely import LineString, Point, STRtree

from simulators.city import City
from simulators.errors import NoRouteError
from simulators.terminals.roads import Lonlat, Road, Roads

WAYS = 40
NEAR_DEG = 4e-5
"""About four metres: what rounding moves a road by."""
LONG_M = 40.0


@pytest.fixture
async def ways(valhalla_url: str, town: City) -> list[Road]:
    """Ways between random places of the city."""
    spots = [(place.lon, place.lat) for place in town.places]
    random = Random("ways")
    roads = Roads(valhalla_url)
    found = [await roads.between(random.sample(spots, 2)) for _ in range(WAYS)]
    await roads.aclose()
    return found


def middles(road: Road) -> Iterator[tuple[Lonlat, float]]:
    """The middle of every long stretch, with its limit."""
    stretches = zip(pairwise(road.lonlat.tolist()), road.lengths_m, road.limits_kmh, strict=True)
    for (start, end), length, limit in stretches:
        if length > LONG_M:
            yield ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), float(limit)


async def test_every_stretch_has_the_limit_of_its_street(ways: list[Road], town: City) -> None:
    lines = [LineString([town.nodes[node] for node in road.nodes]) for road in town.roads]
    tree = STRtree(lines)
    wrong = [
        (spot, limit)
        for way in ways
        for spot, limit in middles(way)
        if limit
        not in {
            town.roads[index].limit_kmh for index in tree.query(Point(spot).buffer(NEAR_DEG), "intersects")
        }
    ]
    assert wrong == []


async def test_every_stretch_has_a_length_so_that_it_has_a_direction(ways: list[Road]) -> None:
    assert all(np.all(way.lengths_m > 0) for way in ways)
    assert all(len(way.lonlat) == len(way.junctions) == len(way.limits_kmh) + 1 for way in ways)


async def test_between_a_spot_and_itself_there_is_nothing_to_drive(valhalla_url: str, town: City) -> None:
    roads = Roads(valhalla_url)
    spot = (town.places[0].lon, town.places[0].lat)
    with pytest.raises(NoRouteError):
        await roads.between([spot, spot])
    await roads.aclose()
