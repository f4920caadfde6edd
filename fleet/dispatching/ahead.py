"""The road a run still has before it."""

from __future__ import annotations

from fleet.database import Connection
from fleet.dispatching import repository
from fleet.planning.errors import RouterDownError, RouterRefusedError
from fleet.planning.router import Router
from fleet.planning.spots import Spot
from schemas.api.runs import Run


async def route_ahead(connection: Connection, run: Run, network: Router) -> list[tuple[float, float]]:
    """From where the car was last seen, else from the stop it left last.

    No line at all rather than a straight one that nobody can drive.
    """
    left = [(stop.lon, stop.lat) for stop in run.stops if stop.departed_at is not None]
    stops = [(stop.lon, stop.lat) for stop in run.stops if stop.departed_at is None]
    seen = await repository.last_seen(connection, run.vehicle_id)
    start = [seen] if seen is not None else left[-1:]
    spots: list[Spot] = []
    for lon, lat in [*start, *stops]:
        spot = Spot.at(lon, lat)
        if not spots or spot != spots[-1]:
            spots.append(spot)
    if len(spots) < 2:
        return []
    try:
        return await network.shape(spots)
    except (RouterDownError, RouterRefusedError):
        return []
