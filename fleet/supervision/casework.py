"""What an auditor does with a case. Never commits: the request does."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.audit import record
from fleet.database import Connection
from fleet.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fleet.identity.model import Reader
from fleet.notifications import notify
from fleet.supervision.cases import ACTIONS, EXPLAIN_WORKING_DAYS, Status, working_days_later
from fleet.supervision.repository import cases as case_rows
from fleet.supervision.repository import inputs, views
from schemas.api.supervision import CaseAction
from schemas.clock import SHANGHAI

LEAST_NOTE = 4
AUDITOR = "auditor"
SEPARATION = "whoever drove, asked for or approved this order does not decide on it"


async def act(
    connection: Connection, case_id: int, action: CaseAction, reader: Reader, now: datetime
) -> None:
    """Move the case as `action` says, if it is still what the reader saw."""
    case = await views.case(connection, reader.organisation_path, case_id)
    if case is None:
        raise NotFoundError(f"there is no case {case_id} here")
    if reader.account_id in await views.involved(connection, case_id):
        raise ForbiddenError(SEPARATION, "Leave it to another auditor.")
    _require_reason(action)
    allowed, status = ACTIONS[action.action]
    if case["status"] not in allowed:
        raise ConflictError(
            f"case {case['number']} is {case['status']}: {action.action} is not possible from there",
            "Load the case again.",
        )
    moved = await case_rows.act_on_case(
        connection,
        case_id,
        action.version,
        allowed,
        status,
        due_at=await _due_at(connection, status, now),
        closed_at=now if status is Status.CLEARED else None,
        cause_code=action.cause_code if status is Status.CLEARED else None,
    )
    if not moved:
        raise ConflictError(
            f"case {case['number']} has moved on since you loaded it",
            "Load the case again; new data may have changed a finding.",
        )
    note = " ".join(part for part in (action.cause_code, action.note) if part)
    await case_rows.add_entry(
        connection,
        case_id,
        now,
        action.action,
        case["status"],
        status,
        account_id=reader.account_id,
        note=note,
    )
    await record(
        connection,
        at=now,
        actor=reader.actor,
        action=f"case.{action.action}",
        subject_kind="case",
        subject_id=case_id,
        payload={"from": case["status"], "to": status, "cause": action.cause_code, "note": action.note},
    )
    await notify(
        connection, at=now, topic="case", subject_id=case_id, organisation_id=case["organisation_id"]
    )


async def possible_actions(connection: Connection, case_id: int, status: str, reader: Reader) -> list[str]:
    """What this reader may do next."""
    if AUDITOR not in reader.roles or reader.account_id in await views.involved(connection, case_id):
        return []
    return [action for action, (allowed, _) in ACTIONS.items() if status in allowed]


def _require_reason(action: CaseAction) -> None:
    if action.action == "clear" and action.cause_code is None:
        raise InvalidError(
            "clearing a case needs its cause", "Choose a cause_code; it feeds the rule's precision."
        )
    if action.action != "clear" and len(action.note) < LEAST_NOTE:
        raise InvalidError(f"the note is shorter than {LEAST_NOTE} characters", "Say why, in a few words.")


async def _due_at(connection: Connection, status: Status, now: datetime) -> datetime | None:
    if status is not Status.EXPLAIN_REQUESTED:
        return None
    today = now.astimezone(SHANGHAI).date()
    calendar = await inputs.calendar(connection, today, today + timedelta(days=30))
    return working_days_later(calendar, now, EXPLAIN_WORKING_DAYS)
