"""What `motorpool storage status` says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel
from rich.table import Table

from fleet.database import Connection
from fleet.history import repository
from fleet.history.settings import HistorySettings


class HeldTrack(BaseModel):
    """A stretch of track that evidence keeps. `because` is open_case, or finding while its retention runs."""

    plate: str
    since: datetime
    until: datetime
    because: str
    case: str | None
    finding: str
    packs: int
    beyond_horizon: bool


class Report(BaseModel):
    """Bytes, UTC. `bytes_per_fix_packed` counts everything: rows, TOAST, indexes."""

    fixes_live: int
    chunks: int
    chunk_hours: float
    bytes_live: int
    bytes_per_fix_live: float | None
    fixes_packed: int
    packs: int
    bytes_packed: int
    bytes_per_fix_packed: float | None
    packed_from: datetime | None
    packed_to: datetime | None
    bytes_minutes: int
    fixes_per_second: float | None
    tracks_kept_since: datetime
    packs_held_beyond: int
    held: list[HeldTrack]

    def tables(self) -> Iterator[Table]:
        yield self._sizes()
        if self.held:
            yield self._holds()

    def _sizes(self) -> Table:
        table = Table(title="Storage", show_header=False)
        rows = [
            (
                "live fixes",
                f"{self.fixes_live:,} in {self.chunks} chunks of {self.chunk_hours:g} h (new ones)",
            ),
            ("", f"{_megabytes(self.bytes_live)}, {_each(self.bytes_per_fix_live)}"),
            ("packed fixes", f"{self.fixes_packed:,} in {self.packs:,} packs"),
            ("", f"{_megabytes(self.bytes_packed)}, {_each(self.bytes_per_fix_packed)}"),
            ("packed span", f"{_day(self.packed_from)} to {_day(self.packed_to)}"),
            ("minutes of vehicles", _megabytes(self.bytes_minutes)),
            ("kept since", f"{_day(self.tracks_kept_since)}; {self.packs_held_beyond} packs held beyond"),
        ]
        for row in rows:
            table.add_row(*row)
        return table

    def _holds(self) -> Table:
        table = Table(title="Held by evidence")
        for name in ("vehicle", "from", "to", "because", "case", "finding", "packs"):
            table.add_column(name)
        for hold in self.held:
            table.add_row(
                hold.plate,
                f"{hold.since:%F %R}",
                f"{hold.until:%F %R}",
                hold.because.replace("_", " "),
                hold.case or "",
                hold.finding,
                f"{hold.packs}{' beyond horizon' if hold.beyond_horizon else ''}",
            )
        return table


async def read_report(
    connection: Connection, now: datetime, settings: HistorySettings, holds_shown: int
) -> Report:
    tracks_before, findings_before = now - settings.track_retention, now - settings.evidence_hold
    figures = await repository.figures(connection, tracks_before)
    holds = await repository.holds(connection, findings_before, tracks_before, holds_shown)
    length = await repository.chunk_interval(connection)
    return Report(
        fixes_live=figures.fixes_live,
        chunks=figures.chunks,
        chunk_hours=length / timedelta(hours=1),
        bytes_live=figures.bytes_live,
        bytes_per_fix_live=_share(figures.bytes_live, figures.fixes_live),
        fixes_packed=figures.fixes_packed,
        packs=figures.packs,
        bytes_packed=figures.bytes_packed,
        bytes_per_fix_packed=_share(figures.bytes_packed, figures.fixes_packed),
        packed_from=figures.packed_from,
        packed_to=figures.packed_to,
        bytes_minutes=figures.bytes_minutes,
        fixes_per_second=await repository.fix_rate(connection, now - timedelta(days=2), now),
        tracks_kept_since=tracks_before,
        packs_held_beyond=figures.packs_held,
        held=[
            HeldTrack(
                plate=hold.plate,
                since=hold.since,
                until=hold.until,
                because="open_case" if hold.open_case else "finding",
                case=hold.case_number,
                finding=hold.identity,
                packs=hold.packs,
                beyond_horizon=hold.beyond_horizon,
            )
            for hold in holds
        ],
    )


def _share(size: int, fixes: int) -> float | None:
    return round(size / fixes, 2) if fixes else None


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _each(size: float | None) -> str:
    return "–" if size is None else f"{size:.1f} bytes a fix"


def _day(at: datetime | None) -> str:
    return "–" if at is None else f"{at:%F}"
