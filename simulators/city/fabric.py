"""The urban fabric: the faces between the avenues, divided by small streets into blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import shapely
from shapely import LineString, Point, Polygon
from shapely.ops import split, unary_union

from .layout import EDGE_EAST, EDGE_NORTH, RING_FRONTAGE_M, RIVERSIDE_M
from .model import RoadKind
from .names import StreetNames
from .stroke import Stroke, stroke
from .terrain import Terrain

MARGIN_M = 95.0
OVERSHOOT_M = 2.0
MOTORWAY_VERGE_M = 95.0
RAILWAY_VERGE_M = 40.0
FAR_M = 12_000.0


@dataclass(frozen=True, slots=True)
class Site:
    """Room that something big needs: the block around the point is not divided below `room_m2`."""

    p: float
    q: float
    room_m2: float


@dataclass(frozen=True, slots=True)
class LatticeLine:
    """One line that small streets follow, through all blocks it crosses; slightly aslant."""

    index: int
    at: float
    slope: float

    def line(self, axis: str) -> LineString:
        """The line in drawing metres, across the whole city."""
        low, high = self.at - self.slope * FAR_M, self.at + self.slope * FAR_M
        if axis == "ns":
            return LineString([(low, -FAR_M), (high, FAR_M)])
        return LineString([(-FAR_M, low), (FAR_M, high)])


@dataclass(slots=True)
class Fabric:
    """Small streets, blocks between them, and the green strips along river, lake and ring."""

    streets: list[Stroke] = field(default_factory=list)
    blocks: list[Polygon] = field(default_factory=list)
    greens: list[Polygon] = field(default_factory=list)
    fields: list[Polygon] = field(default_factory=list)


def weave(terrain: Terrain, frame: Sequence[Stroke], sites: Sequence[Site], random: Random) -> Fabric:
    """Divide every face of the frame; `frame` are the surface strokes that bound them."""
    fabric = Fabric()
    loom = _Loom(terrain, sites, random)
    edge = shapely.box(-EDGE_EAST, -EDGE_NORTH, EDGE_EAST, EDGE_NORTH).exterior
    lines = unary_union([item.line for item in frame] + [edge])
    town = Polygon(terrain.motorway)
    verge = Polygon(terrain.ring).exterior.buffer(RING_FRONTAGE_M - 2)
    banks = terrain.river_middle.buffer(RIVERSIDE_M - 25)
    built_over = unary_union(
        [
            town.exterior.buffer(MOTORWAY_VERGE_M),
            terrain.railway.buffer(RAILWAY_VERGE_M),
            terrain.hill,
            terrain.airport.buffer(60),
            terrain.river.buffer(30),
        ]
    )
    for face in sorted(shapely.polygonize([lines]).geoms, key=lambda shape: shape.bounds):
        inner = face.representative_point()
        if verge.contains(inner) or banks.contains(inner) or terrain.lake.contains(inner):
            fabric.greens.append(face)
            continue
        for part in _polygons(face.difference(built_over)):
            if town.contains(part.representative_point()) or part.area < 400_000:
                loom.divide(part, fabric)
            else:
                fabric.fields.append(part)
    return fabric


class _Loom:
    def __init__(self, terrain: Terrain, sites: Sequence[Site], random: Random) -> None:
        self._ring = Polygon(terrain.ring)
        self._river = terrain.river_middle
        self._sites = [(Point(site.p, site.q), site.room_m2) for site in sites]
        self._random = random
        self._names = StreetNames(random)
        self._lattice = {"ns": self._lines(170, 265), "ew": self._lines(150, 235)}

    def divide(self, block: Polygon, fabric: Fabric) -> None:
        """Split the block along the lattice until it is as small as its quarter wants."""
        if block.area < 3_000:
            return
        cut = self._cut(block)
        if cut is None:
            fabric.blocks.append(block)
            return
        axis, line = cut
        parts = [part for part in split(block, line.line(axis)).geoms if isinstance(part, Polygon)]
        if len(parts) < 2:
            fabric.blocks.append(block)
            return
        fabric.streets.extend(self._streets(block, axis, line))
        for part in parts:
            self.divide(part, fabric)

    def _cut(self, block: Polygon) -> tuple[str, LatticeLine] | None:
        target = self._target(block)
        if block.area < target:
            return None
        west, south, east, north = block.bounds
        axes = [("ns", west, east), ("ew", south, north)]
        axes.sort(key=lambda item: item[1] - item[2])
        for axis, low, high in axes:
            fitting = [x for x in self._lattice[axis] if low + MARGIN_M < x.at < high - MARGIN_M]
            if fitting:
                middle = (low + high) / 2
                return axis, min(fitting, key=lambda x: abs(x.at - middle))
        return None

    def _target(self, block: Polygon) -> float:
        """Area in m² below which this block is left whole."""
        middle = block.centroid
        wanted = self._random.uniform(*self._grain(middle))
        rooms = [room for point, room in self._sites if block.contains(point)]
        return max([wanted, *rooms]) if len(rooms) < 2 else max(wanted, min(rooms))

    def _grain(self, at: Point) -> tuple[float, float]:
        """Block size, m²: fine inside the ring, coarse in the suburbs, fields beyond the built-up edge."""
        if self._ring.contains(at):
            return 34_000, 105_000
        edge = 5_150 + 550 * math.sin(2 * math.atan2(at.y, at.x) - 0.4)
        reach = math.hypot(at.x, at.y * 1.06)
        if reach < edge:
            return 70_000, 150_000
        return 350_000, 700_000

    def _streets(self, block: Polygon, axis: str, line: LatticeLine) -> Iterator[Stroke]:
        middle = block.centroid
        core = self._ring.contains(middle)
        broad = line.index % 4 == 0
        name = self._names.name(self._district(middle, axis), axis, line.index)
        if broad:
            # A broad street is a 路, whatever its direction.
            name = (f"{name[0][:-1]}路", f"{name[1].rsplit(' ', 1)[0]} Road")
        oneway = core and not broad and line.index % 4 == 2
        for piece in _lines(line.line(axis).intersection(block)):
            longer = _stretch(piece, OVERSHOOT_M)
            yield stroke(
                RoadKind.TERTIARY if broad else RoadKind.RESIDENTIAL,
                name,
                longer if line.index % 8 < 4 else longer.reverse(),
                oneway=oneway,
            )

    def _district(self, at: Point, axis: str) -> str:
        """Where a street name changes although its line goes on: at the ring and the river."""
        if not self._ring.contains(at):
            return "east" if at.x > 0 else "west"
        if axis == "ew":
            return "core"
        return "north" if at.y > self._river.centroid.y else "south"

    def _lines(self, least: float, most: float) -> list[LatticeLine]:
        lines: list[LatticeLine] = []
        at = -EDGE_EAST
        while at < EDGE_EAST:
            lines.append(LatticeLine(len(lines), at, self._random.uniform(-0.006, 0.006)))
            at += self._random.uniform(least, most)
        return lines


def _stretch(line: LineString, metres: float) -> LineString:
    (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
    length = line.length
    dx, dy = (x1 - x0) / length * metres, (y1 - y0) / length * metres
    return LineString([(x0 - dx, y0 - dy), (x1 + dx, y1 + dy)])


def _lines(geometry: shapely.Geometry) -> list[LineString]:
    if isinstance(geometry, LineString):
        return [geometry] if geometry.length > 30 else []
    return [part for part in geometry.geoms if isinstance(part, LineString) and part.length > 30]


def _polygons(geometry: shapely.Geometry) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [geometry] if not geometry.is_empty else []
    return [part for part in geometry.geoms if isinstance(part, Polygon)]
