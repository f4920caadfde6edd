"""Dial-a-ride instances of the literature as problems, with the best cost known for each.

A file `NAME.txt` is in the format of Cordeau and Ropke, `best_known.json` beside it names the costs.
Coordinates and minutes are taken times a thousand, and nothing but distance has a price.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dispatch.errors import InvalidProblemError
from dispatch.model import Driver, Request, Sharing, Vehicle, Window
from dispatch.params import Params, Weights
from dispatch.problem import Problem
from dispatch.results import Plan
from dispatch.travel import Travel

SCALE = 1000


@dataclass(frozen=True)
class Instance:
    """A problem of the literature; costs are distances in the unit of its coordinates."""

    problem: Problem
    best_known: float

    def cost(self, plan: Plan) -> float:
        """The plan's distance in the instance's own unit."""
        return (plan.cost.distance_empty + plan.cost.distance_loaded) / SCALE / SCALE

    def gap_percent(self, plan: Plan) -> float:
        """How much dearer than the best known, per cent."""
        return 100 * (self.cost(plan) / self.best_known - 1)


def read(folder: Path, name: str) -> Instance:
    """The instance of that name; raises OSError, or InvalidProblemError where a file is not one."""
    try:
        best_known = json.loads((folder / "best_known.json").read_text())[name]["value"]
        return Instance(_problem(folder / f"{name}.txt"), float(best_known))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        remedy = "Give a folder of dial-a-ride instances with their best_known.json"
        raise InvalidProblemError(f"{folder}, instance {name}", f"{error!r}", remedy) from error


def _problem(file: Path) -> Problem:
    lines = [line.split() for line in file.read_text().splitlines() if line.strip()]
    vehicles, _, longest_route, capacity, longest_ride = (float(v) for v in lines[0])
    rows = np.array(lines[1:], dtype=float)
    count = (len(rows) - 1) // 2
    xy = rows[: 2 * count + 1, 1:3]
    distance = np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1))
    travel = Travel(np.ceil(distance * SCALE).astype(np.int64), np.rint(distance * SCALE).astype(np.int64))
    shift = Window(0, int(longest_route * SCALE))
    return Problem(
        epoch=datetime(2026, 1, 1, tzinfo=UTC),
        now=0,
        vehicles=tuple(
            Vehicle(f"V{k}", "car", int(capacity), depot=0, position=0) for k in range(int(vehicles))
        ),
        drivers=tuple(
            Driver(f"D{k}", depot=0, shifts=(shift,), driving_limit_s=1 << 30) for k in range(int(vehicles))
        ),
        requests=tuple(
            _request(rows, k, count, int(longest_ride * SCALE), travel) for k in range(1, count + 1)
        ),
        travel=travel,
        params=_distance_only(),
    )


def _request(rows: npt.NDArray[np.float64], k: int, count: int, ride: int, travel: Travel) -> Request:
    on, off = rows[k], rows[k + count]
    return Request(
        id=str(k),
        organisation="all",
        pickup=k,
        dropoff=k + count,
        pickup_window=_window(on),
        arrival_window=_window(off),
        persons=int(on[4]),
        board_s=round(on[3] * SCALE),
        alight_s=round(off[3] * SCALE),
        sharing=Sharing(detour_s=ride - int(travel.seconds[k, k + count])),
    )


def _window(row: npt.NDArray[np.float64]) -> Window:
    return Window(math.ceil(row[5] * SCALE), math.floor(row[6] * SCALE))


def _distance_only() -> Params:
    nothing = {f.name: 0 for f in fields(Weights)}
    weights = Weights(**{**nothing, "empty_per_km": SCALE, "loaded_per_km": SCALE, "unserved": 1_000_000})
    return Params(weights=weights, early_s=0, comfortable_slack_s=0, overtime_limit_s=0, park_s=1 << 30)
