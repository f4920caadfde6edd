"""Supervision against the truth: found, missed, false alarms, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.misconduct.truth import LEAST_PARKED, TruthLine

SCRIPTED_RULES = ("R01", "R03", "R05", "R10")
SLACK = timedelta(minutes=10)
"""Hits of one rule closer than this count as one (DOMAIN §A), so times may differ by as much."""
ARRIVES_WITHIN = timedelta(minutes=40)
"""A terminal out of coverage tells of a drive this long after it at the latest."""
KNOWN_WITHIN = timedelta(minutes=120)
"""An act is in the truth once it is over and no order can cover it; that takes less than this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation in its current version."""

    rule_code: str
    plate: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class RuleScore:
    """`found + missed == expected`; a false alarm is a finding that no expected line explains."""

    rule_code: str
    expected: int
    found: int
    missed: int
    false_alarms: int


@dataclass(frozen=True, slots=True)
class Scores:
    """The score of every rule, with the lines and findings behind the bad news.

    `tripped` are decoys that a false alarm lies on.
    """

    rules: tuple[RuleScore, ...]
    missed: tuple[TruthLine, ...]
    false_alarms: tuple[Finding, ...]
    tripped: tuple[TruthLine, ...]

    @property
    def perfect(self) -> bool:
        """Everything found and nothing else."""
        return not self.missed and not self.false_alarms


def score(
    truth: Iterable[TruthLine],
    violations: Iterable[Finding],
    rules: Sequence[str] = SCRIPTED_RULES,
    *,
    as_of: datetime | None = None,
) -> Scores:
    """Compare findings with the truth. The same event may be found in several pieces.

    With `as_of` the day still goes on there: what had no time to be found, or to be told, does not count.
    """
    lines, findings = tuple(truth), tuple(violations)
    missed: list[TruthLine] = []
    alarms: list[Finding] = []
    scores = []
    for rule in rules:
        of_rule = [line for line in lines if line.rule_code == rule]
        guilty = [line for line in of_rule if line.expected and _is_due(line, as_of)]
        right = [line for line in of_rule if line.expected is not False]
        found = [item for item in findings if item.rule_code == rule]
        overlooked = [line for line in guilty if not any(_meets(line, item) for item in found)]
        unfounded = [
            item for item in found if _is_told(item, as_of) and not any(_meets(line, item) for line in right)
        ]
        scores.append(
            RuleScore(rule, len(guilty), len(guilty) - len(overlooked), len(overlooked), len(unfounded))
        )
        missed += overlooked
        alarms += unfounded
    tripped = [
        line for line in lines if line.expected is False and any(_meets(line, item) for item in alarms)
    ]
    return Scores(tuple(scores), tuple(missed), tuple(alarms), tuple(tripped))


def _is_due(line: TruthLine, as_of: datetime | None) -> bool:
    """Whether supervision has had the time to find it; a parking counts long before it ends."""
    if as_of is None:
        return True
    if line.rule_code == "R10":
        return line.started_at + LEAST_PARKED + ARRIVES_WITHIN <= as_of
    return line.ended_at + ARRIVES_WITHIN <= as_of


def _is_told(finding: Finding, as_of: datetime | None) -> bool:
    """Whether the truth would know by now."""
    return as_of is None or finding.started_at + KNOWN_WITHIN <= as_of


def _meets(line: TruthLine, finding: Finding) -> bool:
    return (
        line.rule_code == finding.rule_code
        and line.plate == finding.plate
        and finding.started_at <= line.ended_at + SLACK
        and finding.ended_at >= line.started_at - SLACK
    )
