"""Gives a replay a terminal and a car in a stack that runs on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr

from fleet.local.broker_admin import BrokerAdmin
from fleet.local.dynsec import Credential
from fleet.local.paths import LocalPaths
from fleet.local.secrets import SecretFile
from fleet.local.state import StackFile
from schemas.api.registry import (
    AccountRow,
    BayRow,
    DepotRow,
    ImportResult,
    OrganisationRow,
    RegistryImport,
    TerminalRow,
    VehicleRow,
)
from simulators.bots.office import Desk, EveryPackagedYear
from simulators.errors import SimulatorError
from simulators.operator import create_administrator
from simulators.terminals.radio import BrokerAddress

ORGANISATION = "replay"
AUDITOR = "replay.auditor"
BOUND_FROM = datetime(2020, 1, 1, tzinfo=UTC)
"""Before this no fix is taken anyway."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a replay needs to speak as a terminal, and an account that sees its car."""

    terminal: str
    plate: str
    password: str
    broker: BrokerAddress
    clock: str
    web: str
    auditor: str
    auditor_password: str


async def enrol(paths: LocalPaths, terminal: str, lon: float, lat: float) -> Enrolled:
    """Add the terminal, a car of its own and that car's bay at (lon, lat) to the stack that runs on `paths`.

    Raises SimulatorError when none does.
    """
    file = StackFile(paths.data)
    reading = file.read()
    if reading is None or not file.is_running():
        raise SimulatorError(
            f"no Motorpool runs on {paths.data}: start one with `motorpool up --osm FILE`, "
            "or name its folder with --data-dir"
        )
    secrets = SecretFile(paths.data / "secrets.json")
    ports: dict[str, int] = json.loads((paths.data / "ports.json").read_text())
    enrolled = Enrolled(
        terminal,
        plate=f"示A·{terminal}",
        password=secrets.terminal_password(terminal),
        broker=BrokerAddress("127.0.0.1", ports["broker"]),
        clock=reading.clock,
        web=reading.url,
        auditor=AUDITOR,
        auditor_password=secrets.get(AUDITOR),
    )
    with BrokerAdmin(f"mqtt://fleet:{secrets.get('broker-fleet')}@127.0.0.1:{ports['broker']}") as admin:
        admin.enrol([Credential(terminal, enrolled.password)])
    create_administrator(
        secrets.get("database_url"),
        login=ORGANISATION,
        organisation=ORGANISATION,
        password=secrets.get(ORGANISATION),
        clock=reading.clock,
    )
    desk = Desk(reading.url, ORGANISATION, secrets.get(ORGANISATION))
    try:
        await desk.post("/admin/calendar", dict[str, int], EveryPackagedYear())
        await desk.post("/admin/registry", ImportResult, _register(enrolled, lon, lat))
    finally:
        await desk.aclose()
    return enrolled


def _register(enrolled: Enrolled, lon: float, lat: float) -> RegistryImport:
    return RegistryImport(
        organisations=[
            OrganisationRow(
                code=ORGANISATION,
                parent=None,
                name="轨迹回放",
                name_en="Replay",
                kinds=["regulator", "supplier"],
            )
        ],
        accounts=[
            AccountRow(
                login=AUDITOR,
                password=SecretStr(enrolled.auditor_password),
                organisation=ORGANISATION,
                name="回放审计",
                roles=["auditor"],
            )
        ],
        depots=[
            DepotRow(
                code=f"{ORGANISATION}-{enrolled.terminal}",
                organisation=ORGANISATION,
                name="回放起点",
                name_en="Start of the replay",
                lon=lon,
                lat=lat,
                bays=[BayRow(code="1", lon=lon, lat=lat)],
            )
        ],
        vehicles=[
            VehicleRow(
                plate=enrolled.plate,
                organisation=ORGANISATION,
                vehicle_class="general",
                body="sedan",
                energy="petrol",
                seats=4,
                range_km=500,
                depot=f"{ORGANISATION}-{enrolled.terminal}",
                bay="1",
            )
        ],
        terminals=[TerminalRow(code=enrolled.terminal, plate=enrolled.plate, bound_from=BOUND_FROM)],
    )
