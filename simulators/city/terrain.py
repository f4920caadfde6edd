"""What was there before the town: river, lake, hill; and the great rings and the railway laid over it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from shapely import LineString, Polygon, box

from .layout import EDGE_EAST
from .plane import Metres

RING_STEP_M = 70.0


@dataclass(frozen=True, slots=True)
class Terrain:
    """Shapes in drawing metres. `ring` and `motorway` are closed middle lines, counter-clockwise, as vertex
    arrays of equal steps (first point not repeated)."""

    river_middle: LineString
    river: Polygon
    lake: Polygon
    hill: Polygon
    railway: LineString
    airport: Polygon
    ring: Metres
    motorway: Metres


def build_terrain(random: Random) -> Terrain:
    """The terrain; the seed moves its phases a little, so that each city has its own river."""
    phase = random.uniform(-0.08, 0.08)
    river_middle, river = _river(phase)
    return Terrain(
        river_middle=river_middle,
        river=river,
        lake=_blob(4660, -2660, 600, 480, random),
        hill=_blob(-6050, 4450, 720, 1050, random),
        railway=_wave(lambda p: -4790 + 110 * np.sin(p / 2900 + phase)),
        airport=box(5950, 6080, 7600, 6700),
        ring=_rounded_square(3440, 3250, 3.1, 90.0, _no_wobble),
        motorway=_rounded_square(6480, 6150, 2.6, 0.0, lambda angle: 90 * math.sin(3 * angle + 0.7 + phase)),
    )


def offset_ring(ring: Metres, metres: float) -> Metres:
    """The closed line moved outwards by so many metres, vertex for vertex."""
    ahead = np.roll(ring, -1, axis=0) - np.roll(ring, 1, axis=0)
    normal = np.column_stack((ahead[:, 1], -ahead[:, 0])) / np.hypot(ahead[:, 0], ahead[:, 1])[:, None]
    moved: Metres = ring + normal * metres
    return moved


def _wave(height: Callable[[Metres], Metres]) -> LineString:
    p = np.arange(-EDGE_EAST, EDGE_EAST + 1, 100.0)
    return LineString(np.column_stack((p, height(p))))


def _river(phase: float) -> tuple[LineString, Polygon]:
    p = np.arange(-EDGE_EAST, EDGE_EAST + 1, 100.0)
    q = -1750 + 360 * np.sin(p / 2300 + 0.35 + phase) + 110 * np.sin(p / 950 + 1.1 + phase)
    middle = np.column_stack((p, q))
    ahead = np.gradient(middle, axis=0)
    normal = np.column_stack((-ahead[:, 1], ahead[:, 0])) / np.hypot(ahead[:, 0], ahead[:, 1])[:, None]
    half = (92 + 22 * np.sin(p / 1300 + 2.0) + 10 * np.sin(p / 410))[:, None]
    banks = np.vstack((middle + normal * half, (middle - normal * half)[::-1]))
    return LineString(middle), Polygon(banks)


def _blob(p: float, q: float, across: float, tall: float, random: Random) -> Polygon:
    """An irregular oval."""
    phases = [random.uniform(0, math.tau) for _ in range(3)]
    angles = np.linspace(0, math.tau, 72, endpoint=False)
    swell = 1 + sum(0.09 / k * np.sin(k * angles + phases[k - 2]) for k in (2, 3, 4))
    return Polygon(np.column_stack((p + across * swell * np.cos(angles), q + tall * swell * np.sin(angles))))


def _no_wobble(_: float) -> float:
    return 0.0


def _rounded_square(
    across: float, tall: float, power: float, north: float, wobble: Callable[[float], float]
) -> Metres:
    """A superellipse, resampled to equal steps of about RING_STEP_M."""
    fine = []
    for angle in np.linspace(0, math.tau, 2000):
        cos, sin = math.cos(angle), math.sin(angle)
        reach = (abs(cos / across) ** power + abs(sin / tall) ** power) ** (-1 / power) + wobble(angle)
        fine.append((reach * cos, north + reach * sin))
    outline = LineString(fine)
    count = round(outline.length / RING_STEP_M)
    points = [outline.interpolate(k / count, normalized=True) for k in range(count)]
    return np.array([(point.x, point.y) for point in points])
