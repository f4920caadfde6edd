"""A trip request as it will be handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schemas.api.requests import NewRequest


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """`request` is handed in by the account `login` at `submitted_at` (UTC)."""

    code: str
    submitted_at: datetime
    login: str
    request: NewRequest
