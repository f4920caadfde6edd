"""Ask Valhalla for the road between two spots, with the legal limit of every stretch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from fleet.planning.router import decode_polyline
from simulators.errors import NoRouteError

EARTH_RADIUS_M = 6_371_008.8
UNPOSTED_LIMIT_KMH = 40.0
SAME_SPOT_M = 0.5

Lonlat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Road:
    """A way through the network: n vertices, n-1 stretches between them."""

    lonlat: NDArray[np.float64]  # (n, 2) degrees
    lengths_m: NDArray[np.float64]  # (n-1,)
    limits_kmh: NDArray[np.float64]  # (n-1,)
    junctions: NDArray[np.bool_]  # (n,) vertices where another road joins

    @property
    def length_m(self) -> float:
        return float(self.lengths_m.sum())


def distances_m(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres between consecutive points, (n-1,); equirectangular, good to 0.1 % within a city."""
    lon, lat = np.radians(lonlat[:, 0]), np.radians(lonlat[:, 1])
    east = np.diff(lon) * np.cos((lat[1:] + lat[:-1]) / 2)
    return np.asarray(np.hypot(east, np.diff(lat)) * EARTH_RADIUS_M, dtype=np.float64)


class Roads:
    """Client of a Valhalla service."""

    def __init__(self, valhalla_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=valhalla_url, timeout=20)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def between(self, spots: list[Lonlat]) -> Road:
        """The road through `spots` in order. Raises NoRouteError when there is none."""
        legs = [await self._leg(start, end) for start, end in pairwise(spots)]
        lonlat = np.concatenate([legs[0], *(leg[1:] for leg in legs[1:])])
        if not np.any(distances_m(lonlat) > SAME_SPOT_M):
            raise NoRouteError(f"{spots[0]} and {spots[-1]} lie on the same spot: nothing to drive")
        return await self._with_limits(lonlat)

    async def _leg(self, start: Lonlat, end: Lonlat) -> NDArray[np.float64]:
        answer = await self._ask(
            "/route",
            {
                "locations": [{"lon": lon, "lat": lat} for lon, lat in (start, end)],
                "costing": "auto",
                "directions_type": "none",
            },
        )
        shapes = [decode_polyline(leg["shape"]) for leg in answer["trip"]["legs"]]
        return np.asarray([point for shape in shapes for point in shape], dtype=np.float64)

    async def _with_limits(self, lonlat: NDArray[np.float64]) -> Road:
        """Valhalla counts its edges along the shape it answers with, which may have other vertices."""
        answer = await self._ask(
            "/trace_attributes",
            {
                "shape": [{"lon": lon, "lat": lat} for lon, lat in lonlat.tolist()],
                "costing": "auto",
                "shape_match": "walk_or_snap",
                "filters": {
                    "attributes": [
                        "edge.speed_limit", "edge.speed", "edge.begin_shape_index", "edge.end_shape_index",
                        "shape", "node.intersecting_edge.begin_heading",
                    ],
                    "action": "include",
                },
            },
        )  # fmt: skip
        matched = np.asarray(decode_polyline(answer["shape"]), dtype=np.float64)
        limits = np.full(len(matched) - 1, UNPOSTED_LIMIT_KMH)
        junctions = np.zeros(len(matched), dtype=np.bool_)
        for edge in answer["edges"]:
            first, last = edge["begin_shape_index"], edge["end_shape_index"]
            limit = edge.get("speed_limit") or edge.get("speed") or UNPOSTED_LIMIT_KMH
            limits[first:last] = limit if limit != "unlimited" else 120.0
            junctions[last] = bool(edge.get("end_node", {}).get("intersecting_edges"))
        return _without_points(matched, limits, junctions)

    async def _ask(self, path: str, question: dict[str, Any]) -> dict[str, Any]:
        answer = await self._http.post(path, json=question)
        if answer.status_code != 200:
            reason = answer.json().get("error", answer.text) if answer.content else answer.status_code
            raise NoRouteError(f"Valhalla answers {answer.status_code} to {path}: {reason}")
        body: dict[str, Any] = answer.json()
        return body


def _without_points(
    lonlat: NDArray[np.float64], limits: NDArray[np.float64], junctions: NDArray[np.bool_]
) -> Road:
    """The road without stretches that are no longer than a point: they have no direction."""
    long = distances_m(lonlat) > SAME_SPOT_M
    keep = np.concatenate([[True], long])
    return Road(lonlat[keep], distances_m(lonlat[keep]), limits[long], junctions[keep])
