"""Houses: each block is filled in the manner of its quarter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from .gazetteer import Build
from .plane import Metres


@dataclass(frozen=True, slots=True)
class Rows:
    """Equal houses in rows: size and gaps in metres, levels from-to, share left out."""

    kind: str
    wide: float
    deep: float
    gap_wide: float
    gap_deep: float
    levels: tuple[int, int]
    left_out: float
    most: int


@dataclass(frozen=True, slots=True)
class Houses:
    """Rectangles of one block, shape (n, 4): west, south, east, north in drawing metres."""

    kind: str
    levels: int
    boxes: Metres


SLABS = Rows("apartments", 58, 15, 16, 30, (6, 18), 0.12, 20)
TOWERS = Rows("apartments", 30, 26, 34, 36, (18, 33), 0.15, 9)
COURTS = Rows("residential", 44, 17, 9, 17, (2, 5), 0.15, 20)
OFFICES = Rows("commercial", 52, 38, 26, 30, (8, 30), 0.15, 6)
SHEDS = Rows("industrial", 92, 52, 24, 26, (1, 2), 0.15, 14)
CAMPUS = Rows("school", 64, 20, 34, 48, (4, 7), 0.3, 12)
CIVIC = Rows("government", 60, 24, 36, 52, (5, 14), 0.2, 7)
HALLS = Rows("public", 110, 80, 60, 60, (2, 4), 0.0, 2)
SMALL = Rows("retail", 26, 16, 30, 30, (1, 3), 0.3, 3)
COTTAGES = Rows("house", 15, 11, 8, 12, (1, 2), 0.25, 40)

BY_BUILD: dict[Build, Rows | None] = {
    Build.CIVIC: CIVIC,
    Build.CAMPUS: CAMPUS,
    Build.HALL: HALLS,
    Build.HOMES: SLABS,
    Build.WORKS: SHEDS,
    Build.SMALL: SMALL,
    Build.GREEN: None,
}


def fill(block: Polygon, rows: Rows, clear: BaseGeometry | None, random: Random) -> Houses:
    """Rows of houses inside the block, set back from its streets, off the `clear` surfaces."""
    yard = block.buffer(-22, join_style="mitre")
    levels = random.randint(*rows.levels)
    if yard.is_empty or yard.area < 600:
        return Houses(rows.kind, levels, np.empty((0, 4)))
    west, south, east, north = yard.bounds
    # Random setbacks keep neighbouring blocks from lining up like a chessboard.
    x = _starts(west, east, rows.wide, rows.gap_wide * random.uniform(0.9, 1.25))
    y = _starts(south, north, rows.deep, rows.gap_deep * random.uniform(0.9, 1.25))
    left, low = (grid.ravel() for grid in np.meshgrid(x, y))
    generator = np.random.default_rng(random.getrandbits(32))
    shrink = generator.uniform(0, 0.18, left.size) * rows.wide
    boxes = np.column_stack((left, low, left + rows.wide - shrink, low + rows.deep))
    shapes = shapely.box(*boxes.T)
    shapely.prepare(yard)
    fits = shapely.contains(yard, shapes) & (generator.random(left.size) >= rows.left_out)
    if clear is not None:
        fits &= ~shapely.intersects(clear, shapes)
    return Houses(rows.kind, levels, _innermost(boxes[fits], yard, rows.most))


def quarter_rows(at: tuple[float, float], core: bool, downtown: bool, random: Random) -> Rows | None:
    """The manner of building at a place; None leaves the block green or empty."""
    chance = random.random()
    if downtown:
        return OFFICES if chance < 0.55 else TOWERS
    if core:
        return _pick(chance, ((0.42, SLABS), (0.62, COURTS), (0.76, TOWERS), (0.9, OFFICES)))
    if at[0] > 3600 and at[1] > -700:
        return _pick(chance, ((0.62, SHEDS), (0.75, SLABS), (0.82, OFFICES)))
    return _pick(chance, ((0.4, SLABS), (0.55, COURTS), (0.66, SHEDS), (0.75, TOWERS)))


def village(block: Polygon, random: Random) -> tuple[Polygon, Houses] | None:
    """A village on the fields of a large outer block: its outline and cottages."""
    middle = block.representative_point()
    across, tall = random.uniform(90, 150), random.uniform(80, 130)
    outline = Polygon(list(_oval(middle.x, middle.y, across, tall)))
    if not block.buffer(-40).contains(outline):
        return None
    return outline, fill(outline.buffer(16), COTTAGES, None, random)


def _innermost(boxes: Metres, yard: Polygon, most: int) -> Metres:
    """The houses nearest to the middle: what is left free lies at the edges."""
    middle = yard.centroid
    away = np.hypot(boxes[:, 0] + boxes[:, 2] - 2 * middle.x, boxes[:, 1] + boxes[:, 3] - 2 * middle.y)
    return boxes[np.argsort(away, kind="stable")[:most]]


def _pick(chance: float, shares: tuple[tuple[float, Rows], ...]) -> Rows | None:
    return next((rows for share, rows in shares if chance < share), None)


def _starts(low: float, high: float, size: float, gap: float) -> Metres:
    """Where equal houses begin so that the row is centred in the room it has."""
    count = int((high - low + gap) // (size + gap))
    if count < 1:
        return np.empty(0)
    used = count * size + (count - 1) * gap
    return np.arange(count, dtype=np.float64) * (size + gap) + (low + (high - low - used) / 2)


def _oval(x: float, y: float, across: float, tall: float) -> Iterator[tuple[float, float]]:
    for step in range(14):
        angle = math.tau * step / 14
        yield x + across * math.cos(angle), y + tall * math.sin(angle)
