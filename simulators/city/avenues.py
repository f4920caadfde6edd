"""The surface frame: avenues with their bridges and tunnel, and the roads along river and lake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.ops import split

from .layout import (
    AVENUES,
    BRIDGES,
    LAKE_TUNNEL_NAME,
    LAKESIDE_NAME,
    RIVERSIDE_M,
    RIVERSIDE_NORTH,
    RIVERSIDE_SOUTH,
    Avenue,
)
from .model import RoadKind
from .stroke import Stroke, stroke
from .terrain import Terrain

OVERSHOOT_M = 45.0
STUB_M = 110.0
KNOT_M = 700.0
WANDER_M = 20.0
BANK_M = 22.0
SHORE_M = 20.0
TUNNEL_MOUTH_M = 95.0


def draw_avenues(terrain: Terrain, random: Random) -> list[Stroke]:
    """All surface roads of the frame, cut where a bridge, the tunnel or another limit begins."""
    strokes = [piece for avenue in AVENUES for piece in _avenue(avenue, terrain, random)]
    strokes += _riverside(terrain)
    shore = terrain.lake.buffer(48).exterior
    strokes.append(stroke(RoadKind.TERTIARY, LAKESIDE_NAME, LineString(shore.coords)))
    return strokes


def _avenue(avenue: Avenue, terrain: Terrain, random: Random) -> Iterator[Stroke]:
    line = _wander(avenue, random)
    whole = stroke(
        avenue.kind, (avenue.name, avenue.name_en), line, stub_m=STUB_M if avenue.stop < 7000 else 6.0
    )
    whole = replace(whole, ref=avenue.ref)
    for piece in cut_at_water(whole, terrain.river, BRIDGES.get(avenue.name)):
        for dug in _dig(piece, terrain.lake):
            yield from _slow_down(dug, avenue)


def _wander(avenue: Avenue, random: Random) -> LineString:
    if avenue.axis == "path":
        return _curve(avenue.path)
    start, stop = avenue.start - OVERSHOOT_M, avenue.stop + OVERSHOOT_M
    knots = np.linspace(start, stop, max(3, round((stop - start) / KNOT_M)))
    aside = np.array([random.uniform(-WANDER_M, WANDER_M) for _ in knots])
    along = np.linspace(start, stop, max(3, round((stop - start) / 110)))
    across = avenue.at + np.interp(along, knots, aside)
    points = np.column_stack((across, along) if avenue.axis == "ns" else (along, across))
    return LineString(points)


def _curve(path: tuple[tuple[float, float], ...]) -> LineString:
    """The path with its corners rounded (Chaikin's corner cutting), a little longer at both ends."""
    points = np.array(path)
    for _ in range(3):
        ahead, back = points[1:], points[:-1]
        cut = np.empty((2 * len(back), 2))
        cut[0::2], cut[1::2] = back * 0.75 + ahead * 0.25, back * 0.25 + ahead * 0.75
        points = np.vstack((points[:1], cut, points[-1:]))
    first, last = points[0] - points[1], points[-1] - points[-2]
    head = points[0] + first / np.hypot(*first) * OVERSHOOT_M
    tail = points[-1] + last / np.hypot(*last) * OVERSHOOT_M
    return LineString(np.vstack((head, points, tail)))


def cut_at_water(whole: Stroke, river: Polygon, bridge: tuple[str, str] | None) -> Iterator[Stroke]:
    """The stroke in pieces: over the river it is a bridge, which no riverside road meets."""
    water = river.buffer(BANK_M)
    for piece in _pieces(whole.line, water):
        if not _inside(piece, water):
            yield replace(whole, line=piece)
            continue
        name = bridge or (whole.name, whole.name_en)
        yield replace(whole, line=piece, bridge=True, layer=1, crosses=False, name=name[0], name_en=name[1])


def _dig(whole: Stroke, lake: Polygon) -> Iterator[Stroke]:
    if whole.bridge or not whole.line.intersects(lake):
        yield whole
        return
    if whole.line.boundary.intersects(lake):
        # It ends at the lake: the road along the shore takes it up.
        yield replace(whole, line=whole.line.difference(lake.buffer(SHORE_M)))
        return
    mouth = lake.buffer(TUNNEL_MOUTH_M)
    for piece in _pieces(whole.line, mouth):
        if not _inside(piece, mouth) or not piece.intersects(lake):
            yield replace(whole, line=piece)
            continue
        yield replace(
            whole,
            line=piece,
            tunnel=True,
            layer=-1,
            crosses=False,
            name=LAKE_TUNNEL_NAME[0],
            name_en=LAKE_TUNNEL_NAME[1],
        )


def _slow_down(whole: Stroke, avenue: Avenue) -> Iterator[Stroke]:
    if whole.bridge or whole.tunnel or not avenue.slow:
        yield whole
        return
    low, high, limit = avenue.slow[0]
    wide = 400.0
    zone = (
        shapely.box(avenue.at - wide, low, avenue.at + wide, high)
        if avenue.axis == "ns"
        else shapely.box(low, avenue.at - wide, high, avenue.at + wide)
    )
    for piece in _pieces(whole.line, zone):
        yield (
            replace(whole, line=piece, limit_kmh=limit)
            if _inside(piece, zone)
            else replace(whole, line=piece)
        )


def _riverside(terrain: Terrain) -> Iterator[Stroke]:
    for name, side in ((RIVERSIDE_NORTH, 1), (RIVERSIDE_SOUTH, -1)):
        bank = terrain.river_middle.offset_curve(side * RIVERSIDE_M)
        inside = shapely.clip_by_rect(bank, -5500, -4000, 5570, 2000)
        yield stroke(RoadKind.SECONDARY, name, inside, stub_m=STUB_M)


def _pieces(line: LineString, area: Polygon) -> list[LineString]:
    if not line.intersects(area.exterior):
        return [line]
    return [piece for piece in split(line, LineString(area.exterior.coords)).geoms if piece.length > 0.5]


def _inside(piece: LineString, area: Polygon) -> bool:
    middle: Point = piece.interpolate(0.5, normalized=True)
    return bool(area.contains(middle))
