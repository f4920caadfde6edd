"""The shape of a rule and of what it finds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from fleet.supervision.context import Context
from fleet.supervision.geometry import Spot
from fleet.supervision.tracks import Fix

Value = str | int | float | None
Severity = Literal["advisory", "yellow", "red"]
Scope = Literal["trip", "stay"]

GRAVITY: dict[Severity, int] = {"advisory": 0, "yellow": 1, "red": 2}
MARGIN_FIXES = 3
"""Evidence holds at least this many fixes on each side (DOMAIN A)."""


@dataclass(frozen=True, slots=True)
class Tried:
    """An innocent explanation that was checked. One that `clears` and holds closes the finding by itself."""

    code: str
    holds: bool
    clears: bool = False
    values: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A frozen copy of the fixes a finding rests on, and of the records."""

    fixes: tuple[Fix, ...]
    records: tuple[tuple[str, Value], ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 in hex over fixes and records."""
        content = hashlib.sha256()
        for fix in self.fixes:
            content.update(f"{fix.terminal_id} {fix.time.isoformat()} {fix.digest}\n".encode())
        for name, value in self.records:
            content.update(f"{name}={value}\n".encode())
        return content.hexdigest()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. `provisional` while its trip or stay still goes on."""

    rule: str
    rule_version: str
    severity: Severity
    start: datetime
    end: datetime
    spot: Spot
    scope: Scope
    subject_start: datetime
    """Of the trip or stay it is about."""
    measures: dict[str, Value]
    thresholds: dict[str, Value]
    evidence: Evidence
    explanations: tuple[Tried, ...] = ()
    provisional: bool = False
    run_id: int | None = None
    request_id: int | None = None
    driver_id: int | None = None
    weight: float = 0.0
    """Among hits of equal severity the heaviest one speaks for all when they are merged."""

    @property
    def explained(self) -> bool:
        return any(tried.holds and tried.clears for tried in self.explanations)


@dataclass(frozen=True, slots=True)
class Verdict:
    findings: tuple[Finding, ...] = ()
    look_again: tuple[datetime, ...] = ()
    """Moments at which the result may change although no data do."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Thresholds of a rule; all of them positive numbers."""

    def __post_init__(self) -> None:
        for parameter in fields(self):
            value = getattr(self, parameter.name)
            if not value > 0:
                raise ValueError(f"parameter {parameter.name} must be positive, not {value}")

    def snapshot(self) -> dict[str, Value]:
        return asdict(self)


class Rule(Protocol):
    """One rule of DOMAIN §A."""

    code: ClassVar[str]
    version: ClassVar[str]
    name: ClassVar[str]
    name_en: ClassVar[str]
    basis: ClassVar[str]
    """Where the numbers come from, with DOMAIN's tags: V seen in a public source, R recommended default."""
    scope: ClassVar[Scope]

    @property
    def parameters(self) -> Parameters: ...

    def evaluate(self, context: Context) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class EvidenceCollector:
    """Gathers fixes by index, with their neighbours."""

    context: Context
    indices: set[int] = field(default_factory=set)

    def add(self, first: int, last: int) -> None:
        """The fixes from `first` to `last` and MARGIN_FIXES on either side."""
        self.indices.update(range(first - MARGIN_FIXES, last + MARGIN_FIXES + 1))

    def freeze(self, records: Iterable[tuple[str, Value]] = ()) -> Evidence:
        """Indices below zero reach into the prelude, as if it were one track."""
        before, fixes = self.context.prelude, self.context.timeline.fixes
        shift = len(before)
        track = (*before, *fixes)
        chosen = sorted(index + shift for index in self.indices if 0 <= index + shift < len(track))
        return Evidence(tuple(track[index] for index in chosen), tuple(records))


def merge(earlier: Finding, later: Finding) -> Finding:
    """Two hits of one rule as one finding: totals add up, all else is said of the gravest hit alone.

    The highest speed of one stretch beside the limit of another would accuse somebody of what never happened.
    """
    graver = max(earlier, later, key=lambda finding: (GRAVITY[finding.severity], finding.weight))
    fixes = {(fix.time, fix.terminal_id, fix.digest): fix for fix in earlier.evidence.fixes}
    fixes |= {(fix.time, fix.terminal_id, fix.digest): fix for fix in later.evidence.fixes}
    records = dict.fromkeys((*earlier.evidence.records, *later.evidence.records))
    return replace(
        earlier,
        severity=graver.severity,
        end=max(earlier.end, later.end),
        spot=graver.spot,
        measures=_together(earlier, later, graver),
        evidence=Evidence(tuple(fixes[key] for key in sorted(fixes)), tuple(records)),
        explanations=_both(earlier.explanations, later.explanations),
        provisional=earlier.provisional or later.provisional,
        run_id=graver.run_id,
        request_id=graver.request_id,
        driver_id=graver.driver_id,
        weight=graver.weight,
    )


def _together(earlier: Finding, later: Finding, graver: Finding) -> dict[str, Value]:
    values = dict(graver.measures)
    for name in values:
        a, b = earlier.measures.get(name), later.measures.get(name)
        if name.startswith("total_") and isinstance(a, int | float) and isinstance(b, int | float):
            values[name] = round(a + b, 3)
    return values


def _both(a: tuple[Tried, ...], b: tuple[Tried, ...]) -> tuple[Tried, ...]:
    """An explanation holds for the whole only if it holds for every part."""
    holding = {tried.code for tried in a if tried.holds} & {tried.code for tried in b if tried.holds}
    return tuple(replace(tried, holds=tried.code in holding) for tried in a)
