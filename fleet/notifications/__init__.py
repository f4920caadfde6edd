"""The outbox: what the outside should hear of, written with the change itself and relayed afterwards."""

from __future__ import annotations

from fleet.notifications.repository import notify

__all__ = ["notify"]
