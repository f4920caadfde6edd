"""The city as an OpenStreetMap extract (PBF), as routing engines and map builders read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import osmium
from osmium.osm import mutable

from .model import City, Lonlat, Road, RoadKind, Tags
from .plan import DEFAULT_SEED, plan_city

MOTORISED_ONLY = frozenset({RoadKind.MOTORWAY, RoadKind.MOTORWAY_LINK})

NO_TAGS: Tags = ()
SIGNALS: Tags = (("highway", "traffic_signals"),)


def write_city(path: Path, seed: int = DEFAULT_SEED) -> City:
    """Plan the city of this seed and write it to `path`; the same seed gives the same bytes."""
    city = plan_city(seed)
    write_pbf(city, path)
    return city


def city_in(folder: Path, seed: int = DEFAULT_SEED) -> tuple[City, Path]:
    """The city of this seed and its file in `folder`, which only a generator new to it writes."""
    city = plan_city(seed)
    path = folder / f"city-{seed}-{_generator()}.osm.pbf"
    if not path.exists():
        write_pbf(city, path)
    return city, path


def _generator() -> str:
    """Differs when any line of the generator does."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]


def write_pbf(city: City, path: Path) -> None:
    """Write the city; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished.osm.pbf")
    unfinished.unlink(missing_ok=True)
    header = osmium.io.Header()
    header.set("generator", "motorpool")
    west, south, east, north = city.bounds
    header.add_box(osmium.osm.Box(west, south, east, north))
    writer = osmium.SimpleWriter(str(unfinished), header=header)
    try:
        _write(city, writer)
    finally:
        writer.close()
    unfinished.replace(path)


def _write(city: City, writer: osmium.SimpleWriter) -> None:
    """Node 1 is `city.nodes[0]`; the nodes of areas, lines and labels follow, then all ways."""
    for number, at in enumerate(city.nodes, start=1):
        tags = SIGNALS if number - 1 in city.signals else NO_TAGS
        writer.add_node(_node(number, at, tags))
    number = len(city.nodes) + 1
    ways: list[tuple[tuple[int, ...], Tags]] = [
        (tuple(node + 1 for node in road.nodes), tuple(_road_tags(road))) for road in city.roads
    ]
    for points, shape_tags, closed in _shapes(city):
        first = number
        for at in points:
            writer.add_node(_node(number, at, NO_TAGS))
            number += 1
        refs = tuple(range(first, number))
        ways.append(((*refs, first) if closed else refs, shape_tags))
    for label in city.labels:
        writer.add_node(_node(number, label.at, label.tags))
        number += 1
    for way, (refs, way_tags) in enumerate(ways, start=1):
        writer.add_way(mutable.Way(id=way, nodes=refs, tags=dict(way_tags)))


def _shapes(city: City) -> Iterator[tuple[tuple[Lonlat, ...], Tags, bool]]:
    for area in city.areas:
        yield area.ring, area.tags, True
    for line in city.lines:
        yield line.points, line.tags, False


def _node(number: int, at: Lonlat, tags: Iterable[tuple[str, str]]) -> mutable.Node:
    return mutable.Node(id=number, location=at, tags=dict(tags))


def _road_tags(road: Road) -> Iterator[tuple[str, str]]:
    yield "highway", road.kind.value
    if road.name:
        yield "name", road.name
        yield "name:en", road.name_en
    if road.ref:
        yield "ref", road.ref
    yield "maxspeed", str(road.limit_kmh)
    yield "lanes", str(road.lanes)
    yield "surface", "asphalt"
    if road.oneway:
        yield "oneway", "yes"
    if road.bridge:
        yield "bridge", "yes"
    if road.tunnel:
        yield "tunnel", "yes"
    if road.layer:
        yield "layer", str(road.layer)
    if road.kind in MOTORISED_ONLY:
        yield "motorroad", "yes"
