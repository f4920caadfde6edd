"""Options of the fault tests, and a demo that is stopped whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from fleet.local.engines import Engines
from tests.faults.demo import Demo, data_folder, start_demo


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The same seed gives the same faults in the same order."""
    return int(request.config.getoption("--seed"))


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.fixture
def demo(engines: Engines) -> Iterator[Callable[..., Demo]]:
    """`demo("--rate", "40")` starts `motorpool demo` with these options on fresh data."""
    with ExitStack() as afterwards:

        def start(*options: str) -> Demo:
            running = start_demo(afterwards.enter_context(data_folder()), *options)
            afterwards.callback(running.stop)
            return running

        yield start
