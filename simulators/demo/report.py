"""What a simulated day showed: nothing lost, misconduct found, alarms that were false."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from simulators.misconduct import Finding, RuleScore, read_truth, score
from simulators.play.diary import Diary
from simulators.proof.stored import StoredReport, check_stored
from simulators.terminals.ledger import read_ledger

# What explains itself (a car moved within its yard) alarms nobody.
SELECT_FINDINGS = """
SELECT v.rule_code, c.plate, lower(v.during), upper(v.during)
FROM violation AS v JOIN vehicle AS c ON c.id = v.vehicle_id
WHERE v.superseded_at IS NULL AND NOT v.withdrawn
  AND NOT v.explanations @> '[{"holds": true, "clears": true}]'
ORDER BY lower(v.during)
"""
COUNT_WAITING = """
SELECT (SELECT count(*) FROM position_change WHERE %(until)s >= ANY(changed_from))
     + (SELECT count(*) FROM supervision_work WHERE changed_from <= %(until)s OR due_at <= %(until)s)
"""
COUNT_OVERLAPS = """
SELECT count(*) FROM {table} AS a JOIN {table} AS b
ON a.{key} = b.{key} AND a.id < b.id AND a.during && b.during AND NOT a.released AND NOT b.released
"""
COUNT_BY_STATUS = "SELECT status, count(*) FROM request GROUP BY status ORDER BY 2 DESC"


@dataclass(frozen=True, slots=True)
class DayReport:
    """`stored` proves DESIGN 4.1, `double_bookings` 4.2; `rules` scores supervision against the truth."""

    stored: StoredReport
    double_bookings: int
    requests: dict[str, int]
    rules: list[RuleScore]
    missed: list[str]
    false_alarms: list[str]

    @property
    def nothing_lost(self) -> bool:
        return self.stored.lost == self.stored.doubled == self.double_bookings == 0

    def show(self, console: Console) -> None:
        console.print(
            f"fixes told as stored {self.stored.told:,} ({self.stored.told_jt808:,} over JT/T 808), "
            f"in the hypertable {self.stored.stored:,}; "
            f"lost {self.stored.lost}, stored twice {self.stored.doubled}; "
            f"double bookings {self.double_bookings}"
        )
        console.print("requests: " + ", ".join(f"{name} {count}" for name, count in self.requests.items()))
        table = Table("rule", "scripted", "found", "missed", "false alarms")
        for rule in self.rules:
            table.add_row(
                rule.rule_code, str(rule.expected), str(rule.found), str(rule.missed), str(rule.false_alarms)
            )
        console.print(table)
        for title, lines in (("missed", self.missed), ("false alarm", self.false_alarms)):
            for line in lines:
                console.print(f"{title}: {line}", highlight=False)


def wait_until_supervised(database_url: str, until: datetime, longest_s: float) -> bool:
    """Wait until supervision has looked at everything up to `until`; False if that took too long."""
    deadline = time.monotonic() + longest_s
    with psycopg.connect(database_url, autocommit=True) as connection:
        while _number(connection, COUNT_WAITING, {"until": until}):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
    return True


def day_report(database_url: str, diary: Diary, *, as_of: datetime) -> DayReport:
    """Compare database, ledger and truth of a day that went on until `as_of`."""
    with psycopg.connect(database_url) as connection:
        findings = [Finding(*row) for row in connection.execute(SELECT_FINDINGS)]
        overlaps = sum(
            _number(connection, COUNT_OVERLAPS.format(table=f"{what}_reservation", key=f"{what}_id"))
            for what in ("vehicle", "driver")
        )
        requests: dict[str, int] = dict(connection.execute(COUNT_BY_STATUS).fetchall())
    truth = read_truth(diary.truth) if diary.truth.exists() else ()
    scores = score(truth, findings, as_of=as_of)
    return DayReport(
        stored=check_stored(database_url, read_ledger(diary.ledger) if diary.ledger.exists() else iter(())),
        double_bookings=overlaps,
        requests=requests,
        rules=list(scores.rules),
        missed=[
            f"{line.rule_code} {line.plate} {line.started_at:%F %T}Z {line.note}" for line in scores.missed
        ],
        false_alarms=list(_lines(scores.false_alarms)),
    )


def _lines(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.rule_code} {finding.plate} {finding.started_at:%F %T}Z – {finding.ended_at:%T}Z"


def _number(
    connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, object] | None = None
) -> int:
    row = connection.execute(statement.encode(), parameters).fetchone()
    return int(row[0]) if row else 0
