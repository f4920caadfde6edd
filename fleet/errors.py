"""Errors of the office. Each says what was wrong and what to do; the API turns them into problem details."""

from __future__ import annotations


class FleetError(Exception):
    """Something the office could not do."""

    status = 500
    kind = "internal"
    title = "Internal error"

    def __init__(self, detail: str, remedy: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy


class NotSignedInError(FleetError):
    status, kind, title = 401, "not-signed-in", "Not signed in"


class ForbiddenError(FleetError):
    status, kind, title = 403, "forbidden", "Not allowed"


class NotFoundError(FleetError):
    status, kind, title = 404, "not-found", "Not found"


class ConflictError(FleetError):
    """The state moved on: somebody was first, or the step is not possible from here."""

    status, kind, title = 409, "conflict", "The state has changed"


class InvalidError(FleetError):
    status, kind, title = 422, "invalid", "The request is not valid"


class UnavailableError(FleetError):
    status, kind, title = 503, "unavailable", "A service is not available"
