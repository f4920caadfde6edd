"""A day's trip requests of the demo organisation: who asks for what, and when."""

from __future__ import annotations

from .model import PlannedRequest
from .plan import plan_demand

__all__ = ["PlannedRequest", "plan_demand"]
