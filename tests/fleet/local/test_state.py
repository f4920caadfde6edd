from __future__ import annotations

from pathlib import Path

import pytest

from fleet.local.paths import demo_paths, local_paths
from fleet.local.state import StackFile, running_paths


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOTORPOOL_DATA_DIR", str(tmp_path))
    return tmp_path


def test_without_a_folder_the_demo_is_found_when_only_the_demo_runs(home: Path) -> None:
    demo_paths().data.mkdir(parents=True)

    with StackFile(demo_paths().data).hold():
        found = running_paths()

    assert found.data == home / "demo"
    assert running_paths().data == home


def test_the_real_stack_comes_before_the_demo(home: Path) -> None:
    demo_paths().data.mkdir(parents=True)

    with StackFile(demo_paths().data).hold(), StackFile(local_paths().data).hold():
        found = running_paths()

    assert found.data == home
