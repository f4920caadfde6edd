"""What supervision cannot do."""

from __future__ import annotations

from fleet.errors import FleetError


class SupervisionError(FleetError):
    """Something supervision could not do."""


class TrackFileError(SupervisionError):
    """A track file that cannot be read; names file, line and what was expected."""

    status, kind, title = 422, "track-file", "The track file cannot be read"


class MatchingUnavailableError(SupervisionError):
    """Valhalla does not answer; what waits for road matching is looked at again later."""

    status, kind, title = 503, "matching-unavailable", "Road matching is not available"


class FencedError(SupervisionError):
    """Another process has claimed this vehicle since: what was computed here is dropped."""
