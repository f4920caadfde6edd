"""`motorpool bench dispatch`: figures of one run as a table and as JSON; they are not judged here."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
from typer.testing import CliRunner, Result

from dispatch.bench import Figures
from dispatch.cli import app

TINY = ("--vehicles", "3", "--dispatched", "2", "--open", "3", "--seconds", "0.2")
INSTANCE = """1 2 480 3 30
0 0 0 0 0 0 480
1 1 1 3 1 0 1440
2 -1 2 3 1 0 1440
3 2 2 3 -1 60 90
4 -2 3 3 -1 200 230
"""


def bench(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["bench", *arguments])


def test_a_day_and_the_literature_are_measured_and_written_as_json(tmp_path: Path) -> None:
    for name in ("a2-16", "a3-18", "a2-24"):
        (tmp_path / f"{name}.txt").write_text(INSTANCE)
    known = {name: {"value": 12.5} for name in ("a2-16", "a3-18", "a2-24")}
    (tmp_path / "best_known.json").write_text(json.dumps(known))
    file = tmp_path / "bench.json"

    result = bench(*TINY, "--instances", str(tmp_path), "--json", str(file))

    assert result.exit_code == 0, result.output
    figures = msgspec.json.decode(file.read_bytes(), type=Figures)
    assert (figures.day.vehicles, figures.day.dispatched + figures.day.open) == (3, 5)
    assert figures.day.cost_ratio <= 1
    assert [(i.name, i.served) for i in figures.instances] == [("a2-16", 2), ("a3-18", 2), ("a2-24", 2)]
    assert "added cost, plan / insertion" in result.stdout
    assert "12.50" in result.stdout


def test_a_folder_without_instances_is_refused_in_words(tmp_path: Path) -> None:
    missing = bench(*TINY, "--instances", str(tmp_path / "nowhere"))
    (tmp_path / "best_known.json").write_text("{}")
    empty = bench(*TINY, "--instances", str(tmp_path))

    assert (missing.exit_code, empty.exit_code) == (2, 2)
    assert "No such file" in missing.stderr
    assert "Give a folder of dial-a-ride instances" in empty.stderr
