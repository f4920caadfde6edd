"""kill -9 of each process of the running demo: it recovers by itself and loses nothing (DESIGN 4.1, 4.2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from random import Random

import pytest

from simulators.demo.report import DayReport
from tests.faults.clean_pass import Trips, compare_trips
from tests.faults.demo import Demo, Standing
from tests.faults.record import Record, Scenario

SERVICES = (
    "database", "broker", "routing", "serve", "ingest", "gateway", "plan", "supervise", "work", "simulate",
)  # fmt: skip
LONG_ROUNDS = 5
LONGEST_WAIT_FIXES = 40
"""A kill comes after up to so many further fixes were stored: its moment within the product's work."""

pytestmark = pytest.mark.faults


@dataclass(frozen=True)
class Kill:
    """One fault; `recovered_s` in real seconds, for the record."""

    service: str
    after_fixes: int
    recovered_s: float = 0.0


def script(seed: int, rounds: int) -> list[Kill]:
    """Every service once in each round, in random order, at random moments."""
    random = Random(f"kills/{seed}")
    return [
        Kill(service, random.randrange(LONGEST_WAIT_FIXES))
        for _ in range(rounds)
        for service in random.sample(SERVICES, len(SERVICES))
    ]


def strike(demo: Demo, kill: Kill) -> Kill:
    """Wait for the moment, kill, and wait until the product is whole and data flow from end to end again."""
    start = demo.standing().fixes
    before = demo.wait_for(
        f"the moment to kill {kill.service}",
        lambda seen: seen.healthy and seen.fixes >= start + kill.after_fixes,
    )
    struck_at = time.monotonic()
    demo.kill(kill.service)
    restarts = {**before.restarts, kill.service: before.restarts[kill.service] + 1}
    back = demo.wait_for(
        f"{kill.service} to be back", lambda seen: seen.healthy and seen.restarts == restarts
    )
    demo.wait_for(
        f"fixes and acknowledgements to flow after the death of {kill.service}",
        lambda seen: seen.fixes > back.fixes and flows(seen, back, kill.service),
    )
    demo.wait_until_caught_up()
    return Kill(kill.service, kill.after_fixes, round(time.monotonic() - struck_at, 2))


def flows(seen: Standing, back: Standing, killed: str) -> bool:
    """Whether terminals are told again, those of the gateway if that was it."""
    if killed == "gateway":
        return seen.told_jt808 > back.told_jt808
    return seen.told > back.told


def scenario(kills: Sequence[Kill], outcome: DayReport, trips: Trips) -> Scenario:
    return Scenario(
        "kill -9 of each process of the demo",
        len(kills),
        outcome.stored.lost,
        outcome.stored.doubled,
        max(kill.recovered_s for kill in kills),
        detail={
            "double_bookings": outcome.double_bookings,
            "acknowledged": outcome.stored.told,
            "acknowledged_jt808": outcome.stored.told_jt808,
            "stored": outcome.stored.stored,
            "trips": len(trips.clean),
            "trips_unlike_a_clean_pass": len(trips.recorded ^ trips.clean),
            "requests": outcome.requests,
            "kills": [asdict(kill) for kill in kills],
        },
    )


def test_each_process_killed_in_turn_comes_back_and_nothing_acknowledged_is_lost_or_booked_twice(
    demo: Callable[..., Demo], seed: int, long: bool, record: Record
) -> None:
    """DESIGN 4.1, 4.2 and 4.3 through kill -9 of every process, then Ctrl-C, which leaves none behind."""
    running = demo("--rate", "40", "--start", "2026-03-11T08:50")
    running.wait_until_up()
    running.wait_for("a city at work", lambda seen: seen.told > 0 and seen.requests > 0)

    kills = [strike(running, kill) for kill in script(seed, LONG_ROUNDS if long else 1)]

    last = running.standing()
    running.wait_for(
        "the work of the office to go on",
        lambda seen: seen.requests > last.requests and seen.runs > last.runs and seen.trips > last.trips,
    )
    with running.frozen("simulate"):
        running.wait_until_caught_up()
        trips = compare_trips(running.database_url, running.now())
        outcome = running.report()
    record.add(scenario(kills, outcome, trips))
    assert outcome.stored.told > outcome.stored.told_jt808 > 0
    assert (outcome.stored.lost, outcome.stored.doubled, outcome.double_bookings) == (0, 0, 0)
    assert trips.recorded == trips.clean != set()
    assert running.interrupt() == []
