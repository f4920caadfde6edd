"""Packs what is cold, drops empty chunks, lets old tracks go. Each call joins the caller's transaction."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from fleet.database import Connection
from fleet.history import repository
from fleet.history.chunks import chunk_interval
from fleet.history.errors import CorruptPackError, PackMismatchError
from fleet.history.packs import repack
from fleet.history.settings import HistorySettings

log = structlog.get_logger()

DAY = timedelta(days=1)
TERMINALS_AT_ONCE = 200
EXPIRE_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Packed:
    """What one slice of packing did. `reached` is the terminal it got to; None: all are done."""

    fixes: int
    packs: int
    bytes: int
    reached: int | None


def cold_before(now: datetime, settings: HistorySettings) -> datetime:
    """Whole UTC days that ended long enough before `now`."""
    return midnight(now - settings.pack_after)


def midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


async def pack_slice(connection: Connection, before: datetime, after_terminal: int, seconds: float) -> Packed:
    """Pack the days before `before` of the terminals behind `after_terminal`, for about so many real seconds.

    What is read, packed and removed is one transaction; whoever dies in it leaves the rows where they were.
    """
    until = time.monotonic() + seconds
    total = Packed(0, 0, 0, after_terminal)
    while time.monotonic() < until:
        batch = await repository.waiting_terminals(connection, before, total.reached or 0, TERMINALS_AT_ONCE)
        if not batch:
            return Packed(total.fixes, total.packs, total.bytes, None)
        for waiting in batch:
            total = await _pack_terminal(connection, waiting, before, total)
            if time.monotonic() >= until:
                break
    return total


async def _pack_terminal(
    connection: Connection, waiting: repository.Waiting, before: datetime, total: Packed
) -> Packed:
    fixes, packs, size = total.fixes, total.packs, total.bytes
    day = midnight(waiting.oldest)
    while day < before:
        try:
            async with connection.transaction():
                done = await pack_day(connection, waiting.terminal_id, day)
        except PackMismatchError as error:
            log.info(
                "day is packed later", terminal=waiting.terminal_id, day=f"{day:%F}", reason=error.detail
            )
        except CorruptPackError as error:
            log.error(
                "day stays unpacked", terminal=waiting.terminal_id, day=f"{day:%F}", reason=error.detail
            )
        else:
            fixes, packs, size = fixes + done.fixes, packs + done.packs, size + done.bytes
        following = await repository.oldest_waiting(connection, waiting.terminal_id, day + DAY, before)
        if following is None:
            break
        day = midnight(following)
    return Packed(fixes, packs, size, waiting.terminal_id)


async def pack_day(connection: Connection, terminal_id: int, day: datetime) -> Packed:
    """Put the rows of one terminal and UTC day into its pack, late fixes into the blocks they fall into.

    Raises PackMismatchError when a fix arrived meanwhile, CorruptPackError when a pack cannot be read.
    """
    await repository.lock_day(connection, terminal_id, day)
    rows = await repository.waiting(connection, terminal_id, day, day + DAY)
    if not len(rows):
        return Packed(0, 0, 0, None)
    known = await repository.pack_of_day(connection, terminal_id, day)
    pack = await asyncio.to_thread(repack, terminal_id, rows, known)
    await repository.replace_by_pack(connection, rows, pack)
    return Packed(len(rows), 1, len(pack.blob), None)


async def drop_chunks(connection: Connection, now: datetime, settings: HistorySettings) -> list[str]:
    """Chunks of cold days that packing has emptied."""
    return await repository.drop_packed_chunks(connection, cold_before(now, settings))


async def expire(connection: Connection, now: datetime, settings: HistorySettings) -> int:
    """Packs beyond the horizon, but for those that evidence holds; a bounded number at once."""
    return await repository.expire_packs(
        connection, now - settings.track_retention, now - settings.evidence_hold, EXPIRE_AT_ONCE
    )


async def fit_chunk_interval(
    connection: Connection, now: datetime, settings: HistorySettings
) -> timedelta | None:
    """Have new chunks span what the measured rate asks for; the new span, or None if it stays."""
    measured_from = max(now - 2 * DAY, cold_before(now, settings))  # what is packed counts no more
    rate = await repository.fix_rate(connection, measured_from, now)
    if rate is None:
        return None
    present = await repository.chunk_interval(connection)
    wanted = chunk_interval(rate, present, settings.chunk_target_mb * 2**20)
    if wanted == present:
        return None
    await repository.set_chunk_interval(connection, wanted)
    return wanted
