"""How long a chunk of `position` spans: pure.

A chunk in which fixes arrive should lie in memory with its index, and each of them costs planning time: so
the longest span whose fixes fit, between one hour and one day. Spans divide the day, so that chunks end
where days do.
"""

from __future__ import annotations

from datetime import timedelta

BYTES_PER_FIX = 135
"""A row with its share of the key (measured: 93 + 42)."""
SPANS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 8, 12, 24))
SLACK = 1.25
"""A span is kept until its chunks outgrow the target by this factor, and does not swing with the traffic."""


def chunk_interval(fixes_per_s: float, present: timedelta, target_bytes: int) -> timedelta:
    """The span that new chunks should have at this rate; `present` where it does well enough."""
    fitting = [span for span in SPANS if _size(fixes_per_s, span) <= target_bytes] or [SPANS[0]]
    wanted = fitting[-1]
    if present not in SPANS:
        return wanted
    if wanted < present and _size(fixes_per_s, present) <= SLACK * target_bytes:
        return present
    if wanted > present and _size(fixes_per_s, wanted) > target_bytes / SLACK:
        longer = [span for span in SPANS if _size(fixes_per_s, span) <= target_bytes / SLACK] or [present]
        return max(present, longer[-1])
    return wanted


def _size(fixes_per_s: float, span: timedelta) -> float:
    return fixes_per_s * span.total_seconds() * BYTES_PER_FIX
