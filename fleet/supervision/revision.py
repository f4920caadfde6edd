"""What a pass found against what is recorded: what stays, what is completed, superseded, new or withdrawn.

A result whose trip or stay still went on is completed in place, until it has ended; every later difference
makes a new version (DESIGN 4.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

import orjson


@dataclass(frozen=True, slots=True)
class Recorded:
    """A current row. Only rows of one `kind` (a rule, or trips) can be versions of one another."""

    id: int
    kind: str
    start: datetime
    end: datetime
    provisional: bool
    version: int
    content: str
    identity: str = ""


class Proposed(Protocol):
    """Something a pass found."""

    @property
    def kind(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def content(self) -> str: ...


P = TypeVar("P", bound=Proposed)


@dataclass(frozen=True, slots=True)
class Revision(Generic[P]):
    kept: list[tuple[Recorded, P]] = field(default_factory=list)
    completed: list[tuple[Recorded, P]] = field(default_factory=list)
    """The row was provisional: it takes the new content."""
    replaced: list[tuple[Recorded, P]] = field(default_factory=list)
    """The row is superseded by a new version."""
    added: list[P] = field(default_factory=list)
    withdrawn: list[Recorded] = field(default_factory=list)
    """Nothing found corresponds to the row any more."""


def revise(recorded: Sequence[Recorded], proposed: Sequence[P]) -> Revision[P]:
    """Pair what was found with what is recorded: equal content first, then the largest overlap in time."""
    revision: Revision[P] = Revision()
    left = list(recorded)
    open_ones: list[P] = []
    for item in proposed:
        content = item.content
        same = next((row for row in left if row.kind == item.kind and row.content == content), None)
        if same is None:
            open_ones.append(item)
            continue
        left.remove(same)
        revision.kept.append((same, item))
    pairs = sorted(
        (
            (row, item)
            for item in open_ones
            for row in left
            if row.kind == item.kind and row.start <= item.end and item.start <= row.end
        ),
        key=lambda pair: (-_overlap(*pair), pair[0].id, pair[1].start),
    )
    for row, item in pairs:
        if row in left and item in open_ones:
            left.remove(row)
            open_ones.remove(item)
            (revision.completed if row.provisional else revision.replaced).append((row, item))
    revision.added.extend(open_ones)
    revision.withdrawn.extend(left)
    return revision


def content_digest(content: dict[str, Any]) -> str:
    """SHA-256 in hex of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _overlap(row: Recorded, item: Proposed) -> timedelta:
    return min(row.end, item.end) - max(row.start, item.start)
