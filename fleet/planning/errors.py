"""What can go wrong between the office and the planner."""

from __future__ import annotations

from fleet.errors import ConflictError, FleetError, UnavailableError


class RouterDownError(UnavailableError):
    """The road network does not answer; times are then estimated by straight line and marked so."""


class RouterRefusedError(FleetError):
    """The road network answered that it cannot serve these places, for instance because no road is near."""

    status, kind, title = 422, "no-road", "No road there"


class PlannerDownError(UnavailableError):
    """No planner leads; manual dispatch still works."""


class NotLeadingError(UnavailableError):
    """This planner stands by, another one leads."""


class StaleLeaderError(FleetError):
    """Another planner leads since: what this one wanted to write is refused."""


class BlockedError(ConflictError):
    """The car or driver chosen by hand breaks a rule of dispatch."""

    kind, title = "blocked", "Not possible with this car and driver"
