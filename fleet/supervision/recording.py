"""Writes down what a pass found: new versions beside superseded ones, cases, audit entries, notifications.

All of it in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from fleet.audit import Actor, record
from fleet.database import Connection
from fleet.notifications import notify
from fleet.supervision.cases import Change, Status, next_state
from fleet.supervision.context import Context
from fleet.supervision.repository import cases, results
from fleet.supervision.repository.cases import CaseRow
from fleet.supervision.results import FindingResult, TripResult
from fleet.supervision.revision import Recorded, revise
from fleet.supervision.rules.base import Finding

SUPERVISION = Actor("supervision")


@dataclass(slots=True)
class _Affected:
    """A case with what happened to its findings in this pass."""

    case: CaseRow
    changes: list[Change] = field(default_factory=list)


@dataclass(slots=True)
class Recorder:
    """Results from `since` on are those of this pass; everything before stays untouched."""

    connection: Connection
    context: Context
    since: datetime
    now: datetime
    _affected: dict[int, _Affected] = field(default_factory=dict)

    async def record(
        self, trips: Sequence[TripResult], findings: Sequence[FindingResult], unanswered: set[str]
    ) -> None:
        """`unanswered`: rules whose earlier findings must stand because they could not be asked."""
        trip_ids = await self._trips(trips)
        await self._findings(findings, trip_ids, unanswered)
        for affected in self._affected.values():
            await self._move(affected)

    # trips

    async def _trips(self, found: Sequence[TripResult]) -> dict[datetime, int]:
        """Ids of the current trips by their start."""
        vehicle_id = self.context.subject.id
        rows = await results.current_trips(self.connection, vehicle_id, self.since)
        revision = revise([trip.row for trip in rows], found)
        gone = [row.id for row, _ in revision.replaced] + [row.id for row in revision.withdrawn]
        await results.supersede_trips(self.connection, gone, self.now)
        ids: dict[datetime, int] = {}
        for row, trip in revision.kept:
            await results.note_resume_point(self.connection, row.id, trip)
            ids[trip.start] = row.id
        for row, trip in revision.completed:
            await results.complete_trip(self.connection, row.id, trip, self.now)
            ids[trip.start] = row.id
            if trip.trip.closed:
                await self._tell_trip("trip.closed", row.id, trip)
        for row, trip in revision.replaced:
            ids[trip.start] = await results.insert_trip(
                self.connection, vehicle_id, row.version + 1, trip, self.now
            )
            await results.superseded_trip_by(self.connection, row.id, ids[trip.start])
            await self._tell_trip("trip.superseded", ids[trip.start], trip)
        for trip in revision.added:
            ids[trip.start] = await results.insert_trip(self.connection, vehicle_id, 1, trip, self.now)
            await self._tell_trip("trip.detected", ids[trip.start], trip)
        for row in revision.withdrawn:
            await self._audit("trip.withdrawn", "trip", row.id, {"start": row.start, "end": row.end})
        return ids

    async def _tell_trip(self, action: str, trip_id: int, found: TripResult) -> None:
        await self._audit(
            action,
            "trip",
            trip_id,
            {"start": found.start, "end": found.end, "track": found.trip.digest, "content": found.content},
        )
        await self._notify("trip", trip_id)

    # findings

    async def _findings(
        self, found: Sequence[FindingResult], trip_ids: dict[datetime, int], unanswered: set[str]
    ) -> None:
        vehicle_id = self.context.subject.id
        current = await results.current_violations(self.connection, vehicle_id, self.since)
        rows = [row for row in current if row.kind not in unanswered]
        revision = revise(rows, found)
        await results.supersede_violations(
            self.connection, [row.id for row, _ in revision.replaced], self.now, withdrawn=False
        )
        await results.supersede_violations(
            self.connection, [row.id for row in revision.withdrawn], self.now, withdrawn=True
        )
        taken = {row.identity for row in current}
        for row, item in revision.kept:
            await results.point_to_trip(self.connection, row.id, _trip_id(item.finding, trip_ids))
        for row, item in revision.completed:
            trip_id = _trip_id(item.finding, trip_ids)
            await results.complete_violation(self.connection, row.id, item, trip_id, self.now)
            await self._changed(Change("completed", row.kind, row.identity), row.id, item, trip_id)
        for row, item in revision.replaced:
            trip_id = _trip_id(item.finding, trip_ids)
            new_id = await self._insert(row.identity, item, trip_id)
            await results.superseded_violation_by(self.connection, row.id, new_id)
            await self._changed(Change("superseded", row.kind, row.identity), new_id, item, trip_id)
        for item in revision.added:
            trip_id = _trip_id(item.finding, trip_ids)
            identity = _identity(item.finding, vehicle_id, taken)
            taken.add(identity)
            new_id = await self._insert(identity, item, trip_id)
            await self._changed(Change("detected", item.kind, identity), new_id, item, trip_id)
        for row in revision.withdrawn:
            await self._withdrawn(row)

    async def _insert(self, identity: str, item: FindingResult, trip_id: int | None) -> int:
        return await results.insert_violation(
            self.connection, self.context.subject.id, identity, item, trip_id, self.now
        )

    async def _changed(
        self, change: Change, violation_id: int, item: FindingResult, trip_id: int | None
    ) -> None:
        if change.must_be_told:
            await self._audit(
                f"violation.{change.kind}",
                "violation",
                violation_id,
                {
                    "identity": change.identity,
                    "rule": item.finding.rule_version,
                    "evidence": item.finding.evidence.digest,
                    "content": item.content,
                },
            )
        case = await self._case(change.identity, item.finding, trip_id)
        self._affected.setdefault(case.id, _Affected(case)).changes.append(change)

    async def _withdrawn(self, row: Recorded) -> None:
        await self._audit("violation.withdrawn", "violation", row.id, {"identity": row.identity})
        case = await cases.case_of_finding(self.connection, row.identity)
        if case is not None:
            change = Change("withdrawn", row.kind, row.identity)
            self._affected.setdefault(case.id, _Affected(case)).changes.append(change)

    # cases

    async def _case(self, identity: str, finding: Finding, trip_id: int | None) -> CaseRow:
        """The case that carries the finding: its own, that of the same trip or stay, or a new one."""
        subject = self.context.subject
        name = f"{finding.scope}/{subject.id}/{_moment(finding.subject_start)}"
        case = await cases.case_of_finding(self.connection, identity)
        if case is not None:
            return case
        case = await cases.case_of_subject(self.connection, name, trip_id)
        if case is None:
            case = await cases.open_case(
                self.connection, subject.organisation_id, subject.id, name, finding.severity, self.now
            )
        await cases.add_finding(self.connection, case.id, identity)
        return case

    async def _move(self, affected: _Affected) -> None:
        case, changes = affected.case, affected.changes
        standing = await cases.standing(self.connection, case.id)
        step = next_state(case.status, standing, changes, self.context.calendar, self.now)
        told = [change for change in changes if change.must_be_told]
        if not told and step.status == case.status and step.severity in {None, case.severity}:
            return
        cleared = step.status == Status.AUTO_CLEARED
        await cases.move_case(
            self.connection,
            case.id,
            step.status,
            severity=step.severity,
            due_at=step.due_at,
            closed_at=self.now if cleared else None,
        )
        for change in told or changes[:1]:
            await cases.add_entry(
                self.connection,
                case.id,
                self.now,
                f"finding_{change.kind}",
                case.status,
                step.status,
                note=change.rule,
            )
        opened = case.status == Status.DETECTED
        await self._audit(
            "case.opened" if opened else "case.changed",
            "case",
            case.id,
            {"from": case.status, "to": step.status, "findings": [change.identity for change in told]},
        )
        new = any(change.kind == "detected" for change in changes) and not cleared
        await self._notify("alert" if new else "case", case.id)

    # both

    async def _audit(self, action: str, kind: str, subject_id: int, payload: dict[str, object]) -> None:
        await record(
            self.connection,
            at=self.now,
            actor=SUPERVISION,
            action=action,
            subject_kind=kind,
            subject_id=subject_id,
            payload={"vehicle_id": self.context.subject.id, **payload},
        )

    async def _notify(self, topic: Literal["trip", "alert", "case"], subject_id: int) -> None:
        await notify(
            self.connection,
            at=self.now,
            topic=topic,
            subject_id=subject_id,
            organisation_id=self.context.subject.organisation_id,
        )


def _trip_id(finding: Finding, trip_ids: dict[datetime, int]) -> int | None:
    return trip_ids.get(finding.subject_start) if finding.scope == "trip" else None


def _identity(finding: Finding, vehicle_id: int, taken: set[str]) -> str:
    """R05/<vehicle>/<start>; an older finding that moved away may still hold that name."""
    name = f"{finding.rule}/{vehicle_id}/{_moment(finding.start)}"
    number = 2
    identity = name
    while identity in taken:
        identity = f"{name}/{number}"
        number += 1
    return identity


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
