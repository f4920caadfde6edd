"""The road network: a Valhalla service over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx
import orjson

from fleet.planning.errors import RouterDownError, RouterRefusedError
from fleet.planning.spots import Spot


class Leg(NamedTuple):
    """From one spot to another along the roads, rounded up."""

    seconds: int
    metres: int


class Router:
    """Asks one Valhalla: RouterDownError while it does not answer, RouterRefusedError where it cannot."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=timeout_s, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def matrix(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> list[list[Leg | None]]:
        """Legs [source][target]; None where no way leads."""
        answer = await self._ask(
            "/sources_to_targets",
            {
                "sources": [_location(s) for s in sources],
                "targets": [_location(t) for t in targets],
                "costing": "auto",
                "verbose": False,
            },
        )
        found = answer["sources_to_targets"]
        return [
            [_leg(seconds, kilometres) for seconds, kilometres in zip(times, ways, strict=True)]
            for times, ways in zip(found["durations"], found["distances"], strict=True)
        ]

    async def shape(self, stops: Sequence[Spot]) -> list[tuple[float, float]]:
        """The way through `stops` as (lon, lat) points along the roads."""
        answer = await self._ask(
            "/route",
            {"locations": [_location(s) for s in stops], "costing": "auto", "directions_type": "none"},
        )
        return [point for leg in answer["trip"]["legs"] for point in decode_polyline(leg["shape"])]

    async def _ask(self, path: str, question: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._client.post(path, content=orjson.dumps(question))
            answer: dict[str, Any] = orjson.loads(response.content)
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            raise RouterDownError(
                f"the road network does not answer: {error!r}", "Check MOTORPOOL_VALHALLA_URL."
            ) from error
        if response.is_server_error:
            raise RouterDownError(f"the road network failed: {answer.get('error', response.status_code)}")
        if response.is_error:
            raise RouterRefusedError(f"the road network refused: {answer.get('error', response.status_code)}")
        return answer


def _location(spot: Spot) -> dict[str, float]:
    return {"lon": spot.lon, "lat": spot.lat}


def _leg(seconds: float | None, kilometres: float | None) -> Leg | None:
    if seconds is None or kilometres is None:
        return None
    return Leg(int(-(-seconds // 1)), round(kilometres * 1000))


def decode_polyline(encoded: str, precision: int = 6) -> list[tuple[float, float]]:
    """Google's encoded polyline with Valhalla's six decimals, as (lon, lat)."""
    points, index, lat, lon, scale = [], 0, 0, 0, 10.0**precision
    while index < len(encoded):
        change, index = _varint(encoded, index)
        lat += change
        change, index = _varint(encoded, index)
        lon += change
        points.append((lon / scale, lat / scale))
    return points


def _varint(encoded: str, index: int) -> tuple[int, int]:
    shift = value = 0
    while True:
        chunk = ord(encoded[index]) - 63
        index += 1
        value |= (chunk & 0x1F) << shift
        shift += 5
        if chunk < 0x20:
            return (~(value >> 1) if value & 1 else value >> 1), index
