"""faults.json: what a run injected and what it cost. It is written anew after every scenario."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.schedule import Strike


@dataclass(frozen=True)
class Scenario:
    """`lost` and `doubled` count fixes; `recovery_s` is the slowest in real seconds.

    Time and memory are for the record: no test judges them.
    """

    name: str
    faults: int
    lost: int
    doubled: int
    recovery_s: float
    worker_peak_mb: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)


class Record:
    """Scenarios of the same name become one row."""

    def __init__(self, path: Path, seed: int, long: bool) -> None:
        self._path = path
        self._seed = seed
        self._long = long
        self._scenarios: dict[str, Scenario] = {}
        self._skipped: dict[str, str] = {}
        self._schedule: list[dict[str, Any]] = []

    def plan(self, schedule: Sequence[Strike]) -> None:
        """What the seed asks for: two runs with one seed show the same."""
        self._schedule = [
            {"faults": str(strike), "after": strike.after, "hold": strike.hold} for strike in schedule
        ]

    def skip(self, name: str, reason: str) -> None:
        """What this machine does not allow."""
        self._skipped[name] = reason

    def add(self, new: Scenario) -> None:
        known = self._scenarios.get(new.name)
        self._scenarios[new.name] = _joined(known, new) if known else new
        fresh = self._path.with_suffix(".part")
        fresh.write_text(json.dumps(self._content(), indent=1, ensure_ascii=False) + "\n")
        fresh.rename(self._path)

    def lines(self) -> list[str]:
        """For people."""
        rows = list(self._scenarios.values())
        lines = [
            f"{row.name:<44} faults {row.faults:>3}  lost {row.lost}  doubled {row.doubled}  "
            f"recovery {row.recovery_s:.1f} s  worker {row.worker_peak_mb or '-'} MB"
            for row in rows
        ]
        total = self._content()
        lines += [f"{name:<44} skipped: {reason}" for name, reason in self._skipped.items()]
        return [*lines, f"seed {self._seed}: {_total(total)}"]

    def _content(self) -> dict[str, Any]:
        rows: Sequence[Scenario] = list(self._scenarios.values())
        return {
            "seed": self._seed,
            "long": self._long,
            "faults": sum(row.faults for row in rows),
            "lost": sum(row.lost for row in rows),
            "doubled": sum(row.doubled for row in rows),
            "scenarios": [asdict(row) for row in rows],
            "skipped": self._skipped,
            "schedule": self._schedule,
        }


def _joined(known: Scenario, new: Scenario) -> Scenario:
    return Scenario(
        known.name,
        known.faults + new.faults,
        known.lost + new.lost,
        known.doubled + new.doubled,
        max(known.recovery_s, new.recovery_s),
        max(known.worker_peak_mb, new.worker_peak_mb),
        {**known.detail, **new.detail},
    )


def _total(content: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {content[name]}" for name in ("faults", "lost", "doubled"))
