"""The truth file: what really happened, written when it happened, one JSON line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from schemas.clock import SHANGHAI
from simulators.misconduct.model import Act, Expectation, Habit, Span

LEAST_SECONDS_OVER = 60.0
LEAST_PARKED = timedelta(minutes=90)
COVERED_BEFORE, COVERED_AFTER = timedelta(minutes=17), timedelta(minutes=32)
"""An order this close may cover a use: 15 and 30 minutes by DOMAIN §A, R01, and what receivers err by."""
ORDER_RULES = frozenset({"R01", "R03", "R10"})
NEXT_MORNING = timedelta(days=1, hours=8)


class TruthLine(msgspec.Struct, frozen=True):
    """`expected` true: a violation that must be found between the two moments (UTC); false: a decoy.

    None: there was too little of it for either; finding it is right, passing it over is no fault.
    """

    rule_code: str
    plate: str
    started_at: datetime
    ended_at: datetime
    note: str
    expected: bool | None


@dataclass(frozen=True, slots=True)
class LegTimes:
    """When a leg was really driven; `left_at` is None if the car stays. UTC."""

    departed_at: datetime
    arrived_at: datetime
    left_at: datetime | None


def act_truth(act: Act, legs: Sequence[LegTimes]) -> tuple[TruthLine, ...]:
    """The lines of an act that was played; `legs` in the order of `act.legs`."""
    return tuple(_line(act.plate, item, *_span(item, legs)) for item in act.expectations)


def covered_after(act: Act) -> timedelta:
    """How long after the last leg an order may still cover the act, or keep the car where it was left."""
    parked = any(item.span is Span.PARKED for item in act.expectations)
    return LEAST_PARKED if parked else COVERED_AFTER


def covered_truth(lines: Iterable[TruthLine]) -> tuple[TruthLine, ...]:
    """The lines of an act that an order came close to: by the rules about orders it may be none."""
    return tuple(
        msgspec.structs.replace(line, expected=None)
        if line.expected and line.rule_code in ORDER_RULES
        else line
        for line in lines
    )


def habit_truth(
    habit: Habit,
    started_at: datetime,
    ended_at: datetime | None,
    *,
    seconds_over: float = LEAST_SECONDS_OVER,
) -> TruthLine:
    """The line of one drive, or one parking, under the habit.

    `seconds_over`: for how long the drive was above 1.15 times the limit. `ended_at` None: still parked.
    """
    ended = _morning_after(started_at) if ended_at is None else ended_at
    line = _line(habit.plate, habit.expectation, started_at, ended)
    too_short = {
        Span.DRIVING: seconds_over < LEAST_SECONDS_OVER,
        Span.PARKED: ended - started_at < LEAST_PARKED,
        Span.WHOLE: False,
    }[habit.expectation.span]
    return msgspec.structs.replace(line, expected=None) if line.expected and too_short else line


def run_truth(plate: str, started_at: datetime, ended_at: datetime) -> tuple[TruthLine, ...]:
    """A run that its order covers: neither use without an order nor rest-day use."""
    return tuple(
        TruthLine(code, plate, started_at, ended_at, "有派车单", expected=False) for code in ("R01", "R03")
    )


def write_truth(path: Path, lines: Iterable[TruthLine]) -> None:
    """Append to the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        for line in lines:
            file.write(msgspec.json.encode(line) + b"\n")


def read_truth(path: Path) -> tuple[TruthLine, ...]:
    """All lines of the file, in the order they were written."""
    decoder = msgspec.json.Decoder(TruthLine)
    return tuple(decoder.decode(line) for line in path.read_bytes().splitlines() if line.strip())


def _line(plate: str, expectation: Expectation, started_at: datetime, ended_at: datetime) -> TruthLine:
    return TruthLine(
        expectation.rule_code, plate, started_at, ended_at, expectation.note, expectation.expected
    )


def _span(expectation: Expectation, legs: Sequence[LegTimes]) -> tuple[datetime, datetime]:
    leg = legs[expectation.leg]
    if expectation.span is Span.DRIVING:
        return leg.departed_at, leg.arrived_at
    if expectation.span is Span.PARKED:
        return leg.arrived_at, leg.left_at or _morning_after(leg.arrived_at)
    return legs[0].departed_at, legs[-1].arrived_at


def _morning_after(moment: datetime) -> datetime:
    local = moment.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + NEXT_MORNING).astimezone(moment.tzinfo)
