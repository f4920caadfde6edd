"""The register over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from fleet.api.dependencies import Now, Reader, SignedIn, Transaction, requires
from fleet.errors import InvalidError
from fleet.registry import repository
from fleet.registry.importing import RegistryImporter
from schemas.api.base import Moment
from schemas.api.registry import (
    DriverItem,
    ImportResult,
    OrganisationItem,
    PlaceItem,
    RegistryImport,
    VehicleItem,
)

router = APIRouter(tags=["registry"])

Administrator = Annotated[Reader, Depends(requires("administrator"))]
Clerk = Annotated[Reader, Depends(requires("clerk"))]
LARGEST_IMPORT = 32 * 2**20  # bytes
LONGEST_WINDOW = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Window:
    start: datetime
    end: datetime


def window(start: Annotated[Moment, Query(alias="from")], until: Moment) -> Window:
    if not timedelta(0) < until - start <= LONGEST_WINDOW:
        raise InvalidError(
            "`until` must be later than `from`, by no more than 62 days", "Correct the two times."
        )
    return Window(start, until)


@router.post("/admin/registry", max_body_size=LARGEST_IMPORT)
async def import_registry(
    connection: Transaction, reader: Administrator, now: Now, data: RegistryImport
) -> ImportResult:
    """Import organisations, people, vehicles, terminals and places: all of it or, on an error, nothing."""
    return await RegistryImporter(connection, reader, now).run(data)


@router.get("/organisations")
async def organisations(connection: Transaction, reader: SignedIn) -> list[OrganisationItem]:
    """Whom the reader may order a trip for."""
    return await repository.organisations(
        connection, reader.organisation_path, pool=reader.is_any_of("clerk")
    )


@router.get("/places")
async def places(
    connection: Transaction,
    reader: SignedIn,
    q: Annotated[str, Query(max_length=80)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[PlaceItem]:
    """Places whose name or code contains `q`, names that begin with it first."""
    return await repository.places(connection, reader.organisation_path, q.strip(), limit)


@router.get("/choices/vehicles")
async def vehicle_choices(
    connection: Transaction, reader: Clerk, during: Annotated[Window, Depends(window)]
) -> list[VehicleItem]:
    """Cars for dispatch by hand, the free ones first."""
    return await repository.vehicle_choices(connection, reader.organisation_path, during.start, during.end)


@router.get("/choices/drivers")
async def driver_choices(
    connection: Transaction, reader: Clerk, during: Annotated[Window, Depends(window)]
) -> list[DriverItem]:
    """Drivers for dispatch by hand, those on shift and free first."""
    return await repository.driver_choices(connection, reader.organisation_path, during.start, during.end)
