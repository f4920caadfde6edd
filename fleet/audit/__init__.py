"""The audit log: every change of state writes its entry in the same transaction (DESIGN 4.5)."""

from __future__ import annotations

from fleet.audit.repository import Actor, record

__all__ = ["Actor", "record"]
