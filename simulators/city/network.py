"""From strokes to a network: where strokes meet they share a node, and what cannot be driven both to and from
the centre is left out."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from .model import RoadKind
from .stroke import Stroke

MERGE_M = 2.5
TOUCH_M = 0.8
SIGNALLED = frozenset({RoadKind.PRIMARY, RoadKind.SECONDARY})


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes in drawing metres, and strokes as runs of node indexes (same order as `strokes`)."""

    nodes: tuple[tuple[float, float], ...]
    strokes: tuple[Stroke, ...]
    runs: tuple[tuple[int, ...], ...]

    def signals(self) -> frozenset[int]:
        """Crossings of two larger streets: they have traffic lights."""
        streets: dict[int, set[str]] = defaultdict(set)
        for stroke, run in zip(self.strokes, self.runs, strict=True):
            if stroke.kind in SIGNALLED and stroke.crosses:
                for node in run:
                    streets[node].add(stroke.name)
        return frozenset(node for node, names in streets.items() if len(names) > 1)


def join(strokes: Sequence[Stroke]) -> Network:
    """Node the strokes, then keep what is connected in both directions with the node nearest the centre."""
    registry = _Registry()
    cuts = _cuts(strokes, registry)
    runs = [_run(stroke.line, stroke.stub_m, cuts[k], registry) for k, stroke in enumerate(strokes)]
    nodes = registry.nodes
    centre = min(
        (node for run in runs for node in run), key=lambda node: math.hypot(nodes[node][0], nodes[node][1])
    )
    opened = _open_dead_oneways(strokes, runs, centre)
    return _prune(nodes, opened, runs, centre)


