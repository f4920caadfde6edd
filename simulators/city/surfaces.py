"""Everything the map shows besides roads: water, green, blocks with their use, houses, railway, labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from .buildings import BY_BUILD, Houses, Rows, fill, quarter_rows, village
from .fabric import Fabric
from .gazetteer import PARKS
from .layout import DISTRICTS, HILL_NAME, LAKE_NAME, NAME, NAME_EN, RAILWAY_NAME, RIVER_NAME
from .model import Area, Label, Line, PlaceKind, Tags
from .plane import Metres, Plane
from .sites import SitedDepot, SitedPlace
from .terrain import Terrain

KERB_M = 13.0
FIELD_M2 = 300_000.0
CANYONS: tuple[tuple[str, str, tuple[float, float, float, float]], ...] = (
    ("老城商圈", "Old Town Centre", (-880, 830, 840, 1900)),
    ("政务商务区", "Administration Business District", (840, -690, 1730, 830)),
)
USE = {
    "apartments": "residential",
    "residential": "residential",
    "house": "residential",
    "commercial": "commercial",
    "retail": "retail",
    "industrial": "industrial",
    "school": "education",
    "government": "civic",
    "public": "civic",
}
POINT_TAGS: dict[PlaceKind, Tags] = {
    PlaceKind.OFFICE: (("office", "government"),),
    PlaceKind.TOWN: (("amenity", "townhall"),),
    PlaceKind.HOSPITAL: (("amenity", "hospital"),),
    PlaceKind.CULTURE: (("tourism", "museum"),),
    PlaceKind.SCHOOL: (("amenity", "school"),),
    PlaceKind.CONFERENCE: (("amenity", "conference_centre"),),
    PlaceKind.STATION: (("railway", "station"),),
    PlaceKind.AIRPORT: (("aeroway", "aerodrome"),),
    PlaceKind.INDUSTRY: (("office", "company"),),
    PlaceKind.FUEL: (("amenity", "fuel"),),
    PlaceKind.CHARGING: (("amenity", "charging_station"),),
    PlaceKind.REPAIR: (("shop", "car_repair"),),
    PlaceKind.HOTEL: (("tourism", "hotel"),),
    PlaceKind.SCENIC: (("tourism", "attraction"),),
    PlaceKind.ESTATE: (("place", "neighbourhood"),),
    PlaceKind.ENTERTAINMENT: (("amenity", "karaoke_box"),),
}


@dataclass(slots=True)
class Surfaces:
    """Areas, lines and labels in WGS-84."""

    areas: list[Area] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)


def draw_surfaces(
    terrain: Terrain,
    fabric: Fabric,
    places: Sequence[SitedPlace],
    depots: Sequence[SitedDepot],
    plane: Plane,
    random: Random,
) -> Surfaces:
    """The map beside the roads."""
    surfaces = Surfaces()
    painter = _Painter(plane, surfaces)
    _ground(painter, terrain, fabric)
    _blocks(painter, terrain, fabric, places, depots, random)
    _railway(painter, terrain)
    for depot in depots:
        painter.area((("amenity", "parking"),), depot.outline)
    _labels(painter, places, depots)
    return surfaces


def named(name: tuple[str, str]) -> Tags:
    """Name tags, Chinese first."""
    return (("name", name[0]), ("name:en", name[1]))


class _Painter:
    def __init__(self, plane: Plane, surfaces: Surfaces) -> None:
        self._plane = plane
        self._surfaces = surfaces

    def area(self, tags: Tags, shape: Polygon) -> None:
        ring = self._plane.lonlats(list(shape.exterior.coords)[:-1])
        self._surfaces.areas.append(Area(tags, tuple(ring)))

    def houses(self, houses: Houses) -> None:
        if not len(houses.boxes):
            return
        west, south, east, north = houses.boxes.T
        corners: Metres = np.stack((west, south, east, south, east, north, west, north), axis=1)
        flat = self._plane.lonlats(corners.reshape(-1, 2))
        tags = (("building", houses.kind), ("building:levels", str(houses.levels)))
        for k in range(0, len(flat), 4):
            self._surfaces.areas.append(Area(tags, tuple(flat[k : k + 4])))

    def line(self, tags: Tags, shape: LineString) -> None:
        self._surfaces.lines.append(Line(tags, tuple(self._plane.lonlats(list(shape.coords)))))

    def label(self, tags: Tags, at: tuple[float, float]) -> None:
        self._surfaces.labels.append(Label(tags, self._plane.lonlats([at])[0]))


def _ground(painter: _Painter, terrain: Terrain, fabric: Fabric) -> None:
    for green in fabric.greens:
        for part in _parts(green.difference(terrain.river).difference(terrain.lake)):
            inset = part.buffer(-8)
            for strip in _parts(inset):
                painter.area((("landuse", "grass"),), Polygon(strip.exterior))
    for meadow in fabric.fields:
        painter.area((("landuse", "farmland"),), Polygon(meadow.exterior))
    painter.area((("natural", "wood"), *named(HILL_NAME)), terrain.hill)
    painter.area((("natural", "water"), ("water", "lake"), *named(LAKE_NAME)), terrain.lake)
    painter.area((("natural", "water"), ("water", "river")), terrain.river)
    painter.line((("waterway", "river"), *named(RIVER_NAME)), terrain.river_middle)
    painter.area((("aeroway", "aerodrome"),), terrain.airport)
    west, _, east, north = terrain.airport.bounds
    painter.line((("aeroway", "runway"),), LineString([(west + 120, north - 130), (east - 120, north - 130)]))


def _blocks(
    painter: _Painter,
    terrain: Terrain,
    fabric: Fabric,
    places: Sequence[SitedPlace],
    depots: Sequence[SitedDepot],
    random: Random,
) -> None:
    ring = Polygon(terrain.ring)
    shapely.prepare(ring)
    downtown = [shapely.box(*bounds) for _, _, bounds in CANYONS]
    residents = {place.block: place for place in places if place.block is not None}
    yards = {depot.block: depot for depot in depots}
    parks = _parks(fabric.blocks)
    for index, block in enumerate(fabric.blocks):
        plot = block.buffer(-KERB_M, join_style="mitre")
        if not isinstance(plot, Polygon) or plot.is_empty:
            continue
        middle = block.centroid
        if index in parks:
            painter.area((("leisure", "park"), *named(parks[index])), plot)
            continue
        if block.area > FIELD_M2 and index not in residents:
            _countryside(painter, plot, block, random)
            continue
        clear = _clear(index, residents, yards)
        rows: Rows | None
        if index in residents:
            rows = BY_BUILD[residents[index].entry.build]
        else:
            rows = quarter_rows(
                (middle.x, middle.y),
                ring.contains(middle),
                any(area.contains(middle) for area in downtown),
                random,
            )
        if rows is None:
            painter.area((("landuse", "grass"),), plot)
            continue
        painter.area((("landuse", USE[rows.kind]),), plot)
        painter.houses(fill(block, rows, clear, random))


def _parks(blocks: Sequence[Polygon]) -> dict[int, tuple[str, str]]:
    tree = shapely.STRtree(blocks)
    found = {}
    for name, name_en, p, q, _ in PARKS:
        for index in tree.query(Point(p, q), predicate="within"):
            found[int(index)] = (name, name_en)
    return found


def _clear(
    index: int, residents: dict[int, SitedPlace], yards: dict[int, SitedDepot]
) -> shapely.Geometry | None:
    """What must stay free of houses: drives, forecourts, yards."""
    kept = []
    if index in residents:
        place = residents[index]
        kept.append(LineString([place.gate, place.forecourt]).buffer(9))
    if index in yards:
        kept += [
            yards[index].outline.buffer(4),
            LineString([yards[index].gate, yards[index].entrance]).buffer(9),
        ]
    return shapely.union_all(kept) if kept else None


def _countryside(painter: _Painter, plot: Polygon, block: Polygon, random: Random) -> None:
    painter.area((("landuse", "farmland"),), plot)
    if random.random() < 0.75 and (found := village(block, random)) is not None:
        outline, houses = found
        painter.area((("landuse", "residential"),), outline)
        painter.houses(houses)


def _railway(painter: _Painter, terrain: Terrain) -> None:
    for side in (-2.5, 2.5):
        track = terrain.railway.offset_curve(side)
        tags = (
            ("railway", "rail"),
            ("usage", "main"),
            ("gauge", "1435"),
            ("bridge", "viaduct"),
            ("layer", "2"),
        )
        painter.line((*tags, *named(RAILWAY_NAME)), track)
    for side in (10.0, -10.0):
        platform = shapely.clip_by_rect(terrain.railway.offset_curve(side), 20, -6000, 480, -4000)
        painter.area((("railway", "platform"),), platform.buffer(4, cap_style="flat"))


def _labels(painter: _Painter, places: Sequence[SitedPlace], depots: Sequence[SitedDepot]) -> None:
    painter.label((("place", "city"), *named((NAME, NAME_EN))), (0, 300))
    for name, name_en, p, q in DISTRICTS:
        kind = "town" if name.endswith("镇") else "suburb"
        painter.label((("place", kind), *named((name, name_en))), (p, q))
    for place in places:
        entry = place.entry
        tags = POINT_TAGS[entry.kind]
        painter.label((*tags, *named((entry.name, entry.name_en))), (entry.p, entry.q))
    for depot in depots:
        middle = depot.outline.centroid
        painter.label((("amenity", "parking"), *named((depot.name, depot.name_en))), (middle.x, middle.y))


def _parts(shape: shapely.Geometry) -> Iterator[Polygon]:
    if isinstance(shape, Polygon):
        if shape.area > 400:
            yield shape
        return
    for part in getattr(shape, "geoms", ()):
        yield from _parts(part)
