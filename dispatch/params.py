"""What the planner may be told: prices, limits, margins. Every bound is checked when set."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from dispatch.errors import InvalidProblemError


@dataclass(frozen=True, slots=True)
class Weights:
    """Prices, in fen (0.01 yuan) per unit named. They rank plans; they are not the tariff of settlement."""

    empty_per_km: int = 240
    loaded_per_km: int = 200
    vehicle_used: int = 1500
    """Taking out a car that would otherwise stand all day."""
    driver_per_hour: int = 1200
    """The driver's time from leaving until back at the depot."""
    lateness_risk_per_min: int = 60
    """Per minute that the slack of a stop falls short of `Params.comfortable_slack_s`."""
    upgrade_per_step: int = 2000
    overtime_per_hour: int = 9000
    promise_changed: int = 500
    """Per dispatched request whose pick-up or arrival is told a later time, plus the next per minute."""
    promise_later_per_min: int = 100
    unserved: int = 200_000
    """Per open request left without a car, times its priority."""


@dataclass(frozen=True, slots=True)
class Params:
    """Margins and limits; times in seconds."""

    weights: Weights = field(default_factory=Weights)
    early_s: int = 300
    """A car sent out aims to be this much before the wanted pick-up."""
    comfortable_slack_s: int = 600
    overtime_limit_s: int = 1800
    range_reserve_permille: int = 100
    """Share of the full range that must be left when everything is done."""
    park_s: int = 1800
    """A longer stand without passengers is spent at the depot where time allows: as two runs."""
    spread_permille: int = 120
    """Half width of the 80 % interval of a travel time, per thousand of it."""

    def __post_init__(self) -> None:
        named = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name != "weights"]
        named += [(f"weights.{f.name}", getattr(self.weights, f.name)) for f in fields(self.weights)]
        for name, value in named:
            if value < 0:
                raise InvalidProblemError(f"params.{name}", f"{value} is negative", "Give zero or more")
