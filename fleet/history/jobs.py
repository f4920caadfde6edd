"""The storage jobs: timers of one kind, each run a bounded piece of work in the transaction of its timer.

    pack      cold days into packs, every ten minutes; at once again while there is more
    drop      chunks that packing has emptied, every hour
    expire    packs beyond the horizon and not held, minutes beyond theirs, every day
    interval  the span of new chunks after the measured rate, every day
    minutes   minutes of vehicles whose fixes changed, four times an hour; at once again while there is more

Moments are business time, the length of a piece is real time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import structlog

from fleet.database import Connection
from fleet.history import minutes_service, repository, service
from fleet.history.settings import HistorySettings
from fleet.timers.repository import Timer, set_timer

log = structlog.get_logger()

KIND = "storage"
PIECE_S = 5.0
AFTER_TROUBLE = timedelta(minutes=10)
GIVES_WAY = (
    asyncpg.LockNotAvailableError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
)
"""Somebody else was in the way: the piece is undone and comes again."""

Payload = dict[str, int]
Job = Callable[[Connection, datetime, HistorySettings, Payload], Awaitable[Payload | None]]
"""Does a piece of work; what it returns is handed to the next piece at once, None when nothing is left."""


async def pack(
    connection: Connection, now: datetime, settings: HistorySettings, payload: Payload
) -> Payload | None:
    done = await service.pack_slice(
        connection, service.cold_before(now, settings), payload.get("after_terminal", 0), PIECE_S
    )
    if done.fixes:
        log.info("fixes packed", fixes=done.fixes, packs=done.packs, bytes=done.bytes)
    return None if done.reached is None else {"after_terminal": done.reached}


async def drop(
    connection: Connection, now: datetime, settings: HistorySettings, _: Payload
) -> Payload | None:
    for name in await service.drop_chunks(connection, now, settings):
        log.info("empty chunk dropped", chunk=name)
    return None


async def expire(
    connection: Connection, now: datetime, settings: HistorySettings, _: Payload
) -> Payload | None:
    gone = await service.expire(connection, now, settings)
    if gone:
        log.info("packs expired", packs=gone, older_than=f"{now - settings.track_retention:%F}")
    for name in await repository.drop_old_minutes(connection, now - settings.minute_retention):
        log.info("old minutes dropped", chunk=name)
    return {} if gone == service.EXPIRE_AT_ONCE else None


async def interval(
    connection: Connection, now: datetime, settings: HistorySettings, _: Payload
) -> Payload | None:
    length = await service.fit_chunk_interval(connection, now, settings)
    if length is not None:
        log.info("span of new chunks changed", hours=length / timedelta(hours=1))
    return None


async def minutes(
    connection: Connection, now: datetime, settings: HistorySettings, _: Payload
) -> Payload | None:
    return {} if await minutes_service.take_in_changes(connection, PIECE_S) else None


JOBS: Mapping[str, tuple[Job, timedelta]] = {
    "pack": (pack, timedelta(minutes=10)),
    "drop": (drop, timedelta(hours=1)),
    "expire": (expire, timedelta(days=1)),
    "interval": (interval, timedelta(days=1)),
    "minutes": (minutes, timedelta(minutes=15)),
}


@dataclass(frozen=True, slots=True)
class StorageJobs:
    """Handles the timers of KIND; the subject names the job."""

    settings: HistorySettings

    async def __call__(self, connection: Connection, timer: Timer, now: datetime) -> None:
        job, period = JOBS[timer.subject_id]
        try:
            async with connection.transaction():
                more = await job(connection, now, self.settings, timer.payload)
        except GIVES_WAY as error:
            log.warning("storage job gives way", job=timer.subject_id, reason=str(error))
            more, period = None, min(period, AFTER_TROUBLE)
        except (
            Exception
        ):  # a standing job that fails is told, and tried again; it must not fall out of the timers
            log.exception("storage job failed", job=timer.subject_id)
            more, period = None, min(period, AFTER_TROUBLE)
        await set_timer(
            connection,
            kind=KIND,
            subject_id=timer.subject_id,
            due_at=now + period if more is None else now,
            payload=dict(more or {}),
        )
