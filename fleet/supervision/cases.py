"""How a case moves (DOMAIN B2): what supervision does to it, and what an auditor may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

import structlog

from fleet.calendar.model import CalendarGapError
from fleet.supervision.context import Calendar
from fleet.supervision.rules.base import GRAVITY, Severity

log = structlog.get_logger()

VERIFY_WORKING_DAYS = 1
VERIFY_DURING_TRIP = timedelta(minutes=10)
"""For a red finding while the car is still driving (DOMAIN B2)."""
EXPLAIN_WORKING_DAYS = 3

Action = Literal["request_explanation", "clear", "confirm"]


class Status(StrEnum):
    """Of DOMAIN B2; those of later work are carried but not yet entered."""

    DETECTED = "detected"
    AUTO_CLEARED = "auto_cleared"
    TO_VERIFY = "to_verify"
    EXPLAIN_REQUESTED = "explain_requested"
    EXPLAINED = "explained"
    UNDER_REVIEW = "under_review"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"


WITHOUT_CONCLUSION = frozenset(
    {Status.DETECTED, Status.TO_VERIFY, Status.EXPLAIN_REQUESTED, Status.EXPLAINED, Status.UNDER_REVIEW}
)
ACTIONS: dict[Action, tuple[frozenset[str], Status]] = {
    "request_explanation": (frozenset({Status.TO_VERIFY}), Status.EXPLAIN_REQUESTED),
    "clear": (WITHOUT_CONCLUSION - {Status.DETECTED}, Status.CLEARED),
    "confirm": (WITHOUT_CONCLUSION - {Status.DETECTED}, Status.CONFIRMED),
}
"""From which states an action is possible, and where it leads."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding of a case as it stands after a pass."""

    severity: Severity
    explained: bool
    live: bool
    """Red while its trip still goes on."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a finding of the case: detected, completed, superseded or withdrawn."""

    kind: Literal["detected", "completed", "superseded", "withdrawn"]
    rule: str
    identity: str

    @property
    def must_be_told(self) -> bool:
        """Whoever looked at the case has not seen this. A finding that grew with its trip is no news."""
        return self.kind != "completed"


@dataclass(frozen=True, slots=True)
class Next:
    """Where a case goes."""

    status: str
    severity: Severity | None
    """None: as it was, since no finding is left."""
    due_at: datetime | None
    """None: as it was."""


def next_state(
    status: str, standing: Sequence[Standing], changes: Sequence[Change], calendar: Calendar, now: datetime
) -> Next:
    """Where a case in `status` goes after a pass that changed some of its findings.

    What is explained closes by itself unless a person has concluded on it; what changed is verified again.
    """
    severity = max((each.severity for each in standing), key=lambda each: GRAVITY[each], default=None)
    if all(each.explained for each in standing) and status in WITHOUT_CONCLUSION | {Status.AUTO_CLEARED}:
        return Next(Status.AUTO_CLEARED, severity, None)
    if status != Status.AUTO_CLEARED and not any(change.must_be_told for change in changes):
        return Next(status, severity, None)
    return Next(Status.TO_VERIFY, severity, verify_by(standing, calendar, now))


def verify_by(standing: Sequence[Standing], calendar: Calendar, now: datetime) -> datetime:
    if any(each.live and not each.explained for each in standing):
        return now + VERIFY_DURING_TRIP
    return working_days_later(calendar, now, VERIFY_WORKING_DAYS)


def working_days_later(calendar: Calendar, now: datetime, days: int) -> datetime:
    """A deadline must not fail for want of a calendar; without one, every day is a working day."""
    try:
        return calendar.after_working_days(now, days)
    except CalendarGapError as error:
        log.warning("deadline counted in plain days", missing=error.detail)
        return now + timedelta(days=days)
