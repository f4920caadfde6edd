"""Workdays, weekends, statutory holidays and make-up days (调休)."""

from __future__ import annotations

from fleet.calendar.model import CalendarDay, DayKind
from fleet.calendar.repository import day_kind
from fleet.calendar.service import seed_calendar

__all__ = ["CalendarDay", "DayKind", "day_kind", "seed_calendar"]
