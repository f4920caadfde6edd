"""The map's configuration, and the base map itself with HTTP Range."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from fleet.api.dependencies import SettingsOf, SignedIn, Transaction
from fleet.errors import NotFoundError
from fleet.maps.pmtiles import read_extent
from fleet.maps.repository import extent_of_known_spots
from schemas.api.live import MapConfig

router = APIRouter(tags=["map"])
tiles = APIRouter(include_in_schema=False)

ARCHIVE = "/map/base.pmtiles"


@router.get("/map")
async def configuration(_: SignedIn, connection: Transaction, settings: SettingsOf) -> MapConfig:
    """Where the base map comes from and what it covers; without one, vehicles and routes still draw."""
    known = settings.basemap is not None and settings.basemap.exists()
    extent = (
        await run_in_threadpool(read_extent, settings.basemap)
        if known and settings.basemap
        else await extent_of_known_spots(connection)
    )
    return MapConfig(
        tiles_url=ARCHIVE if known else None,
        attribution=settings.map_attribution,
        review_number=settings.map_review_number,
        bounds=extent.bounds,
        centre=extent.centre,
    )


@tiles.get(ARCHIVE)
@tiles.head(ARCHIVE)
async def archive(settings: SettingsOf) -> FileResponse:
    """The archive; readers fetch the ranges they need."""
    if settings.basemap is None or not settings.basemap.exists():
        raise NotFoundError("no base map is configured", "Set MOTORPOOL_BASEMAP to a PMTiles file.")
    return FileResponse(
        settings.basemap,
        media_type="application/vnd.pmtiles",
        headers={"Cache-Control": "public, max-age=0, must-revalidate"},
    )
