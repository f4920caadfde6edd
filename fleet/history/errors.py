"""Errors of the history of fixes."""

from __future__ import annotations

from fleet.errors import FleetError

REMEDY = "Restore it from a backup."


class HistoryError(FleetError):
    """Something the history of fixes could not do."""


class CorruptPackError(HistoryError):
    """A blob that is not what was packed: wrong magic, unknown version, another checksum."""


class PackMismatchError(HistoryError):
    """The rows of `position` changed while they were packed; nothing was written, the next run packs them."""
