"""Which faults strike, in which order and at which moments: a function of the seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Literal

Kind = Literal[
    "kill",
    "freeze",
    "slow",
    "throttled",
    "cut",
    "half_open",
    "partition",
    "vanish",
    "clock",
    "scramble",
    "reboot",
]
NETWORKS: tuple[Kind, ...] = ("slow", "throttled", "cut", "half_open", "partition", "vanish")
PARTS = ("worker", "database", "broker")
LINKS = ("terminals", "worker", "database")
DEATHS = ("all", "postmaster", "backend")
CLOCKS = ("days ahead", "years behind", "weeks behind")

KILLS_OF_EACH = 20
LONGEST = 400
LONGEST_OF_THE_SHORT = 160
"""Waits and faults, in fixes taken by all terminals together: moments that do not depend on the machine."""
BEYOND_KEEPALIVE, BEYOND_USER_TIMEOUT = 20_000, 8_000
"""At 400 fixes a second longer than the broker waits for a sign of life from the worker, and the worker for
the database to confirm a packet."""


@dataclass(frozen=True)
class Fault:
    """`target` is a part, a link, or `terminals`; `variant` says how, where there are several ways."""

    kind: Kind
    target: str
    variant: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.target, self.variant)))


@dataclass(frozen=True)
class Strike:
    """Faults that begin one after the other and end together, the last first."""

    faults: tuple[Fault, ...]
    after: int  # fixes taken before they begin
    hold: int  # and until they end

    def __str__(self) -> str:
        return " + ".join(map(str, self.faults))


def long_schedule(seed: int) -> list[Strike]:
    """Every fault of the matrix, each kill 20 times, and several at once."""
    random = Random(f"matrix/{seed}")
    kills = [kill(random, part) for part in PARTS for _ in range(KILLS_OF_EACH)]
    single = [
        *kills,
        *(Fault("freeze", part) for part in PARTS for _ in range(3)),
        *(Fault(network, link) for network in NETWORKS for link in LINKS),
        *(Fault("clock", "terminals", clock) for clock in CLOCKS),
        *(Fault("clock", "worker", way) for way in ("ahead", "behind")),
        *(Fault(kind, "terminals") for kind in ("scramble", "reboot") for _ in range(3)),
    ]
    several = [
        *((kill_all_of("worker"), kill_all_of("broker")) for _ in range(4)),
        *(tuple(map(kill_all_of, PARTS)) for _ in range(3)),
        *(
            (Fault(random.choice(NETWORKS), random.choice(LINKS)), kill_all_of(random.choice(PARTS)))
            for _ in range(6)
        ),
    ]
    strikes = [strike(random, (fault,)) for fault in single] + [strike(random, faults) for faults in several]
    strikes += [
        Strike((Fault("freeze", "worker", "for long"),), 0, BEYOND_KEEPALIVE),
        Strike((Fault("vanish", "worker", "for long"),), 0, BEYOND_KEEPALIVE),
        Strike((Fault("vanish", "database", "for long"),), 0, BEYOND_USER_TIMEOUT),
    ]
    return random.sample(strikes, len(strikes))


def short_schedule(seed: int) -> list[Strike]:
    """One of each kind."""
    random = Random(f"matrix/{seed}")
    chosen: Iterable[tuple[Fault, ...]] = (
        (kill(random, "worker"),),
        (kill(random, "database"),),
        (kill(random, "broker"),),
        (kill_all_of("worker"), kill_all_of("broker")),
        (Fault("freeze", random.choice(PARTS)), Fault("scramble", "terminals")),
        (Fault("clock", "terminals", random.choice(CLOCKS)), Fault("reboot", "terminals")),
        *((Fault(network, link),) for network, link in zip(random.sample(NETWORKS, 3), LINKS, strict=True)),
    )
    strikes = [strike(random, faults, LONGEST_OF_THE_SHORT) for faults in chosen]
    return random.sample(strikes, len(strikes))


def kill(random: Random, part: str) -> Fault:
    return Fault("kill", part, random.choice(DEATHS) if part == "database" else "")


def kill_all_of(part: str) -> Fault:
    """Which never misses: one process of a part may be gone already when another fault came before."""
    return Fault("kill", part, "all" if part == "database" else "")


def strike(random: Random, faults: tuple[Fault, ...], longest: int = LONGEST) -> Strike:
    return Strike(faults, random.randrange(longest), random.randrange(longest // 4, longest))
