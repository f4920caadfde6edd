"""Places and depots put into their blocks: a gate on the street, a short drive, a forecourt or a yard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from .errors import CityError
from .gazetteer import DEPOTS, PLACES, Entry
from .layout import LIMITS_KMH
from .model import RoadKind
from .stroke import Stroke, stroke

FORECOURT_M = 30.0
CORNER_M = 22.0
BAY_SPACING_M = 5.0
BAY_SETBACK_M = 8.0
FRONT_RANK = {RoadKind.SECONDARY: 0, RoadKind.TERTIARY: 0, RoadKind.PRIMARY: 1, RoadKind.RESIDENTIAL: 2}
DRIVE_NAME = ("", "")


@dataclass(frozen=True, slots=True)
class SitedPlace:
    """A place in drawing metres; `block` indexes the blocks, or is None outside the town."""

    entry: Entry
    block: int | None
    gate: tuple[float, float]
    forecourt: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SitedDepot:
    """A yard in drawing metres: two rows of bays on either side of an aisle."""

    code: str
    name: str
    name_en: str
    block: int
    gate: tuple[float, float]
    entrance: tuple[float, float]
    outline: Polygon
    bays: tuple[tuple[float, float], ...]


class Survey:
    """Finds the block around a point and the best street front of a block."""

    def __init__(self, blocks: Sequence[Polygon], streets: Sequence[Stroke]) -> None:
        self._blocks = blocks
        self._block_tree = shapely.STRtree(blocks)
        self._streets = [item for item in streets if item.crosses and item.kind in FRONT_RANK]
        self._street_tree = shapely.STRtree([item.line for item in self._streets])

    def block_around(self, at: Point) -> int | None:
        """Index of the block that contains the point."""
        found = self._block_tree.query(at, predicate="within")
        return int(found[0]) if len(found) else None

    def gate(self, name: str, at: Point, block: int | None) -> Point:
        """A point on the block's best street; on the nearest street if there is no block."""
        if block is None:
            nearest = self._streets[int(self._street_tree.nearest(at))].line
            return nearest.interpolate(nearest.project(at))
        outline = self._blocks[block].exterior
        kerb = outline.buffer(1.5)
        fronts = []
        for index in self._street_tree.query(outline, predicate="dwithin", distance=1.0):
            street = self._streets[int(index)]
            for part in _lines(street.line.intersection(kerb)):
                if part.length > 2 * CORNER_M + 10:
                    fronts.append((FRONT_RANK[street.kind], part.distance(at), part.bounds, part))
        if not fronts:
            raise CityError(f"{name} near ({at.x:.0f}, {at.y:.0f}) m has no street on any side: move it")
        front = min(fronts)[3]
        along = min(max(front.project(at), CORNER_M), front.length - CORNER_M)
        return front.interpolate(along)


def site_places(survey: Survey) -> tuple[list[SitedPlace], list[Stroke]]:
    """All places of the gazetteer, and the drives to their forecourts."""
    sited, drives = [], []
    for entry in PLACES:
        target = Point(entry.p, entry.q)
        block = survey.block_around(target)
        gate = survey.gate(entry.name, target, block)
        forecourt = _towards(gate, target, FORECOURT_M)
        sited.append(SitedPlace(entry, block, (gate.x, gate.y), forecourt))
        drives.append(_drive(LineString([(gate.x, gate.y), forecourt])))
    return sited, drives


def site_depots(survey: Survey) -> tuple[list[SitedDepot], list[Stroke]]:
    """The depots, their drives and the aisles between their bays."""
    sited, strokes = [], []
    for code, name, name_en, p, q, bay_count in DEPOTS:
        middle = Point(p, q)
        block = survey.block_around(middle)
        if block is None:
            raise CityError(f"depot {name} at ({p:.0f}, {q:.0f}) m lies in no block: move it")
        half = bay_count / 4 * BAY_SPACING_M + 4
        aisle = LineString([(p - half, q), (p + half, q)])
        gate = survey.gate(name, middle, block)
        entrance = aisle.interpolate(aisle.project(gate))
        strokes.append(_drive(LineString([(gate.x, gate.y), (entrance.x, entrance.y)])))
        strokes.append(stroke(RoadKind.SERVICE, DRIVE_NAME, aisle, limit_kmh=10))
        per_row = bay_count // 2
        bays = tuple(
            (p + (k - (per_row - 1) / 2) * BAY_SPACING_M, q + side * BAY_SETBACK_M)
            for side in (1, -1)
            for k in range(per_row)
        )
        outline = shapely.box(p - half - 4, q - 15, p + half + 4, q + 15)
        sited.append(
            SitedDepot(code, name, name_en, block, (gate.x, gate.y), (entrance.x, entrance.y), outline, bays)
        )
    return sited, strokes


def _drive(line: LineString) -> Stroke:
    return stroke(RoadKind.SERVICE, DRIVE_NAME, line, limit_kmh=LIMITS_KMH[RoadKind.SERVICE], crosses=False)


def _towards(start: Point, goal: Point, metres: float) -> tuple[float, float]:
    dx, dy = goal.x - start.x, goal.y - start.y
    reach = math.hypot(dx, dy)
    if reach < metres:
        return goal.x, goal.y
    return start.x + dx / reach * metres, start.y + dy / reach * metres


def _lines(geometry: BaseGeometry) -> list[LineString]:
    if isinstance(geometry, LineString):
        return [] if geometry.is_empty else [geometry]
    return [part for part in getattr(geometry, "geoms", ()) if isinstance(part, LineString)]
