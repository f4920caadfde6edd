"""Road matching by Valhalla: which road each fix was on, what it is called and how fast one may drive there.

A limit that accuses somebody has to be beyond doubt. So a fix near a change of limits gets the higher one, a
fix far from its road gets none, and one that would be speeding gets the highest limit of any road along which
the car may have been going instead.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import httpx

from fleet.supervision.context import RoadLimits
from fleet.supervision.errors import MatchingUnavailableError
from fleet.supervision.geometry import distance_m
from fleet.supervision.tracks import Fix

CHUNK_FIXES = 400
OVERLAP_FIXES = 20
BREAK_M = 1500.0
"""Two fixes further apart than this are matched separately: Valhalla gives up at 2 km."""
GPS_ACCURACY_M = 10
SEARCH_RADIUS_M = 40
MAX_OFFSET_M = 25.0
TRANSITION_M = 60.0
"""The signs stand somewhere around the place where the map changes its limit."""
DOUBT_RADIUS_M = 25
DOUBT_HEADING_DEG = 45.0
DOUBT_SHARE = 1.05
"""Fixes faster than this share of their limit are checked against the other roads around."""
LOCATE_BATCH = 20
REMEMBERED_SPOTS = 20_000
TIMEOUT_S = 20.0

ATTRIBUTES = (
    "edge.way_id", "edge.names", "edge.speed_limit", "edge.length",
    "matched.type", "matched.edge_index", "matched.distance_along_edge", "matched.distance_from_trace_point",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edge:
    """A piece of road that was driven. Length in metres, limit in km/h where it is mapped."""

    way_id: int
    name: str | None
    limit_kmh: float | None
    length_m: float


@dataclass(frozen=True, slots=True)
class MatchedFix:
    """Where a fix lies on the driven edges; `edge` None when it could not be matched."""

    edge: int | None = None
    offset_m: float | None = None
    along_m: float = 0.0
    """From the start of the chunk's first edge, on the road."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch that Valhalla matched in one go: a MatchedFix for each of its fixes."""

    edges: tuple[Edge, ...]
    points: tuple[MatchedFix, ...]
    starts: tuple[float, ...] = ()
    """Metres at which each edge begins."""

    def limit_near(self, point: MatchedFix) -> float | None:
        """The highest limit within TRANSITION_M on the driven way; None where the fix's own road has none."""
        if point.edge is None or (point.offset_m or 0) > MAX_OFFSET_M:
            return None
        own = self.edges[point.edge].limit_kmh
        if own is None:
            return None
        near = [
            edge.limit_kmh
            for edge, start in zip(self.edges, self.starts, strict=True)
            if start <= point.along_m + TRANSITION_M and start + edge.length_m >= point.along_m - TRANSITION_M
        ]
        return max(limit for limit in (*near, own) if limit is not None)


@dataclass(frozen=True, slots=True)
class RoadMatch:
    """A value per fix that was asked for."""

    points: tuple[MatchedFix, ...]
    """Their `edge` counts in `edges`."""
    edges: tuple[Edge, ...]
    limits: RoadLimits
    distance_km: float
    """On the road where it was matched, straight between fixes elsewhere."""

    @property
    def share(self) -> float:
        """Of the fixes that were matched."""
        matched = sum(point.edge is not None for point in self.points)
        return round(matched / len(self.points), 3) if self.points else 0.0


