"""A stroke of the pen: one road drawn on the plane, before it knows which others it meets."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import LineString

from .layout import LANES, LIMITS_KMH
from .model import RoadKind


@dataclass(frozen=True, slots=True)
class Stroke:
    """A road in drawing metres.

    `crosses`: meets every other such stroke it touches; otherwise (bridge, tunnel, ramp, spur) it joins
    others only at its two ends. `stub_m`: an end that sticks out less than this beyond a crossing is cut off.
    """

    kind: RoadKind
    name: str
    name_en: str
    line: LineString
    limit_kmh: int
    lanes: int
    oneway: bool = False
    bridge: bool = False
    tunnel: bool = False
    layer: int = 0
    crosses: bool = True
    stub_m: float = 6.0
    ref: str = ""


def stroke(
    kind: RoadKind,
    name: tuple[str, str],
    line: LineString,
    *,
    limit_kmh: int | None = None,
    oneway: bool = False,
    crosses: bool = True,
    stub_m: float = 6.0,
    ref: str = "",
) -> Stroke:
    """A stroke with the limit and lanes its class usually has."""
    return Stroke(
        kind=kind,
        name=name[0],
        name_en=name[1],
        line=line,
        limit_kmh=LIMITS_KMH[kind] if limit_kmh is None else limit_kmh,
        lanes=LANES[kind] if not oneway or kind not in {RoadKind.RESIDENTIAL} else 1,
        oneway=oneway,
        crosses=crosses,
        stub_m=stub_m,
        ref=ref,
    )
