"""What a terminal of JT/T 808 says, in the words of the wire contract (schemas/telemetry.py). Pure.

What is out of range there is translated all the same: the writer refuses it, as it does for every protocol.
"""

from __future__ import annotations

from datetime import datetime

from ingest.jt808.flags import ACC_ON, COORDINATES_ENCRYPTED, FIXED
from ingest.jt808.items import read_extras
from ingest.jt808.location import Location
from ingest.jt808.messages.reports import DriverCard, DriverIdentity
from schemas.telemetry import Event, Fix, epoch_ms

DRIVER_CARD = "driver_card"
CARD_STATUS = {1: "inserted", 2: "withdrawn"}
LOWEST_M = -1_000


def fix_of(location: Location, time: datetime, sent: datetime, boot: int, seq: int) -> Fix:
    """A location as a fix. `boot` and `seq` number what came in over one connection (decision 8).

    Coordinates that a security module has shifted (status bit 5) do not say where the vehicle is.
    """
    extras = read_extras(location.items)
    return Fix(
        time=epoch_ms(time),
        sent=epoch_ms(sent),
        boot=boot,
        seq=seq,
        oldest=seq,
        lon=location.longitude,
        lat=location.latitude,
        speed=location.speed,
        heading=location.direction,
        fixed=location.status & (FIXED | COORDINATES_ENCRYPTED) == FIXED,
        altitude=_altitude(location.altitude),
        odometer=extras.mileage,
        ignition=bool(location.status & ACC_ON),
        satellites=extras.satellites,
        alarm=location.alarm,
        status=location.status,
    )


def card_event(card: DriverCard | DriverIdentity, received_at: datetime) -> Event:
    """A driver's card put in or drawn out. The number of the identity card is not kept."""
    detail: dict[str, str | int | float | bool] = {
        "driver_name": card.driver_name,
        "qualification": card.qualification,
        "issuer": card.issuer,
    }
    time: datetime | None = None
    if isinstance(card, DriverCard):
        time = card.time
        detail["action"] = CARD_STATUS.get(card.status, str(card.status))
        detail["result"] = card.result
        detail["valid_until"] = card.valid_until
    return Event(epoch_ms(time or received_at), DRIVER_CARD, detail)


def _altitude(metres: int) -> float:
    """Unsigned by the standard; below the sea terminals send two's complement."""
    below = metres - (1 << 16)
    return below if below >= LOWEST_M else metres