@dataclass(slots=True)
class RoadMatcher:
    """Client of a Valhalla service."""

    client: httpx.AsyncClient
    _source: str | None = None
    _doubts: OrderedDict[tuple[float, float, float], float | None] = field(default_factory=OrderedDict)

    async def match(self, fixes: Sequence[Fix]) -> RoadMatch:
        """Match the good fixes of one trip, in order of time.

        Raises MatchingUnavailableError when Valhalla does not answer; what it cannot match stays unmatched.
        """
        source = await self.source()
        points: list[MatchedFix] = []
        edges: list[Edge] = []
        limits: list[float | None] = []
        metres = 0.0
        for stretch in _stretches(fixes):
            if points:
                metres += distance_m(fixes[len(points) - 1].spot, stretch[0].spot)
            for part, kept in _parts(stretch):
                chunk = await self._chunk(part)
                metres += _driven_m(part, chunk, kept)
                shift = len(edges)
                for point in chunk.points[kept]:
                    limits.append(chunk.limit_near(point))
                    points.append(_shifted(point, shift))
                edges += chunk.edges
        limits = await self._beyond_doubt(fixes, limits)
        roads = tuple(None if point.edge is None else edges[point.edge].name for point in points)
        return RoadMatch(
            tuple(points), tuple(edges), RoadLimits(tuple(limits), roads, source), round(metres / 1000, 3)
        )

    async def source(self) -> str:
        """Version of the road data, kept with what rests on it."""
        if self._source is None:
            status = await self._ask("GET", "/status", None)
            self._source = f"valhalla {status['version']} tiles {status['tileset_last_modified']}"
        return self._source

    async def _chunk(self, fixes: Sequence[Fix]) -> Chunk:
        unmatched = Chunk((), (MatchedFix(),) * len(fixes))
        if len(fixes) < 2:
            return unmatched
        answer = await self._ask(
            "POST",
            "/trace_attributes",
            {
                "shape": [{"lon": fix.lon, "lat": fix.lat} for fix in fixes],
                "costing": "auto",
                "shape_match": "map_snap",
                "trace_options": {"gps_accuracy": GPS_ACCURACY_M, "search_radius": SEARCH_RADIUS_M},
                "filters": {"action": "include", "attributes": ATTRIBUTES},
            },
        )
        if "edges" not in answer or len(answer["matched_points"]) != len(fixes):
            return unmatched
        edges = tuple(_edge(edge) for edge in answer["edges"])
        starts = tuple(accumulate((edge.length_m for edge in edges[:-1]), initial=0.0))
        points = tuple(_point(point, edges, starts) for point in answer["matched_points"])
        return Chunk(edges, points, starts)

    async def _beyond_doubt(self, fixes: Sequence[Fix], limits: Sequence[float | None]) -> list[float | None]:
        fast = [
            fix
            for fix, limit in zip(fixes, limits, strict=True)
            if limit is not None and fix.speed_kmh > limit * DOUBT_SHARE
        ]
        unknown = [fix for fix in fast if _doubt_key(fix) not in self._doubts]
        for begin in range(0, len(unknown), LOCATE_BATCH):
            await self._look_around(unknown[begin : begin + LOCATE_BATCH])
        cleared = []
        for fix, limit in zip(fixes, limits, strict=True):
            other = self._doubts.get(_doubt_key(fix)) if limit is not None else None
            cleared.append(limit if limit is None or other is None else max(limit, other))
        while len(self._doubts) > REMEMBERED_SPOTS:
            self._doubts.popitem(last=False)
        return cleared

    async def _look_around(self, fixes: Sequence[Fix]) -> None:
        """The highest limit of the roads near each fix that lead where the car was heading."""
        answer = await self._ask(
            "POST",
            "/locate",
            {
                "locations": [{"lon": fix.lon, "lat": fix.lat, "radius": DOUBT_RADIUS_M} for fix in fixes],
                "costing": "auto",
                "verbose": True,
            },
        )
        located = answer if isinstance(answer, list) else [{}] * len(fixes)
        for fix, spot in zip(fixes, located, strict=True):
            limits = [
                _limit(edge["edge_info"])
                for edge in spot.get("edges") or ()
                if edge["distance"] <= DOUBT_RADIUS_M
                and _turn(edge["heading"], fix.heading_deg) <= DOUBT_HEADING_DEG
            ]
            self._doubts[_doubt_key(fix)] = max(
                (limit for limit in limits if limit is not None), default=None
            )

    async def _ask(self, method: str, path: str, body: Any) -> Any:
        """The answer; an empty mapping when Valhalla says that there is nothing to match."""
        try:
            response = await self.client.request(method, path, json=body, timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            raise MatchingUnavailableError(
                f"the road network at {self.client.base_url} does not answer: {error}",
                "Check MOTORPOOL_VALHALLA_URL; trips wait for it and are looked at again.",
            ) from error
        if response.status_code >= 500:
            raise MatchingUnavailableError(f"the road network answered {response.status_code}")
        return response.json() if response.status_code == 200 else {}


def _stretches(fixes: Sequence[Fix]) -> Iterator[Sequence[Fix]]:
    """Cut where the way between two fixes is too long to be known."""
    begin = 0
    for index, (a, b) in enumerate(pairwise(fixes), start=1):
        if distance_m(a.spot, b.spot) > BREAK_M:
            yield fixes[begin:index]
            begin = index
    if fixes:
        yield fixes[begin:]


def _parts(stretch: Sequence[Fix]) -> Iterator[tuple[Sequence[Fix], slice]]:
    """Chunks that overlap, each with the part of it that counts."""
    begin = 0
    while True:
        end = min(len(stretch), begin + CHUNK_FIXES)
        first = max(0, begin - OVERLAP_FIXES)
        last = min(len(stretch), end + OVERLAP_FIXES)
        yield stretch[first:last], slice(begin - first, end - first)
        if end == len(stretch):
            return
        begin = end


def _driven_m(fixes: Sequence[Fix], chunk: Chunk, kept: slice) -> float:
    """Progress on the road over the kept points, and from the one before them; noise never goes backwards."""
    metres, furthest = 0.0, None
    for place in range(max(0, kept.start - 1), kept.stop):
        point = chunk.points[place]
        if point.edge is None or (point.offset_m or 0) > MAX_OFFSET_M:
            on_road, furthest = None, None
        else:
            on_road = None if furthest is None else max(0.0, point.along_m - furthest)
            furthest = max(furthest or 0.0, point.along_m)
        if place >= max(1, kept.start):
            metres += distance_m(fixes[place - 1].spot, fixes[place].spot) if on_road is None else on_road
    return metres


def _edge(edge: Any) -> Edge:
    names = edge.get("names") or [None]
    return Edge(edge["way_id"], names[0], _limit(edge), edge["length"] * 1000)


def _limit(edge: Any) -> float | None:
    """Mapped limit; a road without one, or with 'unlimited', has none that could be broken."""
    limit = edge.get("speed_limit")
    return float(limit) if isinstance(limit, int | float) and limit > 0 else None


def _point(point: Any, edges: Sequence[Edge], starts: Sequence[float]) -> MatchedFix:
    index = point.get("edge_index")
    if point["type"] == "unmatched" or index is None or index >= len(edges):
        return MatchedFix()
    along = starts[index] + point.get("distance_along_edge", 0.0) * edges[index].length_m
    return MatchedFix(index, point.get("distance_from_trace_point", 0.0), along)


def _shifted(point: MatchedFix, shift: int) -> MatchedFix:
    return point if point.edge is None else MatchedFix(point.edge + shift, point.offset_m, point.along_m)


def _doubt_key(fix: Fix) -> tuple[float, float, float]:
    return fix.lon, fix.lat, fix.heading_deg


def _turn(a: float, b: float) -> float:
    """Degrees between two headings."""
    turn = abs(a - b) % 360
    return min(turn, 360 - turn)
