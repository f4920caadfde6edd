from __future__ import annotations

import pytest

from schemas.api.registry import RegistryImport
from simulators.city import City
from tests.simulators.scenery import demo_town, demo_world


@pytest.fixture(scope="session")
def town() -> City:
    """The city of the demo."""
    return demo_town()


@pytest.fixture(scope="session")
def world() -> RegistryImport:
    """The organisation of the demo."""
    return demo_world()
