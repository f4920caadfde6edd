"""Supervision against the truth: found, missed, false alarms, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.misconduct.truth import TruthLine

SCRIPTED_RULES = ("R01", "R03", "R05", "R10")
SLACK = timedelta(minutes=10)
"""Hits of one rule closer than this count as one (DOMAIN §A), so times may differ by as much."""


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
    truth: Iterable[TruthLine], violations: Iterable[Finding], rules: Sequence[str] = SCRIPTED_RULES
) -> Scores:
    """Compare findings with the truth. The same event may be found in several pieces."""
    lines, findings = tuple(truth), tuple(violations)
    missed: list[TruthLine] = []
    alarms: list[Finding] = []
    scores = []
    for rule in rules:
        guilty = [line for line in lines if line.rule_code == rule and line.expected]
        found = [item for item in findings if item.rule_code == rule]
        overlooked = [line for line in guilty if not any(_meets(line, item) for item in found)]
        unfounded = [item for item in found if not any(_meets(line, item) for line in guilty)]
        scores.append(
            RuleScore(rule, len(guilty), len(guilty) - len(overlooked), len(overlooked), len(unfounded))
        )
        missed += overlooked
        alarms += unfounded
    tripped = [line for line in lines if not line.expected and any(_meets(line, item) for item in alarms)]
    return Scores(tuple(scores), tuple(missed), tuple(alarms), tuple(tripped))


def _meets(line: TruthLine, finding: Finding) -> bool:
    return (
        line.rule_code == finding.rule_code
        and line.plate == finding.plate
        and finding.started_at <= line.ended_at + SLACK
        and finding.ended_at >= line.started_at - SLACK
    )
