"""The trunk ring with its frontage roads, and the ring motorway: two carriageways each, joined by ramps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import LinearRing, LineString, MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

from .avenues import cut_at_water
from .layout import (
    HILL_TUNNEL_NAME,
    MOTORWAY_EXITS,
    MOTORWAY_NAME,
    RING_FRONTAGE_M,
    RING_FRONTAGE_NAME,
    RING_NAME,
)
from .model import RoadKind
from .plane import Metres
from .stroke import Stroke, stroke
from .terrain import Terrain, offset_ring

HALF_MEDIAN_M = 13.0
RAMP_FAR = 5
RAMP_NEAR = 2
MOTORWAY_RAMP_FAR = 6
EXIT_SPACING = 12
FLYOVER_M = 48.0
GATE_M = 75.0


@dataclass(frozen=True, slots=True)
class Ramp:
    """A slip road between vertex `main` of a carriageway and a point of the surface network."""

    main: int
    via: tuple[tuple[float, float], ...]
    exits: bool


def draw_frontage(terrain: Terrain) -> list[Stroke]:
    """The surface roads on both sides of the trunk ring; they meet every avenue."""
    strokes: list[Stroke] = []
    for side in (-RING_FRONTAGE_M, RING_FRONTAGE_M):
        line = _closed(offset_ring(terrain.ring, side))
        whole = stroke(RoadKind.TERTIARY, RING_FRONTAGE_NAME, line)
        strokes += cut_at_water(whole, terrain.river, None)
    return strokes


def draw_rings(terrain: Terrain, avenues: Sequence[Stroke]) -> list[Stroke]:
    """Carriageways and ramps of both rings. Traffic drives on the right: outer side counter-clockwise."""
    below = shapely.STRtree([terrain.river, terrain.railway, *(avenue.line for avenue in avenues)])
    primaries = [avenue for avenue in avenues if avenue.kind is RoadKind.PRIMARY and avenue.crosses]
    strokes: list[Stroke] = []
    for outer in (True, False):
        strokes += _trunk(terrain, outer, below, primaries)
        strokes += _motorway(terrain, outer, below, primaries)
    return strokes


def _trunk(
    terrain: Terrain, outer: bool, below: shapely.STRtree, primaries: Sequence[Stroke]
) -> Iterator[Stroke]:
    side = 1 if outer else -1
    frontage = offset_ring(terrain.ring, side * RING_FRONTAGE_M)
    count = len(terrain.ring)
    ramps = []
    for k in _exits(terrain.ring, primaries):
        # Driving direction decides which side of the crossing is the exit and which the entry.
        leave, enter = k - side * RAMP_FAR, k + side * RAMP_FAR
        off, on = (k - side * RAMP_NEAR) % count, (k + side * RAMP_NEAR) % count
        ramps.append(Ramp(leave % count, (tuple(frontage[off]),), exits=True))
        ramps.append(Ramp(enter % count, (tuple(frontage[on]),), exits=False))
    yield from _carriageway(terrain.ring, outer, RoadKind.TRUNK, RING_NAME, ramps, below, None)


def _motorway(
    terrain: Terrain, outer: bool, below: shapely.STRtree, primaries: Sequence[Stroke]
) -> Iterator[Stroke]:
    side = 1 if outer else -1
    shoulder = offset_ring(terrain.motorway, side * GATE_M)
    kerb = _closed(shoulder)
    beside = offset_ring(terrain.motorway, side * (GATE_M - 30))
    count = len(terrain.motorway)
    ramps = []
    exits = [avenue for avenue in primaries if avenue.name in MOTORWAY_EXITS]
    for k in _exits(terrain.motorway, exits):
        corner = Point(shoulder[k])
        gate = min((_meeting(kerb, avenue.line, corner) for avenue in exits), key=corner.distance)
        for direction, leaves in ((-side, True), (side, False)):
            via = (tuple(beside[(k + direction * RAMP_NEAR) % count]), (gate.x, gate.y))
            ramps.append(Ramp((k + direction * MOTORWAY_RAMP_FAR) % count, via, leaves))
    yield from _carriageway(
        terrain.motorway, outer, RoadKind.MOTORWAY, MOTORWAY_NAME, ramps, below, terrain.hill
    )


def _exits(ring: Metres, avenues: Sequence[Stroke]) -> list[int]:
    """Vertices of the ring nearest to where an avenue passes under it, far enough from each other."""
    line = _closed(ring)
    vertices = MultiPoint(ring)
    found: list[int] = []
    for avenue in avenues:
        for point in _points(line.intersection(avenue.line)):
            distances = np.hypot(ring[:, 0] - point.x, ring[:, 1] - point.y)
            k = int(distances.argmin())
            if all(_apart(k, other, len(vertices.geoms)) >= EXIT_SPACING for other in found):
                found.append(k)
    return sorted(found)


def _apart(one: int, other: int, count: int) -> int:
    return min((one - other) % count, (other - one) % count)


def _carriageway(
    ring: Metres,
    outer: bool,
    kind: RoadKind,
    name: tuple[str, str],
    ramps: Sequence[Ramp],
    below: shapely.STRtree,
    hill: Polygon | None,
) -> Iterator[Stroke]:
    line = offset_ring(ring, HALF_MEDIAN_M if outer else -HALF_MEDIAN_M)
    count = len(line)
    flags = _flags(line, below, hill)
    breaks = {ramp.main for ramp in ramps} | {k for k in range(count) if flags[k] != flags[k - 1]}
    ordered = sorted(breaks)
    for start, stop in zip(ordered, ordered[1:] + ordered[:1], strict=True):
        steps = (stop - start) % count or count
        points = [tuple(line[(start + step) % count]) for step in range(steps + 1)]
        piece = stroke(kind, name, LineString(points if outer else points[::-1]), oneway=True, crosses=False)
        yield _raise(piece, flags[start])
    link = RoadKind.TRUNK_LINK if kind is RoadKind.TRUNK else RoadKind.MOTORWAY_LINK
    for ramp in ramps:
        points = [tuple(line[ramp.main]), *ramp.via]
        label = (
            f"{name[0]}{'出口' if ramp.exits else '入口'}",
            f"{name[1]} {'Exit' if ramp.exits else 'Entrance'}",
        )
        yield stroke(
            link, label, LineString(points if ramp.exits else points[::-1]), oneway=True, crosses=False
        )


def _flags(line: Metres, below: shapely.STRtree, hill: Polygon | None) -> list[str]:
    """Per segment: does it run through the hill, over something, or on the ground?"""
    segments = shapely.linestrings(np.stack((line, np.roll(line, -1, axis=0)), axis=1))
    flags = np.full(len(segments), "ground", dtype=object)
    flags[np.unique(below.query(segments, predicate="dwithin", distance=FLYOVER_M)[0])] = "bridge"
    if hill is not None:
        flags[shapely.contains(hill, segments)] = "tunnel"
    return list(flags)


def _raise(piece: Stroke, flag: str) -> Stroke:
    if flag == "bridge":
        return replace(piece, bridge=True, layer=1)
    if flag == "tunnel":
        return replace(piece, tunnel=True, layer=-1, name=HILL_TUNNEL_NAME[0], name_en=HILL_TUNNEL_NAME[1])
    return piece


def _closed(ring: Metres) -> LineString:
    return LineString(LinearRing(ring).coords)


def _points(geometry: BaseGeometry) -> list[Point]:
    if geometry.is_empty:
        return []
    return [geometry] if isinstance(geometry, Point) else list(geometry.geoms)


def _meeting(kerb: LineString, avenue: LineString, near: Point) -> Point:
    points = _points(kerb.intersection(avenue))
    return min(points, key=near.distance) if points else Point(1e9, 1e9)
