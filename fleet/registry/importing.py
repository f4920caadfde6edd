"""The import of a register: all of it or nothing, an error names its row, a second time changes nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
from shapely.errors import ShapelyError
from shapely.geometry import shape

from fleet.audit import record
from fleet.database import Connection
from fleet.errors import InvalidError
from fleet.identity.model import Reader
from fleet.identity.passwords import hash_in_thread
from fleet.registry import statements
from schemas.api.registry import (
    AccountRow,
    BayRow,
    DepotRow,
    DriverRow,
    GeofenceRow,
    ImportResult,
    OrganisationRow,
    PlaceRow,
    RegistryImport,
    ShiftRow,
    TerminalRow,
    VehicleRow,
)

Row = TypeVar("Row")
SECTIONS = (
    "organisations", "accounts", "depots", "bays", "vehicles", "drivers", "shifts", "terminals", "places",
    "geofences",
)  # fmt: skip
CONSTRAINTS = {
    "shift_driver_once": "overlaps another shift of this driver",
    "terminal_in_one_vehicle": "the terminal is bound to another vehicle in this time",
    "vehicle_with_one_terminal": "the vehicle already carries another terminal in this time",
    "organisation_path_key": "another organisation has a code that reads the same",
}


@dataclass(frozen=True, slots=True)
class Node:
    id: int
    path: str


@dataclass(slots=True)
class RegistryImporter:
    """One run of the import, for one administrator, inside the caller's transaction."""

    connection: Connection
    reader: Reader
    now: datetime
    nodes: dict[str, Node] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {outcome: Counter() for outcome in ("added", "changed", "unchanged")}
    )

    async def run(self, data: RegistryImport) -> ImportResult:
        await self._load_nodes()
        await self._each("organisations", data.organisations, lambda row: row.code, self._organisation)
        await self._accounts(data.accounts)
        await self._depots(data.depots)
        await self._refuse("vehicles", statements.VEHICLES_ELSEWHERE, [row.plate for row in data.vehicles])
        await self._each("vehicles", data.vehicles, lambda row: row.plate, self._vehicle)
        await self._each("drivers", data.drivers, lambda row: row.login, self._driver)
        await self._each("shifts", data.shifts, lambda row: row.driver, self._shift)
        await self._refuse("terminals", statements.TERMINALS_ELSEWHERE, [row.code for row in data.terminals])
        await self._each("terminals", data.terminals, lambda row: row.code, self._terminal)
        await self._refuse("places", statements.PLACES_ELSEWHERE, [row.code for row in data.places])
        await self._each("places", data.places, lambda row: row.code, self._place)
        await self._each("geofences", data.geofences, lambda row: row.name, self._geofence)
        await self._record()
        return self._result()

    async def _organisation(self, row: OrganisationRow) -> str:
        label = row.code.replace("-", "_").replace(".", "_")
        parent = self._node(row.parent) if row.parent else None
        path = f"{parent.path}.{label}" if parent else label
        stands_at = await self.connection.fetchval(statements.ORGANISATION_PATH, row.code)
        if stands_at is not None and stands_at != path:
            raise InvalidError("it stands elsewhere in the tree: an import does not move organisations")
        if path != self._top and not path.startswith(f"{self._top}."):
            raise InvalidError("it lies outside your organisation: give it a parent within")
        found = await self.connection.fetchrow(
            statements.UPSERT_ORGANISATION, self._top, row.code, parent.id if parent else None, path,
            row.name, row.name_en, sorted(set(row.kinds)),
        )  # fmt: skip
        if found is not None:
            self.nodes[row.code] = Node(found["id"], path)
        return _outcome(found)

    async def _accounts(self, rows: Sequence[AccountRow]) -> None:
        logins = [row.login for row in rows]
        await self._refuse("accounts", statements.ACCOUNTS_ELSEWHERE, logins)
        known = {row["login"] for row in await self.connection.fetch(statements.KNOWN_LOGINS, logins)}
        new = [row for row in rows if row.login not in known]
        hashes = await asyncio.gather(*(hash_in_thread(row.password.get_secret_value()) for row in new))
        hash_of = {row.login: password_hash for row, password_hash in zip(new, hashes, strict=True)}

        async def account(row: AccountRow) -> str:
            return await self._upsert(
                statements.UPSERT_ACCOUNT, row.login, hash_of.get(row.login, ""),
                self._node(row.organisation).id, row.name, row.title, row.phone, sorted(set(row.roles)),
            )  # fmt: skip

        await self._each("accounts", rows, lambda row: row.login, account)

    async def _depots(self, rows: Sequence[DepotRow]) -> None:
        await self._refuse("depots", statements.DEPOTS_ELSEWHERE, [row.code for row in rows])
        await self._each("depots", rows, lambda row: row.code, self._depot)
        for depot in rows:

            async def bay(row: BayRow, depot_code: str = depot.code) -> str:
                return await self._upsert(statements.UPSERT_BAY, depot_code, row.code, row.lon, row.lat)

            await self._each("bays", depot.bays, lambda row: row.code, bay, within=f"depot {depot.code}, ")

    async def _depot(self, row: DepotRow) -> str:
        return await self._upsert(
            statements.UPSERT_DEPOT, row.code, self._node(row.organisation).id, row.name, row.name_en,
            row.lon, row.lat,
        )  # fmt: skip

    async def _vehicle(self, row: VehicleRow) -> str:
        bay_id = await self._find(
            f"bay {row.bay} of depot {row.depot}", statements.BAY_ID, row.depot, row.bay
        )
        return await self._upsert(
            statements.UPSERT_VEHICLE, row.plate, self._node(row.organisation).id, row.vehicle_class,
            row.body, row.energy, row.model, row.seats, row.luggage, row.wheelchair, row.range_km, bay_id,
            row.status, row.exempt, row.registered_on,
        )  # fmt: skip

    async def _driver(self, row: DriverRow) -> str:
        account = await self.connection.fetchrow(statements.ACCOUNT_OF_DRIVER, self._top, row.login)
        if account is None:
            raise InvalidError(f"there is no account {row.login}: import it with the driver")
        depot_id = await self._find(f"depot {row.depot}", statements.DEPOT_ID, row.depot)
        return await self._upsert(
            statements.UPSERT_DRIVER, account["id"], account["organisation_id"], depot_id, account["name"],
            row.licence_class,
        )  # fmt: skip

    async def _shift(self, row: ShiftRow) -> str:
        if row.ends_at <= row.starts_at:
            raise InvalidError("the shift ends before it starts")
        driver_id = await self._find(f"driver {row.driver}", statements.DRIVER_ID, row.driver)
        vehicle_id = await self._vehicle_id(row.plate)
        like = await self.connection.fetchrow(statements.SHIFT_LIKE, driver_id, row.starts_at, row.ends_at)
        if like is None:
            await self.connection.execute(
                statements.INSERT_SHIFT, driver_id, vehicle_id, row.starts_at, row.ends_at
            )
            return "added"
        if like["vehicle_id"] == vehicle_id:
            return "unchanged"
        await self.connection.execute(statements.SET_SHIFT_VEHICLE, like["id"], vehicle_id)
        return "changed"

    async def _terminal(self, row: TerminalRow) -> str:
        outcome = await self._upsert(
            statements.UPSERT_TERMINAL, row.code, row.protocol, row.interval_moving_s, row.interval_parked_s
        )
        vehicle_id = await self._vehicle_id(row.plate)
        if vehicle_id is None:
            return outcome
        open_binding = await self.connection.fetchrow(statements.OPEN_BINDING, row.code)
        if open_binding is not None and open_binding["vehicle_id"] == vehicle_id:
            return outcome
        bound_from = row.bound_from or self.now
        if open_binding is not None:
            if open_binding["bound_from"] is not None and bound_from <= open_binding["bound_from"]:
                raise InvalidError("bound_from must be later than the start of the binding now in force")
            await self.connection.execute(statements.CLOSE_BINDING, open_binding["id"], bound_from)
        await self.connection.execute(statements.INSERT_BINDING, row.code, vehicle_id, bound_from)
        await self.connection.execute(
            statements.TELL_SUPERVISION, row.code, bound_from, max(self.now, bound_from)
        )
        return outcome if outcome == "added" else "changed"

    async def _place(self, row: PlaceRow) -> str:
        organisation_id = self._node(row.organisation).id if row.organisation else None
        return await self._upsert(
            statements.UPSERT_PLACE,
            row.code,
            organisation_id,
            row.name,
            row.name_en,
            row.kind,
            row.lon,
            row.lat,
        )

    async def _geofence(self, row: GeofenceRow) -> str:
        _check_boundary(row.boundary)
        organisation_id = self._node(row.organisation).id
        like = await self.connection.fetchrow(statements.GEOFENCE_LIKE, organisation_id, row.name)
        if like is None:
            await self.connection.execute(
                statements.INSERT_GEOFENCE, organisation_id, row.name, row.kind, row.boundary
            )
            return "added"
        if (like["kind"], like["boundary"]) == (row.kind, row.boundary):
            return "unchanged"
        await self.connection.execute(statements.UPDATE_GEOFENCE, like["id"], row.kind, row.boundary)
        return "changed"

    async def _each(
        self,
        section: str,
        rows: Iterable[Row],
        name: Callable[[Row], str],
        put: Callable[[Row], Awaitable[str]],
        within: str = "",
    ) -> None:
        for index, row in enumerate(rows):
            async with _naming(f"{within}{section}[{index}] {name(row)}"):
                self.counts[await put(row)][section] += 1

    async def _upsert(self, statement: str, *values: Any) -> str:
        return _outcome(await self.connection.fetchrow(statement, *values))

    async def _find(self, what: str, statement: str, *keys: str) -> int:
        found = await self.connection.fetchval(statement, self._top, *keys)
        if found is None:
            raise InvalidError(f"there is no {what}")
        return int(found)

    async def _vehicle_id(self, plate: str | None) -> int | None:
        return await self._find(f"vehicle {plate}", statements.VEHICLE_ID, plate) if plate else None

    async def _refuse(self, section: str, elsewhere: str, keys: Sequence[str]) -> None:
        """Rows that exist in an organisation which is not the administrator's stay untouched."""
        for row in await self.connection.fetch(elsewhere, self._top, list(keys)):
            index = keys.index(row[0])
            raise InvalidError(f"{section}[{index}] {row[0]}: belongs to an organisation outside yours")

    async def _load_nodes(self) -> None:
        rows = await self.connection.fetch(statements.ORGANISATIONS_BELOW, self._top)
        self.nodes = {row["code"]: Node(row["id"], row["path"]) for row in rows}

    def _node(self, code: str) -> Node:
        if code not in self.nodes:
            raise InvalidError(f"there is no organisation {code} within yours: list it before")
        return self.nodes[code]

    @property
    def _top(self) -> str:
        return self.reader.organisation_path

    async def _record(self) -> None:
        await record(
            self.connection,
            at=self.now,
            actor=self.reader.actor,
            action="registry.import",
            subject_kind="organisation",
            subject_id=self.reader.organisation_id,
            payload={outcome: dict(counts) for outcome, counts in self.counts.items()},
        )

    def _result(self) -> ImportResult:
        return ImportResult(
            **{
                outcome: {section: counts[section] for section in SECTIONS if counts[section]}
                for outcome, counts in self.counts.items()
            }
        )


def _outcome(row: Any) -> str:
    if row is None:
        return "unchanged"
    return "added" if row["added"] else "changed"


@asynccontextmanager
async def _naming(row: str) -> AsyncIterator[None]:
    """Whatever goes wrong within becomes an error that names the row."""
    remedy = "Correct the row and import the file again; nothing of it was kept."
    try:
        yield
    except InvalidError as error:
        raise InvalidError(f"{row}: {error.detail}", remedy) from error
    except asyncpg.IntegrityConstraintViolationError as error:
        reason = CONSTRAINTS.get(error.constraint_name, str(error))
        raise InvalidError(f"{row}: {reason}", remedy) from error
    except (asyncpg.DataError, asyncpg.exceptions._base.DataError) as error:
        raise InvalidError(f"{row}: a value cannot be stored: {error}", remedy) from error


def _check_boundary(boundary: dict[str, Any]) -> None:
    try:
        geometry = shape(boundary)
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise InvalidError(f"the boundary is not a GeoJSON geometry: {error}") from error
    if geometry.geom_type not in {"Polygon", "MultiPolygon"} or geometry.is_empty or not geometry.is_valid:
        raise InvalidError("the boundary must be a valid, closed Polygon or MultiPolygon")
