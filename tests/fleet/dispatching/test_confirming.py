"""From a proposal, or a clerk's own choice, to a run in force."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.fleet.pool import MotorPool, at, moment

STANDING_RESERVATIONS = "SELECT count(*) FROM vehicle_reservation WHERE NOT released"


async def _asked(pool: MotorPool, **changes: Any) -> dict[str, Any]:
    return await pool.ask("市政务中心", "开发区管委会", ready=60, by=120, **changes)


async def test_confirming_puts_the_run_its_reservations_and_the_request_in_force(pool: MotorPool) -> None:
    asked = await _asked(pool)
    await pool.plan()
    run = await pool.confirm_first(asked)
    assert run["status"] == "dispatched"
    assert run["number"].startswith("PC-0311-")
    assert run["next_step"] == {"action": "accept", "stop_id": None}
    assert moment(run["accept_by"]) == moment(at(10))
    assert [s["kind"] for s in run["stops"]] == ["pickup", "dropoff", "return"]
    after = await pool.request(asked)
    assert (after["status"], after["run_id"]) == ("dispatched", run["id"])
    for table in ("vehicle_reservation", "driver_reservation"):
        held = await pool.office.fetchval(
            f"SELECT during = tstzrange($2, $3) FROM {table} WHERE run_id = $1",
            run["id"], moment(run["planned_start"]), moment(run["planned_end"]),
        )  # fmt: skip
        assert held is True
    assert await pool.office.fetchval("SELECT count(*) FROM proposal WHERE status = 'open'") == 0


async def test_a_confirmed_run_is_audited_told_and_looked_at_by_supervision(pool: MotorPool) -> None:
    """DESIGN 4.5: the entry stands in the transaction of the change."""
    asked = await _asked(pool)
    await pool.plan()
    run = await pool.confirm_first(asked)
    entry = await pool.office.fetchval(
        "SELECT payload ->> 'run' FROM audit_entry WHERE action = 'run.confirmed' AND subject_id = $1",
        str(run["id"]),
    )
    assert entry == run["number"]
    told = await pool.office.fetchval(
        "SELECT count(account_id) FROM notification WHERE topic = 'run' AND subject_id = $1", str(run["id"])
    )
    assert told == 1
    work = await pool.office.fetchval(
        "SELECT count(*) FROM supervision_work WHERE vehicle_id = $1", run["vehicle_id"]
    )
    assert work == 1


async def test_of_many_who_confirm_overlapping_proposals_at_once_one_wins(pool: MotorPool) -> None:
    """DESIGN 4.2: the exclusion constraints decide; nobody is double-booked."""
    asked = [await _asked(pool) for _ in range(24)]
    async with pool.planner() as planner:
        for each in asked:
            await planner.answer(each["id"])
    firsts = [(await pool.proposals(each))["proposals"][0] for each in asked]
    assert len({p["vehicle_id"] for p in firsts}) == 1
    answers = await asyncio.gather(*(pool.clerk.post(f"/proposals/{p['id']}/confirm") for p in firsts))
    assert sorted(a.status_code for a in answers) == [200] + [409] * 23
    assert await pool.office.fetchval("SELECT count(*) FROM run") == 1
    assert await pool.office.fetchval(STANDING_RESERVATIONS) == 1
    refused = next(a.json() for a in answers if a.status_code == 409)
    assert refused["remedy"]
    assert "PC-" not in refused["detail"]


async def test_of_many_who_confirm_the_same_proposal_one_wins(pool: MotorPool) -> None:
    asked = await _asked(pool)
    await pool.plan()
    proposal = (await pool.proposals(asked))["proposals"][0]
    answers = await asyncio.gather(
        *(pool.clerk.post(f"/proposals/{proposal['id']}/confirm") for _ in range(8))
    )
    assert sorted(a.status_code for a in answers) == [200] + [409] * 7


async def test_requests_planned_together_are_put_in_force_together(pool: MotorPool) -> None:
    first, second = [await _asked(pool, share_consent=True) for _ in range(2)]
    await pool.plan(search=True)
    best = (await pool.proposals(first))["proposals"][0]
    assert best["pooled_with"] == [second["number"]]
    other = (await pool.proposals(second))["proposals"][0]
    run = await pool.confirm_first(first)
    for each in (first, second):
        after = await pool.request(each)
        assert (after["status"], after["run_id"]) == ("dispatched", run["id"])
    answer = await pool.clerk.post(f"/proposals/{other['id']}/confirm")
    assert answer.status_code == 409
    assert await pool.office.fetchval("SELECT count(*) FROM run") == 1


async def test_an_expired_proposal_is_refused(pool: MotorPool) -> None:
    asked = await _asked(pool)
    await pool.plan()
    proposal = (await pool.proposals(asked))["proposals"][0]
    pool.pass_time(16)
    answer = await pool.clerk.post(f"/proposals/{proposal['id']}/confirm")
    assert answer.status_code == 409
    assert "expired" in answer.json()["detail"]


async def test_a_proposal_for_a_request_that_was_cancelled_is_refused(pool: MotorPool) -> None:
    asked = await _asked(pool)
    await pool.plan()
    proposal = (await pool.proposals(asked))["proposals"][0]
    await pool.ok(pool.clerk.post(f"/requests/{asked['id']}/cancel", json={"note": "会议改期"}))
    answer = await pool.clerk.post(f"/proposals/{proposal['id']}/confirm")
    assert answer.status_code == 409


async def _one_run_and_two_who_would_join(
    pool: MotorPool,
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    first = await _asked(pool, share_consent=True, passengers=1)
    answer = await pool.assign(first, "示A·10088", "driver01")
    others = [
        await pool.ask("市档案馆", "开发区管委会", ready=60, by=120, share_consent=True, passengers=1)
        for _ in range(2)
    ]
    async with pool.planner() as planner:
        for each in others:
            await planner.answer(each["id"])
    run = answer.json()
    joining = [
        next(p for p in (await pool.proposals(each))["proposals"] if p["joins_run_id"] == run["id"])
        for each in others
    ]
    return run, others, joining


async def test_of_two_proposals_that_join_one_run_the_second_is_stale(pool: MotorPool) -> None:
    _, others, joining = await _one_run_and_two_who_would_join(pool)
    await pool.ok(pool.clerk.post(f"/proposals/{joining[0]['id']}/confirm"))
    answer = await pool.clerk.post(f"/proposals/{joining[1]['id']}/confirm")
    assert answer.status_code == 409
    assert (await pool.request(others[1]))["status"] == "pending_dispatch"


async def test_a_tap_of_the_driver_makes_no_proposal_stale(pool: MotorPool) -> None:
    run, others, joining = await _one_run_and_two_who_would_join(pool)
    driver = await pool.driver_of(run)
    await driver.go_on(run, 1)
    await pool.ok(pool.clerk.post(f"/proposals/{joining[0]['id']}/confirm"))
    assert (await pool.request(others[0]))["status"] == "accepted"


async def test_a_run_that_drove_past_the_place_to_join_refuses(pool: MotorPool) -> None:
    run, others, joining = await _one_run_and_two_who_would_join(pool)
    driver = await pool.driver_of(run)
    await driver.go_on(run, 6)  # the passengers of the first request have got out
    answer = await pool.clerk.post(f"/proposals/{joining[0]['id']}/confirm")
    assert answer.status_code == 409
    assert "driven past" in answer.json()["detail"]
    assert (await pool.request(others[0]))["status"] == "pending_dispatch"


async def test_joining_a_run_rewrites_what_lies_ahead_and_keeps_what_was_told(pool: MotorPool) -> None:
    first = await _asked(pool, share_consent=True)
    await pool.plan()
    before = await pool.confirm_first(first)
    second = await pool.ask("市档案馆", "开发区管委会", ready=60, by=120, share_consent=True)
    await pool.plan()
    joining = next(
        p for p in (await pool.proposals(second))["proposals"] if p["joins_run_id"] == before["id"]
    )
    after = await pool.ok(pool.clerk.post(f"/proposals/{joining['id']}/confirm"))
    assert after["id"] == before["id"]
    assert after["version"] > before["version"]
    kept = {s["id"] for s in before["stops"]}
    assert kept <= {s["id"] for s in after["stops"]}
    assert len(after["stops"]) == 5
    assert (await pool.request(second))["status"] == "dispatched"
    told = {s["id"]: s["planned_departure"] for s in before["stops"]}
    pickup = next(s for s in after["stops"] if s["id"] == before["stops"][0]["id"])
    assert moment(pickup["planned_departure"]) >= moment(told[pickup["id"]])
    assert await pool.office.fetchval(STANDING_RESERVATIONS) == 1


async def test_a_clerk_assigns_by_hand_while_no_planner_runs(pool: MotorPool) -> None:
    """DESIGN 4.7: manual dispatch works while the planner is down."""
    asked = await _asked(pool)
    answer = await pool.assign(asked, "示A·10115", "driver02")
    assert answer.status_code == 200, answer.text
    run = answer.json()
    assert run["plate"] == "示A·10115"
    reason = await pool.office.fetchval(
        "SELECT payload ->> 'reason' FROM audit_entry WHERE action = 'run.assigned'"
    )
    assert reason == "领导指定"


async def test_by_hand_the_same_rules_hold(pool: MotorPool) -> None:
    asked = await _asked(pool, passengers=5)
    answer = await pool.assign(asked, "示A·10088", "driver01")
    assert answer.status_code == 409
    assert "seats" in answer.json()["detail"]


async def test_by_hand_a_car_on_another_run_is_refused(pool: MotorPool) -> None:
    first = await pool.assign(await _asked(pool), "示A·10115", "driver02")
    assert first.status_code == 200
    second = await pool.assign(await _asked(pool), "示A·10115", "driver03")
    assert second.status_code == 409
    assert await pool.office.fetchval("SELECT count(*) FROM run") == 1


async def test_by_hand_needs_a_reason(pool: MotorPool) -> None:
    answer = await pool.assign(await _asked(pool), "示A·10115", "driver02", reason="x")
    assert answer.status_code == 422


async def test_a_clerk_of_another_pool_confirms_nothing(pool: MotorPool) -> None:
    asked = await _asked(pool)
    await pool.plan()
    proposal = (await pool.proposals(asked))["proposals"][0]
    stranger = await pool.office.signed_in("clerk99")
    assert (await stranger.post(f"/proposals/{proposal['id']}/confirm")).status_code == 404
