"""A driver's walk from accept to returned, and how runs end without service."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from fleet.timers.kinds import handlers
from fleet.timers.worker import Worker
from tests.fleet.pool import MotorPool, at, moment


async def _dispatched(
    pool: MotorPool, plate: str = "示A·10088", **changes: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120, **changes)
    answer = await pool.assign(asked, plate, "driver01")
    assert answer.status_code == 200, answer.text
    return asked, answer.json()


async def test_the_whole_walk_moves_the_request_and_frees_car_and_driver(pool: MotorPool) -> None:
    asked, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    seen = []
    while run["next_step"] is not None:
        pool.pass_time(1)
        run = await pool.ok(driver.tap(run))
        seen.append((await pool.request(asked))["status"])
    assert seen == [
        "accepted",
        "en_route",
        "arrived",
        "in_service",
        "in_service",
        "service_ended",
        "returned",
    ]
    assert run["status"] == "returned"
    returned_at = pool.now
    for table in ("vehicle_reservation", "driver_reservation"):
        until = await pool.office.fetchval(f"SELECT upper(during) FROM {table} WHERE run_id = $1", run["id"])
        assert until == returned_at
    assert all(s["arrived_at"] and s["departed_at"] for s in run["stops"])


async def test_a_tap_sent_twice_counts_once(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    key = str(uuid4())
    first = await pool.ok(driver.tap(run, idempotency_key=key))
    second = await pool.ok(driver.tap(run, idempotency_key=key))
    assert first["status"] == second["status"] == "accepted"
    assert first["version"] == second["version"]
    assert await pool.office.fetchval("SELECT count(*) FROM run_step") == 1


async def test_the_key_of_another_tap_is_refused(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    key = str(uuid4())
    accepted = await pool.ok(driver.tap(run, idempotency_key=key))
    answer = await driver.tap(accepted, idempotency_key=key)
    assert answer.status_code == 409


async def test_a_step_out_of_turn_names_the_one_that_is_due(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    answer = await driver.tap(run, action="board")
    assert answer.status_code == 409
    assert "accept" in answer.json()["detail"]


async def test_the_time_of_the_tap_counts_not_that_of_its_arrival(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    run = await driver.go_on(run, 2)
    pool.pass_time(30)
    run = await pool.ok(driver.tap(run, occurred_at=at(9)))
    assert moment(run["stops"][0]["arrived_at"]) == moment(at(9))


async def test_a_phone_whose_clock_is_ahead_is_set_right(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    run = await driver.go_on(run, 2)
    run = await pool.ok(driver.tap(run, occurred_at=at(600)))
    assert moment(run["stops"][0]["arrived_at"]) == pool.now


async def test_another_driver_has_no_part_in_it(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    other = await pool.office.signed_in("driver02")
    assert (await other.get(f"/runs/{run['id']}")).status_code == 404
    step = {"idempotency_key": str(uuid4()), "action": "accept", "occurred_at": at(0)}
    assert (await other.post(f"/runs/{run['id']}/steps", json=step)).status_code == 404


async def test_a_driver_sees_the_passengers_phone_a_clerk_does_not(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    mine = await pool.ok(driver.phone.get("/my/runs"))
    assert mine[0]["stops"][0]["contact_phone"] == "13812345678"
    seen = await pool.ok(pool.clerk.get(f"/runs/{run['id']}"))
    assert seen["stops"][0]["contact_phone"] == "138****5678"


async def test_a_late_run_keeps_its_car_for_longer(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    run = await driver.go_on(run, 2)
    pool.pass_time(100)
    run = await pool.ok(driver.tap(run))
    assert run["late_s"] > 0
    assert run["conflict"] is False
    until = await pool.office.fetchval(
        "SELECT upper(during) FROM vehicle_reservation WHERE run_id = $1", run["id"]
    )
    assert until == moment(run["expected_end"]) > moment(run["planned_end"])


async def test_a_late_run_that_meets_the_next_booking_goes_on_and_says_so(pool: MotorPool) -> None:
    """DESIGN 4.2: even then nobody is double-booked."""
    _, run = await _dispatched(pool)
    following = await pool.ask("市政务中心", "高铁南站", ready=150, by=200)
    answer = await pool.assign(following, "示A·10088", "driver01")
    assert answer.status_code == 200, answer.text
    driver = await pool.driver_of(run)
    run = await driver.go_on(run, 2)
    pool.pass_time(160)
    run = await pool.ok(driver.tap(run))
    assert run["conflict"] is True
    run = await driver.go_on(run, 3)
    assert run["next_step"]["action"] == "return"


async def test_what_follows_a_late_run_is_proposed_so_that_it_can_be_confirmed(pool: MotorPool) -> None:
    _, run = await _dispatched(pool, wheelchair=True, plate="示A·10150")
    driver = await pool.driver_of(run)
    run = await driver.go_on(run, 2)
    pool.pass_time(100)
    run = await pool.ok(driver.tap(run))
    following = await pool.ask("市政务中心", "高铁南站", ready=150, by=320, wheelchair=True,
                               pickup_until=at(260))  # fmt: skip
    await pool.plan(search=True)
    best = (await pool.proposals(following))["proposals"][0]
    assert best["plate"] == "示A·10150"
    await pool.confirm_first(following)


async def test_an_odometer_below_its_start_needs_a_reason(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    run = await pool.ok(driver.tap(run))
    run = await pool.ok(driver.tap(run, odometer_km=1000.0))
    run = await driver.go_on(run, 4)
    assert (await driver.tap(run, odometer_km=900.0)).status_code == 422
    run = await pool.ok(driver.tap(run, odometer_km=900.0, note="换表"))
    assert (run["odometer_start_km"], run["odometer_end_km"]) == (1000.0, 900.0)


async def test_declining_gives_the_request_back_and_frees_the_car(pool: MotorPool) -> None:
    asked, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    run = await pool.ok(driver.tap(run, action="decline", note="身体不适"))
    assert run["status"] == "cancelled"
    assert (await pool.request(asked))["status"] == "pending_dispatch"
    assert (await pool.assign(asked, "示A·10088", "driver01")).status_code == 200


async def test_a_run_not_accepted_in_time_goes_back_to_the_clerk(pool: MotorPool) -> None:
    asked, run = await _dispatched(pool)
    pool.pass_time(11)
    await _work(pool)
    assert (await pool.ok(pool.clerk.get(f"/runs/{run['id']}")))["status"] == "cancelled"
    assert (await pool.request(asked))["status"] == "pending_dispatch"
    assert (await pool.assign(asked, "示A·10088", "driver01")).status_code == 200


async def test_an_accepted_run_is_not_taken_away(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    await pool.ok(driver.tap(run))
    pool.pass_time(11)
    await _work(pool)
    assert (await pool.ok(pool.clerk.get(f"/runs/{run['id']}")))["status"] == "accepted"


async def test_a_clerk_takes_a_run_back_with_a_reason(pool: MotorPool) -> None:
    asked, run = await _dispatched(pool)
    await pool.ok(pool.clerk.post(f"/runs/{run['id']}/cancel", json={"reason": "车辆故障"}))
    assert (await pool.request(asked))["status"] == "pending_dispatch"
    assert await pool.office.fetchval("SELECT count(*) FROM vehicle_reservation WHERE NOT released") == 0
    again = await pool.clerk.post(f"/runs/{run['id']}/cancel", json={"reason": "车辆故障"})
    assert again.status_code == 409


async def test_a_request_cancelled_at_the_door_lets_the_car_go_home(pool: MotorPool) -> None:
    asked, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    run = await driver.go_on(run, 3)
    await pool.ok(pool.clerk.post(f"/requests/{asked['id']}/cancel", json={"note": "领导改期"}))
    assert (await pool.request(asked))["status"] == "cancelled"
    run = await pool.ok(pool.clerk.get(f"/runs/{run['id']}"))
    assert [s["kind"] for s in run["stops"]] == ["return"]
    assert (await driver.go_on(run, 1))["status"] == "returned"
    assert (await pool.request(asked))["status"] == "cancelled"


async def test_a_request_that_leaves_a_shared_run_moves_nobody_else(pool: MotorPool) -> None:
    first, run = await _dispatched(pool, share_consent=True)
    second = await pool.ask("市档案馆", "开发区管委会", ready=60, by=120, share_consent=True)
    answer = await pool.assign(second, "示A·10088", "driver01")
    assert answer.json()["id"] == run["id"]
    before = {s["id"]: s["planned_departure"] for s in answer.json()["stops"]}
    await pool.ok(pool.clerk.post(f"/requests/{second['id']}/cancel", json={"note": "领导改期"}))
    after = await pool.ok(pool.clerk.get(f"/runs/{run['id']}"))
    assert {s["request_id"] for s in after["stops"]} == {first["id"], None}
    assert all(before[s["id"]] == s["planned_departure"] for s in after["stops"])
    assert (await pool.request(first))["status"] == "dispatched"


async def test_a_released_request_waits_again_and_who_rode_along_stays_dispatched(pool: MotorPool) -> None:
    first, run = await _dispatched(pool, share_consent=True)
    second = await pool.ask("市档案馆", "开发区管委会", ready=60, by=120, share_consent=True)
    await pool.ok(pool.assign(second, "示A·10088", "driver01"))
    answer = await pool.clerk.post(f"/requests/{second['id']}/release", json={"reason": "调度员撤销"})
    assert answer.status_code == 204
    assert (await pool.request(second))["status"] == "pending_dispatch"
    assert (await pool.request(first))["status"] == "dispatched"
    assert (await pool.ok(pool.clerk.get(f"/runs/{run['id']}")))["status"] == "dispatched"


async def test_releasing_the_only_request_of_a_run_ends_it(pool: MotorPool) -> None:
    asked, run = await _dispatched(pool)
    answer = await pool.clerk.post(f"/requests/{asked['id']}/release", json={"reason": "调度员撤销"})
    assert answer.status_code == 204
    assert (await pool.request(asked))["status"] == "pending_dispatch"
    assert (await pool.ok(pool.clerk.get(f"/runs/{run['id']}")))["status"] == "cancelled"


async def test_the_route_ahead_shrinks_as_stops_are_left_behind(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    whole = await pool.ok(pool.clerk.get(f"/runs/{run['id']}/route"))
    run = await driver.go_on(run, 6)
    rest = await pool.ok(pool.clerk.get(f"/runs/{run['id']}/route"))
    assert len(whole) > len(rest) > 1
    assert rest[-1] == whole[-1]


async def test_a_run_with_people_in_the_car_is_not_cancelled(pool: MotorPool) -> None:
    _, run = await _dispatched(pool)
    driver = await pool.driver_of(run)
    run = await driver.go_on(run, 4)
    answer = await pool.clerk.post(f"/runs/{run['id']}/cancel", json={"reason": "车辆故障"})
    assert answer.status_code == 409


async def test_planning_goes_on_around_a_run_under_way(pool: MotorPool) -> None:
    """DESIGN 4.7: what was started stays; a request that fits on the way may join behind it."""
    _, run = await _dispatched(pool, share_consent=True)
    driver = await pool.driver_of(run)
    pool.pass_time(50)
    run = await driver.go_on(run, 4)
    second = await pool.ask("市档案馆", "开发区管委会", ready=70, by=140, share_consent=True)
    await pool.plan()
    for proposal in (await pool.proposals(second))["proposals"]:
        answer = await pool.clerk.post(f"/proposals/{proposal['id']}/confirm")
        assert answer.status_code == 200, answer.text
        break
    after = await pool.ok(pool.clerk.get(f"/runs/{run['id']}"))
    assert after["stops"][0]["departed_at"] == run["stops"][0]["departed_at"]


async def test_a_round_trip_is_walked_without_arriving_twice(pool: MotorPool) -> None:
    asked, run = await _dispatched(pool, form="round_trip", waiting_min=20)
    driver = await pool.driver_of(run)
    taps = []
    while run["next_step"] is not None:
        taps.append(run["next_step"]["action"])
        pool.pass_time(1)
        run = await pool.ok(driver.tap(run))
    expected = [
        "accept",
        "depart",
        "arrive",
        "board",
        "arrive",
        "alight",
        "board",
        "arrive",
        "alight",
        "return",
    ]
    assert taps == expected
    assert (await pool.request(asked))["status"] == "returned"


async def _work(pool: MotorPool) -> None:
    """Handle every timer that is due, as the job worker does."""
    worker = Worker(pool.office.app.state.pool, pool.office.clock, handlers())
    due = await pool.office.fetchval(
        "SELECT json_agg(json_build_array(kind, subject_id, due_at)) FROM timer WHERE due_at <= $1", pool.now
    )
    for kind, subject_id, due_at in due or []:
        await worker.handle(kind, subject_id, moment(due_at))
