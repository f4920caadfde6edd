"""Timers: rows with a due time on our clock, handed to the job queue when it has come."""

from __future__ import annotations

from fleet.timers.repository import clear_timer, set_timer

__all__ = ["clear_timer", "set_timer"]
