"""The administrator's import of a whole organisation, and the lists that other screens choose from."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_serializer

from schemas.api.base import Answered, Latitude, Longitude, Moment, Received
from schemas.api.identity import Role
from schemas.api.requests import Body

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
VehicleClass = Literal["confidential", "emergency", "enforcement", "special", "general"]
Energy = Literal["petrol", "diesel", "hybrid", "electric"]


class OrganisationRow(Received):
    code: Code
    parent: Code | None
    name: str
    name_en: str
    kinds: list[Literal["regulator", "supplier", "user"]]


class AccountRow(Received):
    login: Code
    password: SecretStr
    organisation: Code
    name: str
    title: str = ""
    phone: str = ""
    roles: list[Role]

    @field_serializer("password", when_used="json")
    def _reveal(self, password: SecretStr) -> str:
        """The file and the wire carry it; repr and logs never do."""
        return password.get_secret_value()


class BayRow(Received):
    code: Code
    lon: Longitude
    lat: Latitude


class DepotRow(Received):
    code: Code
    organisation: Code
    name: str
    name_en: str
    lon: Longitude
    lat: Latitude
    bays: list[BayRow]


class VehicleRow(Received):
    plate: str
    organisation: Code
    vehicle_class: VehicleClass
    body: Body
    energy: Energy
    model: str = ""
    seats: Annotated[int, Field(ge=1, le=60)]
    luggage: Annotated[int, Field(ge=0)] = 0
    wheelchair: bool = False
    range_km: Annotated[int, Field(gt=0)]
    depot: Code
    bay: Code
    status: Literal["in_service", "repair", "sealed", "disabled", "lent", "disposed"] = "in_service"
    exempt: bool = False
    registered_on: date | None = None


class DriverRow(Received):
    login: Code  # of the driver's account
    depot: Code
    licence_class: str = "B1"


class ShiftRow(Received):
    driver: Code  # login
    plate: str | None = None
    starts_at: Moment
    ends_at: Moment


class TerminalRow(Received):
    code: Code
    protocol: Literal["mqtt", "jt808"] = "mqtt"
    interval_moving_s: int = 10
    interval_parked_s: int = 300
    plate: str | None = None
    bound_from: Moment | None = None


class PlaceRow(Received):
    code: Code
    organisation: Code | None = None
    name: str
    name_en: str
    kind: str
    lon: Longitude
    lat: Latitude


class GeofenceRow(Received):
    organisation: Code
    name: str
    kind: Literal["service_area", "depot", "sensitive"]
    boundary: dict[str, Any]  # GeoJSON geometry


class RegistryImport(Received):
    """Rows are matched by their code, login or plate: importing the same file twice changes nothing."""

    organisations: list[OrganisationRow] = []
    accounts: list[AccountRow] = []
    depots: list[DepotRow] = []
    vehicles: list[VehicleRow] = []
    drivers: list[DriverRow] = []
    shifts: list[ShiftRow] = []
    terminals: list[TerminalRow] = []
    places: list[PlaceRow] = []
    geofences: list[GeofenceRow] = []


class ImportResult(Answered):
    added: dict[str, int]
    changed: dict[str, int]
    unchanged: dict[str, int]


class PlaceItem(Answered):
    code: str
    name: str
    name_en: str
    kind: str
    lon: float
    lat: float


class OrganisationItem(Answered):
    id: int
    code: str
    name: str
    name_en: str


class VehicleItem(Answered):
    """A car a clerk may choose by hand, with whether it is free in the asked window."""

    id: int
    plate: str
    body: str
    energy: str
    seats: int
    wheelchair: bool
    status: str
    depot: str
    free: bool


class DriverItem(Answered):
    id: int
    name: str
    depot: str
    on_shift: bool
    free: bool
