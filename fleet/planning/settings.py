"""What the planner may be told, from environment variables `MOTORPOOL_PLANNING_*`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class PlanningSettings(BaseSettings):
    """Times ending in `_business_s` run on the business clock, all others on real time."""

    model_config = SettingsConfigDict(env_prefix="MOTORPOOL_PLANNING_", frozen=True, extra="ignore")

    horizon_h: Positive = 36
    """Requests whose passengers are ready within this time are planned."""
    vehicle_classes: list[str] = ["general", "emergency"]
    """Classes that may serve pooled requests (DOMAIN 1.1); the others stay with their units."""
    poll_s: Positive = 0.5
    sweep_business_s: Positive = 60
    """Plan again at least this often while requests are open: cars move and time passes."""
    rest_s: NotNegative = 3
    """Least real time between two searches, so that a fast clock does not keep a core busy."""
    search_s: Positive = 2
    """Longest search for the plan of all open requests."""
    proposal_life_business_s: Positive = 900
    router_timeout_s: Positive = 10
    answer_timeout_s: Positive = 15
    """How long the office waits for the planner's immediate answer."""

    petrol_yuan_per_km: NotNegative = 0.75
    diesel_yuan_per_km: NotNegative = 0.70
    hybrid_yuan_per_km: NotNegative = 0.45
    electric_yuan_per_km: NotNegative = 0.25
    driver_yuan_per_h: NotNegative = 30

    @property
    def horizon(self) -> timedelta:
        return timedelta(hours=self.horizon_h)

    @property
    def proposal_life(self) -> timedelta:
        return timedelta(seconds=self.proposal_life_business_s)

    @property
    def sweep(self) -> timedelta:
        return timedelta(seconds=self.sweep_business_s)
