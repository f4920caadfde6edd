"""Options of the fault tests, a demo that is stopped whatever happens, and a range to inject faults on."""

from __future__ import annotations

import itertools
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import psycopg
import pytest

from fleet.local.engines import Engines
from tests.faults.background import Background
from tests.faults.check import Auditor
from tests.faults.demo import Demo, data_folder, start_demo
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.record import Record
from tests.faults.stack import PASSWORD, STARTED, Stack, running_stack
from tests.faults.terminal import Terminal
from tests.ingest.conftest import eventually
from tests.ingest.terminal import Terminal as ProbingTerminal
from tests.ingest.world import Registry, fix

TERMINALS = tuple(f"F{number:04d}" for number in range(200))
PACE_S = 0.5
"""Of each terminal: 400 fixes a second altogether."""
OPEN_FILES = 20_000
BOOTS_OF_A_LOAD = 1_000
"""Tests share terminals; each load begins with a boot that none had before."""
_loads = itertools.count(1)

NewLoad: TypeAlias = Callable[..., tuple[Load, Auditor]]


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    """The same seed gives the same faults in the same order."""
    return int(request.config.getoption("--seed"))


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def record(pytestconfig: pytest.Config, seed: int, long: bool) -> Iterator[Record]:
    """`faults.json` of this run; its rows are printed at the end."""
    record = Record(pytestconfig.rootpath / "faults.json", seed, long)
    yield record
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stdout.write("\n" + "\n".join(record.lines()) + "\n")


@pytest.fixture
def demo(engines: Engines) -> Iterator[Callable[..., Demo]]:
    """`demo("--rate", "40")` starts `motorpool demo` with these options on fresh data."""
    with ExitStack() as afterwards:

        def start(*options: str) -> Demo:
            running = start_demo(afterwards.enter_context(data_folder()), *options)
            afterwards.callback(running.stop)
            return running

        yield start


@pytest.fixture(scope="session")
def open_files() -> Iterator[None]:
    """As many as the machine allows, for thousands of terminals."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, OPEN_FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="package")
def running(engines: Engines, open_files: None) -> Iterator[tuple[Stack, Background]]:
    """Database, broker and ingest worker, and the thread on which terminals and networks live."""
    with data_folder() as paths, running_stack(paths.data, engines) as (stack, background):
        enrol_with_vehicles(stack)
        yield stack, background


@pytest.fixture
def new_load(seed: int, tmp_path: Path) -> Iterator[NewLoad]:
    """`new_load(running, codes, address)` starts terminals, with a ledger of their own and its auditor."""
    with ExitStack() as afterwards:

        def start(
            where: tuple[Stack, Background],
            codes: Sequence[str],
            address: tuple[str, int],
            *,
            flowing: bool = True,
        ) -> tuple[Load, Auditor]:
            stack, background = where
            ledger = Ledger(tmp_path / f"{codes[0]}.ledger")
            afterwards.callback(ledger.close)
            boot = next(_loads) * BOOTS_OF_A_LOAD
            terminals = [Terminal(code, PASSWORD, address, ledger, boot, f"load/{seed}") for code in codes]
            load = Load(background, terminals, ledger, stack.clock, PACE_S, stack.words, flowing=flowing)
            afterwards.callback(load.stop)
            return load, Auditor(ledger.path, stack.database_url)

        yield start


def enrol_with_vehicles(stack: Stack) -> None:
    stack.enrol(TERMINALS)
    with psycopg.connect(stack.database_url) as connection:
        registry = Registry(connection)
        registry.depot()
        for code in TERMINALS:
            terminal_id = registry.value("SELECT id FROM terminal WHERE code = %s", code)
            registry.bind(terminal_id, registry.vehicle(f"示A·{code}"), STARTED)
    wait_until_heard(stack)


def wait_until_heard(stack: Stack) -> None:
    """Until the worker has subscribed: before that the broker keeps nothing for it."""
    code = "PROBE"
    stack.enrol_while_running(code)
    with ProbingTerminal(code, f"mqtt://{code}:{PASSWORD}@127.0.0.1:{stack.broker.port}") as probe:
        try:
            eventually(lambda: is_told_after_sending(probe), "a terminal is told of its fix")
        except AssertionError as error:
            raise AssertionError(stack.words()) from error


def is_told_after_sending(probe: ProbingTerminal) -> bool:
    probe.send(fix(0))
    return probe.wait(lambda: probe.is_told(1, 0), seconds=0.2)
