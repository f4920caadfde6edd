"""All SQL of supervision, one module per table group, each statement named."""

from __future__ import annotations

from fleet.supervision.repository.work import touch

__all__ = ["touch"]
