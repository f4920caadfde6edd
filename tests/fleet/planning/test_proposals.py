"""From an open request to the proposals a clerk reads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fleet.pool import CARS, MotorPool, at, moment


async def test_an_open_request_gets_up_to_three_ranked_proposals_with_reasons(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    found = await pool.proposals(asked)
    assert found["state"] == "ready"
    assert [p["rank"] for p in found["proposals"]] == [1, 2, 3]
    best = found["proposals"][0]
    assert len(best["reasons"]) >= 3
    assert [s["kind"] for s in best["plan"]["stops"]] == ["pickup", "dropoff", "return"]
    assert best["plan"]["cost"] == pytest.approx(sum(best["plan"]["cost_parts"].values()))
    assert len(best["plan"]["route"]) > 10
    assert not best["plan"]["estimated"]


async def test_the_plan_keeps_the_times_asked_for(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    for proposal in (await pool.proposals(asked))["proposals"]:
        pickup, dropoff, _ = proposal["plan"]["stops"]
        assert moment(pickup["arrival"]) <= moment(asked["pickup_until"])
        assert moment(dropoff["arrival"]) <= moment(at(120))


async def test_a_round_trip_waits_at_its_destination_and_comes_back(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "市人民医院", ready=60, by=120, form="round_trip", waiting_min=30)
    await pool.plan()
    plan = (await pool.proposals(asked))["proposals"][0]["plan"]
    assert [s["kind"] for s in plan["stops"]] == ["pickup", "dropoff", "pickup", "dropoff", "return"]
    out, back = plan["stops"][1], plan["stops"][2]
    assert moment(back["departure"]) - moment(out["arrival"]) >= timedelta(minutes=30)
    assert plan["stops"][3]["name"] == "市政务中心"


async def test_a_request_nobody_can_serve_is_told_which_constraint_excludes_how_many_cars(
    pool: MotorPool,
) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120, passengers=30)
    await pool.plan()
    found = await pool.proposals(asked)
    assert found["state"] == "infeasible"
    obstacle = found["obstacle"]
    assert obstacle["binding"] == "seats"
    assert obstacle["vehicles_checked"] == len(CARS)
    assert sum(count for _, count in obstacle["excluded"]) == obstacle["vehicles_checked"]


async def test_two_who_both_consent_ride_together(pool: MotorPool) -> None:
    first = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120, share_consent=True)
    await pool.plan()
    run = await pool.confirm_first(first)
    second = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120, share_consent=True)
    await pool.plan()
    best = (await pool.proposals(second))["proposals"][0]
    assert best["joins_run_id"] == run["id"]
    assert best["pooled_with"] == [first["number"]]
    assert max(s["on_board"] for s in best["plan"]["stops"]) == 4


@pytest.mark.parametrize("consents", [(True, False), (False, True), (False, False)])
async def test_without_the_consent_of_both_nobody_shares(
    pool: MotorPool, consents: tuple[bool, bool]
) -> None:
    first = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120, share_consent=consents[0])
    await pool.plan()
    await pool.confirm_first(first)
    second = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120, share_consent=consents[1])
    await pool.plan()
    for proposal in (await pool.proposals(second))["proposals"]:
        assert max(s["on_board"] for s in proposal["plan"]["stops"]) == 2


async def test_a_search_over_several_requests_gives_each_a_car_of_its_own(pool: MotorPool) -> None:
    asked = [await pool.ask("市政务中心", "高铁南站", ready=60, by=110) for _ in range(3)]
    await pool.plan(search=True)
    best = [(await pool.proposals(each))["proposals"][0] for each in asked]
    assert len({p["vehicle_id"] for p in best}) == 3
    assert len({p["driver_id"] for p in best}) == 3


async def test_two_trips_that_need_the_only_wheelchair_car_follow_each_other(pool: MotorPool) -> None:
    first = await pool.ask("市政务中心", "市人民医院", ready=60, by=120, wheelchair=True)
    second = await pool.ask("市政务中心", "高铁南站", ready=240, by=300, wheelchair=True)
    await pool.plan(search=True)
    earlier = (await pool.proposals(first))["proposals"]
    later = (await pool.proposals(second))["proposals"]
    assert [p["plate"] for p in (*earlier, *later)] == ["示A·10150", "示A·10150"]
    assert earlier[0]["plan"]["ends_at"] <= later[0]["plan"]["starts_at"]
    for each in (first, second):
        await pool.confirm_first(each)


async def test_what_stays_the_same_keeps_its_id(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    before = await pool.proposals(asked)
    pool.pass_time(1)
    async with pool.planner() as planner:
        await planner.answer(asked["id"])
    after = await pool.proposals(asked)
    assert [p["id"] for p in after["proposals"]] == [p["id"] for p in before["proposals"]]
    assert after["snapshot_at"] > before["snapshot_at"]


async def test_proposals_expire_and_are_made_anew(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    before = await pool.proposals(asked)
    pool.pass_time(16)
    assert (await pool.proposals(asked))["proposals"] == []
    await pool.plan()
    after = await pool.proposals(asked)
    assert after["state"] == "ready"
    assert {p["id"] for p in after["proposals"]}.isdisjoint(p["id"] for p in before["proposals"])


async def test_a_car_promised_elsewhere_is_no_longer_proposed(pool: MotorPool) -> None:
    first = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    second = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    run = await pool.confirm_first(first)
    await pool.plan()
    found = await pool.proposals(second)
    assert found["state"] == "ready"
    assert run["vehicle_id"] not in {p["vehicle_id"] for p in found["proposals"]}
    assert run["driver_id"] not in {p["driver_id"] for p in found["proposals"]}


async def test_a_set_counts_the_changes_it_does_not_know_of(pool: MotorPool) -> None:
    first = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120, wheelchair=True)
    second = await pool.ask("市政务中心", "开发区管委会", ready=300, by=360, wheelchair=True)
    await pool.plan()
    assert (await pool.proposals(second))["changes_since"] == 0
    run = await pool.confirm_first(first)
    assert (await pool.proposals(second))["changes_since"] == 1
    driver = await pool.driver_of(run)
    await driver.go_on(run, 1)
    assert (await pool.proposals(second))["changes_since"] == 1
    async with pool.planner() as planner:
        await planner.answer(second["id"])
    assert (await pool.proposals(second))["changes_since"] == 0


async def test_while_the_roads_do_not_answer_times_are_estimated_and_marked(pool: MotorPool) -> None:
    pool.planner_settings = pool.planner_settings.model_copy(update={"valhalla_url": "http://127.0.0.1:9"})
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    found = await pool.proposals(asked)
    assert found["state"] == "ready"
    assert all(p["plan"]["estimated"] for p in found["proposals"])
    assert await pool.office.fetchval("SELECT count(*) FROM travel_time") == 0


async def test_a_place_off_the_map_spoils_only_its_own_request(pool: MotorPool) -> None:
    lost = await pool.ask("市政务中心", "海上", ready=60, by=120)
    other = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    assert (await pool.proposals(lost))["state"] == "infeasible"
    found = await pool.proposals(other)
    assert found["state"] == "ready"
    assert not found["proposals"][0]["plan"]["estimated"]


async def test_travel_times_are_asked_once_and_then_known(pool: MotorPool) -> None:
    await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    known = await pool.office.fetchval("SELECT count(*) FROM travel_time")
    assert known == 3 * 2  # depot, origin, destination: every ordered pair
    pool.planner_settings = pool.planner_settings.model_copy(update={"valhalla_url": "http://127.0.0.1:9"})
    again = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.plan()
    assert not (await pool.proposals(again))["proposals"][0]["plan"]["estimated"]


async def test_proposals_of_another_pool_are_nobodys_business(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    stranger = await pool.office.signed_in("clerk99")
    assert (await stranger.get(f"/requests/{asked['id']}/proposals")).status_code == 404