class _Registry:
    """Gives points closer than MERGE_M the same node."""

    def __init__(self) -> None:
        self.nodes: list[tuple[float, float]] = []
        self._grid: dict[tuple[int, int], list[int]] = defaultdict(list)

    def node(self, x: float, y: float) -> int:
        column, row = int(x // MERGE_M), int(y // MERGE_M)
        for i in (column - 1, column, column + 1):
            for j in (row - 1, row, row + 1):
                for node in self._grid.get((i, j), ()):
                    if math.hypot(self.nodes[node][0] - x, self.nodes[node][1] - y) < MERGE_M:
                        return node
        return self.add(x, y)

    def add(self, x: float, y: float) -> int:
        self.nodes.append((x, y))
        self._grid[(int(x // MERGE_M), int(y // MERGE_M))].append(len(self.nodes) - 1)
        return len(self.nodes) - 1


Cut = tuple[float, int]


def _cuts(strokes: Sequence[Stroke], registry: _Registry) -> list[list[Cut]]:
    """Per stroke, distance along it and node of each meeting."""
    found: list[list[tuple[float, float]]] = [[] for _ in strokes]
    surface = [k for k, stroke in enumerate(strokes) if stroke.crosses]
    lines = np.array([strokes[k].line for k in surface], dtype=object)
    tree = shapely.STRtree(lines)
    first, second = tree.query(lines, predicate="intersects")
    ordered = first < second
    first, second = first[ordered], second[ordered]
    for a, b, meeting in zip(first, second, shapely.intersection(lines[first], lines[second]), strict=True):
        for point in _points(meeting):
            found[surface[a]].append(point)
            found[surface[b]].append(point)
    ends = [(k, point) for k, stroke in enumerate(strokes) if not stroke.crosses for point in _ends(stroke)]
    places = shapely.points([point for _, point in ends])
    who, whom = tree.query(places, predicate="dwithin", distance=TOUCH_M)
    for a, b in zip(who, whom, strict=True):
        found[surface[b]].append(ends[a][1])
    for k, point in ends:
        found[k].append(point)
    return [_along(stroke.line, found[k], registry) for k, stroke in enumerate(strokes)]


def _along(line: LineString, points: list[tuple[float, float]], registry: _Registry) -> list[Cut]:
    if not points:
        return []
    distances = shapely.line_locate_point(line, shapely.points(points))
    cuts = {(round(float(d), 3), registry.node(*p)) for d, p in zip(distances, points, strict=True)}
    if line.is_closed:
        cuts |= {(line.length, node) for d, node in cuts if d < MERGE_M}
    return sorted(cuts)


def _run(line: LineString, stub_m: float, cuts: list[Cut], registry: _Registry) -> tuple[int, ...]:
    """The stroke as nodes: its meetings and, between them, its own vertices."""
    if not cuts:
        return ()
    first, last = cuts[0][0], cuts[-1][0]
    low = first if first < stub_m else 0.0
    high = last if line.length - last < stub_m else line.length
    stops: list[tuple[float, int]] = list(cuts)
    taken = np.array([distance for distance, _ in cuts])
    for vertex, distance in zip(line.coords, _measure(line), strict=True):
        if low <= distance <= high and np.abs(taken - distance).min() > MERGE_M:
            stops.append((distance, registry.add(*vertex)))
    stops.sort()
    run: list[int] = []
    for _, node in stops:
        if not run or run[-1] != node:
            run.append(node)
    return tuple(run) if len(run) > 1 else ()


def _measure(line: LineString) -> list[float]:
    coords = np.asarray(line.coords)
    steps = np.hypot(*np.diff(coords, axis=0).T)
    return [0.0, *np.cumsum(steps).tolist()]


def _points(geometry: BaseGeometry) -> Iterator[tuple[float, float]]:
    if geometry.is_empty:
        return
    if isinstance(geometry, Point):
        yield (geometry.x, geometry.y)
    elif isinstance(geometry, LineString):
        # Two strokes on the same lattice line overlap a little where they meet under an avenue.
        middle = geometry.interpolate(0.5, normalized=True)
        yield (middle.x, middle.y)
    else:
        for part in geometry.geoms:
            yield from _points(part)


def _ends(stroke: Stroke) -> tuple[tuple[float, float], tuple[float, float]]:
    return stroke.line.coords[0], stroke.line.coords[-1]


def _links(
    strokes: Iterable[Stroke], runs: Iterable[tuple[int, ...]]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    ahead: dict[int, list[int]] = defaultdict(list)
    back: dict[int, list[int]] = defaultdict(list)
    for stroke, run in zip(strokes, runs, strict=True):
        for a, b in pairwise(run):
            ahead[a].append(b)
            back[b].append(a)
            if not stroke.oneway:
                ahead[b].append(a)
                back[a].append(b)
    return ahead, back


def _reach(links: dict[int, list[int]], start: int) -> set[int]:
    seen = {start}
    queue = deque([start])
    while queue:
        for neighbour in links.get(queue.popleft(), ()):
            if neighbour not in seen:
                seen.add(neighbour)
                queue.append(neighbour)
    return seen


def _both_ways(strokes: Sequence[Stroke], runs: Sequence[tuple[int, ...]], centre: int) -> set[int]:
    ahead, back = _links(strokes, runs)
    return _reach(ahead, centre) & _reach(back, centre)


def _open_dead_oneways(
    strokes: Sequence[Stroke], runs: Sequence[tuple[int, ...]], centre: int
) -> list[Stroke]:
    """A small one-way street that leads nowhere, or from nowhere, is two-way after all."""
    alive = _both_ways(strokes, runs, centre)
    return [
        replace(stroke, oneway=False)
        if stroke.oneway and stroke.kind is RoadKind.RESIDENTIAL and not alive.issuperset(run)
        else stroke
        for stroke, run in zip(strokes, runs, strict=True)
    ]


def _prune(
    nodes: Sequence[tuple[float, float]],
    strokes: Sequence[Stroke],
    runs: Sequence[tuple[int, ...]],
    centre: int,
) -> Network:
    alive = _both_ways(strokes, runs, centre)
    number = {old: new for new, old in enumerate(sorted(alive))}
    kept: list[tuple[Stroke, tuple[int, ...]]] = []
    for stroke, run in zip(strokes, runs, strict=True):
        for part in _alive_parts(run, alive):
            kept.append((stroke, tuple(number[node] for node in part)))
    return Network(
        nodes=tuple(nodes[old] for old in sorted(alive)),
        strokes=tuple(stroke for stroke, _ in kept),
        runs=tuple(run for _, run in kept),
    )


def _alive_parts(run: tuple[int, ...], alive: set[int]) -> Iterator[tuple[int, ...]]:
    part: list[int] = []
    for node in run:
        if node in alive:
            part.append(node)
            continue
        if len(part) > 1:
            yield tuple(part)
        part = []
    if len(part) > 1:
        yield tuple(part)
