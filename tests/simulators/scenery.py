"""The demo's city and organisation, planned once; property tests cannot take them as fixtures."""

from __future__ import annotations

from functools import cache

from schemas.api.registry import RegistryImport
from simulators.city import City, plan_city
from simulators.world import build_world


@cache
def demo_town() -> City:
    return plan_city(seed=7)


@cache
def demo_world() -> RegistryImport:
    return build_world(demo_town(), seed=7)
