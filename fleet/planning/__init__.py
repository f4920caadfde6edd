"""The planner service: the pool as it is now, what dispatch makes of it, the proposals that come out."""

from __future__ import annotations
