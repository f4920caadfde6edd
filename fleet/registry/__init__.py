"""The register: organisations, people, vehicles, depots, terminals, places; its import and its lists."""

from __future__ import annotations
