"""The planned route of a run, as a line on the map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx
import structlog

from fleet.supervision.geometry import Spot

log = structlog.get_logger()

TIMEOUT_S = 5.0
PRECISION = 1e6


async def planned_route(valhalla_url: str, stops: Sequence[Spot]) -> list[Spot]:
    """Along the roads from stop to stop; straight lines while the road network does not answer."""
    if len(stops) < 2:
        return list(stops)
    body = {"locations": [{"lon": lon, "lat": lat} for lon, lat in stops], "costing": "auto"}
    try:
        async with httpx.AsyncClient(base_url=valhalla_url, timeout=TIMEOUT_S) as client:
            answer = await client.post("/route", json=body)
            answer.raise_for_status()
    except httpx.HTTPError as error:
        log.warning("planned route drawn straight", reason=str(error))
        return list(stops)
    return [spot for leg in answer.json()["trip"]["legs"] for spot in decode_line(leg["shape"])]


def decode_line(text: str) -> Iterator[Spot]:
    """Valhalla's encoded polyline, six decimals, latitude first."""
    values = _deltas(text)
    lat = lon = 0
    for lat_step, lon_step in zip(values, values, strict=True):
        lat, lon = lat + lat_step, lon + lon_step
        yield lon / PRECISION, lat / PRECISION


def _deltas(text: str) -> Iterator[int]:
    value = shift = 0
    for character in text:
        bits = ord(character) - 63
        value |= (bits & 31) << shift
        shift += 5
        if bits < 32:
            yield ~(value >> 1) if value & 1 else value >> 1
            value = shift = 0
