"""The city as an extract: bytes, tags, and what a routing engine makes of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import osmium
import pytest

from simulators.city import City, Road, RoadKind, city_in, write_city, write_pbf

WRITE = """import sys
from pathlib import Path
from simulators.city import write_city
write_city(Path(sys.argv[1]))"""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    write_city(tmp_path / "here.osm.pbf", seed=7)
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path / "there.osm.pbf")], check=True, env=environment
    )
    assert digest(tmp_path / "here.osm.pbf") == digest(tmp_path / "there.osm.pbf")


def test_writing_again_replaces_the_file_and_leaves_nothing_else(tmp_path: Path, town: City) -> None:
    write_pbf(town, tmp_path / "city.osm.pbf")
    write_pbf(town, tmp_path / "city.osm.pbf")
    assert [path.name for path in tmp_path.iterdir()] == ["city.osm.pbf"]


def test_every_road_and_area_is_in_the_extract(tmp_path: Path, town: City) -> None:
    write_pbf(town, tmp_path / "city.osm.pbf")
    ways = [dict(way.tags) for way in osmium.FileProcessor(tmp_path / "city.osm.pbf", osmium.osm.WAY)]
    assert len(ways) == len(town.roads) + len(town.areas) + len(town.lines)
    highways = [tags for tags in ways if "highway" in tags]
    assert len(highways) == len(town.roads)
    assert all(tags["maxspeed"].isdigit() for tags in highways)
    assert sum(tags.get("tunnel") == "yes" for tags in highways) == len(town.tunnels)


def spots(town: City) -> list[dict[str, float]]:
    places = [(place.lon, place.lat) for place in town.places]
    bays = [(depot.bays[0].lon, depot.bays[0].lat) for depot in town.depots]
    return [{"lon": lon, "lat": lat} for lon, lat in places + bays]


def ask(valhalla_url: str, action: str, **question: Any) -> Any:
    answer = httpx.post(f"{valhalla_url}/{action}", json={"costing": "auto", **question}, timeout=60)
    answer.raise_for_status()
    return answer.json()


def test_a_route_exists_between_all_places_and_bays(valhalla_url: str, town: City) -> None:
    locations = spots(town)
    matrix = ask(valhalla_url, "sources_to_targets", sources=locations, targets=locations)
    cells = [cell for row in matrix["sources_to_targets"] for cell in row]
    assert len(cells) == len(locations) ** 2
    assert all(cell["time"] is not None and cell["distance"] < 40 for cell in cells)


def drive(valhalla_url: str, town: City, road: Road) -> list[dict[str, Any]]:
    """The edges matched to a drive along the road, from end to end."""
    shape = [{"lon": town.nodes[node][0], "lat": town.nodes[node][1]} for node in road.nodes]
    return list(ask(valhalla_url, "trace_attributes", shape=shape, shape_match="map_snap")["edges"])


@pytest.mark.parametrize(("name", "limit"), [("人民路", 60), ("二环快速路", 80), ("绕城高速", 100)])
def test_matching_finds_the_name_and_limit_of_the_road(
    valhalla_url: str, town: City, name: str, limit: int
) -> None:
    road = max((road for road in town.roads if road.name == name), key=lambda road: len(road.nodes))
    found = {(edge["names"][0], edge["speed_limit"]) for edge in drive(valhalla_url, town, road)}
    assert (name, limit) in found


def test_a_school_front_has_its_own_limit(valhalla_url: str, town: City) -> None:
    road = next(road for road in town.roads if road.name == "文化路" and road.limit_kmh == 30)
    assert 30 in {edge["speed_limit"] for edge in drive(valhalla_url, town, road)}


def test_nobody_is_sent_against_a_one_way_street(valhalla_url: str, town: City) -> None:
    oneways = [road for road in town.roads if road.oneway and road.kind is RoadKind.RESIDENTIAL]
    longest = max(oneways, key=lambda road: len(road.nodes))
    first, last = (
        {"lon": town.nodes[node][0], "lat": town.nodes[node][1]}
        for node in (longest.nodes[1], longest.nodes[-2])
    )
    along = ask(valhalla_url, "route", locations=[first, last])["trip"]["summary"]["length"]
    against = ask(valhalla_url, "route", locations=[last, first])["trip"]["summary"]["length"]
    assert against > along


def test_the_base_map_is_made_of_it(basemap: Path) -> None:
    assert basemap.stat().st_size > 100_000


def test_a_city_that_lies_there_already_is_not_written_again(tmp_path: Path) -> None:
    _, first = city_in(tmp_path, seed=7)
    written = first.stat().st_mtime_ns
    _, again = city_in(tmp_path, seed=7)
    assert (again, again.stat().st_mtime_ns) == (first, written)
