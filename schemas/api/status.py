"""What `motorpool status` prints."""

from __future__ import annotations

from schemas.api.base import Answered


class Counts(Answered):
    """Rows of the running product; trips and violations in their current version only."""

    fixes: int
    vehicles_online: int
    trips: int
    violations: int
    requests: int
    runs: int
    dead_letters: int
