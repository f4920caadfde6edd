"""All rules over one vehicle's timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.calendar.model import CalendarGapError
from fleet.supervision.context import Context
from fleet.supervision.rules.base import Finding, Rule, merge
from fleet.supervision.rules.catalogue import RULES

MERGE_WITHIN = timedelta(minutes=10)
"""Hits of one rule closer than this are one finding (DOMAIN A)."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A rule that lacked a record to answer: what it found before stands, and it is asked again."""

    rule: str
    error: CalendarGapError


@dataclass(frozen=True, slots=True)
class Evaluation:
    findings: tuple[Finding, ...]
    look_again: tuple[datetime, ...]
    unanswered: tuple[Unanswered, ...] = ()


def evaluate(context: Context, rules: Sequence[Rule] = RULES) -> Evaluation:
    """What the rules find as of `context.as_of`. Exempt vehicles are outside supervision (DOMAIN 1.8)."""
    if context.subject.exempt:
        return Evaluation((), ())
    findings: list[Finding] = []
    moments: list[datetime] = []
    unanswered: list[Unanswered] = []
    for rule in rules:
        try:
            verdict = rule.evaluate(context)
        except CalendarGapError as error:
            unanswered.append(Unanswered(rule.code, error))
            continue
        findings += merged(verdict.findings)
        moments += verdict.look_again
    return Evaluation(tuple(findings), tuple(sorted(moments)), tuple(unanswered))


def merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of one rule, those close to each other as one."""
    current: Finding | None = None
    for finding in sorted(findings, key=lambda finding: (finding.start, finding.end)):
        if current is not None and finding.start - current.end < MERGE_WITHIN:
            current = merge(current, finding)
            continue
        if current is not None:
            yield current
        current = finding
    if current is not None:
        yield current
