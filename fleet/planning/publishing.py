"""Put answers in the place of the proposals that stand, as a difference: what stays the same keeps its id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fleet.database import Connection
from fleet.notifications import notify
from fleet.planning import repository
from fleet.planning.cards import Answer
from fleet.planning.repository import CurrentProposal, Written
from fleet.planning.snapshot import Snapshot
from schemas.api.proposals import ProposedRun

SAME_TIME = timedelta(seconds=90)
"""Stops that moved by less make no other proposal."""


async def publish(
    connection: Connection,
    token: int,
    snapshot: Snapshot,
    answers: Sequence[Answer],
    *,
    solve_ms: int,
    obstacle_expires_at: datetime,
) -> list[int]:
    """Write `answers` in the caller's transaction; returns the requests whose proposals changed.

    A request that is no longer open, or changed since the snapshot, or was answered from a newer one, is left
    alone. Raises StaleLeaderError when another planner leads since.
    """
    await repository.check_lease(connection, token)
    request_ids = [a.request_id for a in answers]
    versions = await repository.open_request_versions(connection, request_ids)
    standing = await repository.current_proposals(connection, request_ids)
    changed = []
    for answer in answers:
        version, supplier_id = versions.get(answer.request_id, (None, None))
        before = [p for p in standing if p.request_id == answer.request_id]
        if version != answer.version or any(p.snapshot_at > snapshot.taken_at for p in before):
            continue
        if await _replace(connection, before, answer, snapshot, solve_ms, obstacle_expires_at):
            changed.append(answer.request_id)
            await notify(
                connection,
                at=snapshot.taken_at,
                topic="proposal",
                subject_id=answer.request_id,
                organisation_id=supplier_id,
            )
    return changed


async def _replace(
    connection: Connection,
    before: Sequence[CurrentProposal],
    answer: Answer,
    snapshot: Snapshot,
    solve_ms: int,
    obstacle_expires_at: datetime,
) -> bool:
    """Returns whether anything is different for the clerk."""
    says = [Written.card(card) for card in answer.cards]
    if answer.obstacle is not None:
        subject = (answer.request_id, answer.version)
        says = [Written.nothing_fits(subject, answer.obstacle, obstacle_expires_at)]
    standing = {p.rank: p for p in before}
    kept = {
        rank: standing[rank].id
        for rank, written in enumerate(says, start=1)
        if rank in standing and is_same(standing[rank], written)
    }
    gone = [p.id for p in before if p.id not in kept.values()]
    await repository.supersede(connection, gone)
    for rank, written in enumerate(says, start=1):
        if rank in kept:
            await repository.refresh_proposal(connection, kept[rank], written, snapshot, solve_ms)
        else:
            await repository.insert_proposal(connection, answer.request_id, rank, written, snapshot, solve_ms)
    return bool(gone) or len(kept) < len(says)


def is_same(standing: CurrentProposal, says: Written) -> bool:
    """Whether it says what stands already: same car, driver, company, stops and about the same times."""
    if standing.plan is None or says.plan is None:
        return standing.plan is says.plan and standing.obstacle == says.obstacle
    return (
        (standing.vehicle_id, standing.driver_id) == (says.vehicle_id, says.driver_id)
        and standing.run_id == (says.joins[0] if says.joins else None)
        and standing.serves == {request_id for request_id, _ in says.serves}
        and _same_stops(standing.plan, says.plan)
    )


def _same_stops(a: ProposedRun, b: ProposedRun) -> bool:
    if [(s.kind, s.request_id) for s in a.stops] != [(s.kind, s.request_id) for s in b.stops]:
        return False
    return all(abs(s.arrival - t.arrival) <= SAME_TIME for s, t in zip(a.stops, b.stops, strict=True))
