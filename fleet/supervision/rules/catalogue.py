"""The rules in force."""

from __future__ import annotations

from fleet.supervision.rules.base import Rule
from fleet.supervision.rules.r01_no_order import NoOrder
from fleet.supervision.rules.r03_holiday_use import HolidayUse
from fleet.supervision.rules.r05_overspeed import Overspeed
from fleet.supervision.rules.r10_not_parked import NotParked

RULES: tuple[Rule, ...] = (NoOrder(), HolidayUse(), Overspeed(), NotParked())
BY_CODE = {rule.code: rule for rule in RULES}
