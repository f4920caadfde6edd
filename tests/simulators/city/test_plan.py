"""What holds for the city of every seed."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from itertools import pairwise

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon

from simulators.city import City, PlaceKind, Road, RoadKind, plan_city

IMPORTANT = (
    "市政务中心",
    "市人民医院",
    "市档案馆",
    "大学城",
    "市体育中心",
    "东湖会议中心",
    "开发区管委会",
    "高铁南站",
    "市委党校",
)
METRES_PER_DEGREE = 111_000.0


def reachable(roads: tuple[Road, ...], start: int, *, backwards: bool) -> set[int]:
    """All nodes that can be driven to from `start`, or from which it can be driven to."""
    links: dict[int, set[int]] = defaultdict(set)
    for road in roads:
        for a, b in pairwise(road.nodes):
            links[b if backwards else a].add(a if backwards else b)
            links[a if backwards else b] |= set() if road.oneway else {b if backwards else a}
    seen, queue = {start}, deque([start])
    while queue:
        fresh = links[queue.popleft()] - seen
        seen |= fresh
        queue.extend(fresh)
    return seen


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (other[0] - one[0]) * math.cos(math.radians(one[1]))
    return METRES_PER_DEGREE * math.hypot(east, other[1] - one[1])


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(min_value=0, max_value=10_000))
def test_every_corner_of_every_city_can_be_driven_to_and_from(seed: int) -> None:
    city = plan_city(seed)
    everything = set(range(len(city.nodes)))
    assert reachable(city.roads, 0, backwards=False) == everything
    assert reachable(city.roads, 0, backwards=True) == everything


def test_the_same_seed_gives_the_same_city_and_another_seed_another(town: City) -> None:
    assert plan_city(seed=7) == town
    assert plan_city(seed=8) != town


def test_the_town_is_a_county_town_in_size(town: City) -> None:
    west, south, east, north = town.bounds
    assert 12_000 < metres((west, south), (east, south)) < 18_000
    assert 12_000 < metres((west, south), (west, north)) < 18_000
    assert 1_000 < len(town.roads) < 5_000
    assert sum(dict(area.tags).get("building") is not None for area in town.areas) > 5_000


def test_every_road_has_a_limit_and_every_street_two_names(town: City) -> None:
    assert all(10 <= road.limit_kmh <= 120 for road in town.roads)
    streets = [road for road in town.roads if road.kind is not RoadKind.SERVICE]
    assert all(road.name and road.name_en.isascii() for road in streets)


@pytest.mark.parametrize("name", ["人民路", "中山路", "解放路", "建设路", "政务大道", "滨河路", "北苑路"])
def test_the_streets_of_the_plan_are_there(town: City, name: str) -> None:
    street = next(street for street in town.streets if street.name == name)
    assert street.length_m > 5_000


@pytest.mark.parametrize("name", IMPORTANT)
def test_the_places_people_go_to_are_there(town: City, name: str) -> None:
    assert town.place(name).name_en


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_every_place_and_depot_stands_on_a_node_of_the_network(seed: int) -> None:
    city = plan_city(seed)
    spots = [(place.lon, place.lat) for place in city.places]
    spots += [(depot.lon, depot.lat) for depot in city.depots]
    assert max(min(metres(spot, node) for node in city.nodes) for spot in spots) < 3


def test_no_two_places_share_a_name_or_a_spot(town: City) -> None:
    assert len({place.name for place in town.places}) == len(town.places)
    assert len({(place.lon, place.lat) for place in town.places}) == len(town.places)


def test_a_name_the_city_does_not_have_is_an_error(town: City) -> None:
    with pytest.raises(KeyError, match="火星站"):
        town.place("火星站")


def test_there_is_a_class_of_everything(town: City) -> None:
    assert {road.kind for road in town.roads} == set(RoadKind)
    assert {place.kind for place in town.places} == set(PlaceKind)


def test_rings_are_one_way_and_surface_streets_meet_them_by_ramps_only(town: City) -> None:
    rings = [road for road in town.roads if road.kind in {RoadKind.TRUNK, RoadKind.MOTORWAY}]
    surface = {"primary", "secondary", "tertiary", "residential", "service"}
    on_rings = {node for road in rings for node in road.nodes}
    on_surface = {node for road in town.roads if road.kind.value in surface for node in road.nodes}
    assert all(road.oneway for road in rings)
    assert not on_rings & on_surface


def test_traffic_on_the_motorway_keeps_right(town: City) -> None:
    """Seen from above, the outer carriageway runs counter-clockwise."""
    west, south, east, north = town.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    roads = [road for road in town.roads if road.kind is RoadKind.MOTORWAY]
    outer = [road for road in roads if turn(town, road, middle) > 0]
    inner = [road for road in roads if turn(town, road, middle) < 0]
    assert outer
    assert inner
    reach_outer = sum(reach(town, road, middle) for road in outer) / len(outer)
    reach_inner = sum(reach(town, road, middle) for road in inner) / len(inner)
    assert reach_outer > reach_inner


def turn(city: City, road: Road, middle: tuple[float, float]) -> float:
    (ax, ay), (bx, by) = city.nodes[road.nodes[0]], city.nodes[road.nodes[-1]]
    return (ax - middle[0]) * (by - middle[1]) - (ay - middle[1]) * (bx - middle[0])


def reach(city: City, road: Road, middle: tuple[float, float]) -> float:
    return sum(metres(middle, city.nodes[node]) for node in road.nodes) / len(road.nodes)


def test_every_street_across_the_river_is_a_bridge(town: City) -> None:
    river = water(town, "river").buffer(-15 / METRES_PER_DEGREE)
    wet = [road for road in town.roads if LineString([town.nodes[n] for n in road.nodes]).intersects(river)]
    assert len(wet) >= 10
    assert all(road.bridge for road in wet)


def test_under_the_lake_there_is_a_tunnel(town: City) -> None:
    lake = water(town, "lake")
    below = [tunnel for tunnel in town.tunnels if LineString(tunnel.line).intersects(lake)]
    assert [tunnel.name for tunnel in below] == ["东湖隧道"]
    assert not any(
        lake.contains(Point(town.nodes[node]))
        for road in town.roads
        if not road.tunnel
        for node in road.nodes
    )


def water(city: City, kind: str) -> Polygon:
    return next(Polygon(area.ring) for area in city.areas if ("water", kind) in area.tags)


def test_bays_lie_inside_their_yard_and_apart_from_each_other(town: City) -> None:
    bays = [(depot, bay) for depot in town.depots for bay in depot.bays]
    assert all(Polygon(depot.outline).contains(Point(bay.lon, bay.lat)) for depot, bay in bays)
    spots = [(bay.lon, bay.lat) for _, bay in bays]
    assert min(metres(a, b) for a, b in pairwise(spots)) > 3
    assert len({bay.code for _, bay in bays}) == len(bays) >= 50


def test_houses_do_not_stand_on_streets(town: City) -> None:
    houses = [Polygon(area.ring) for area in town.areas if area.tags[0][0] == "building"]
    streets = [
        LineString([town.nodes[node] for node in road.nodes])
        for road in town.roads
        if not road.tunnel and road.kind is not RoadKind.SERVICE
    ]
    hits = shapely.STRtree(houses).query(streets, predicate="intersects")
    assert hits.shape[1] == 0
