"""The live picture: vehicles, counters, and the stream of what changes."""

from __future__ import annotations
