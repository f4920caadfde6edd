"""`motorpool solve`: a file in, a plan out, an exit code a script can read."""

from __future__ import annotations

from pathlib import Path

import msgspec
from typer.testing import CliRunner, Result

from dispatch import Plan
from dispatch.cli import app
from dispatch.wire import encode
from tests.dispatch.pool import ask, pool

FITS = ask("Q1", 2, 5, "10:00", "11:00")
TOO_MANY = ask("Q2", 2, 5, "10:00", "11:00", persons=60)


def solve(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["solve", *arguments])


def test_the_plan_is_printed_with_reasons_and_what_would_help(tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_bytes(encode(pool(FITS, TOO_MANY)))

    result = solve(str(file), "--seconds", "0.5")

    assert result.exit_code == 3
    assert "09:55" in result.stdout
    assert "Q2: no car of 1 (seats 1)" in result.stdout
    assert "1 of 2 requests served" in result.stdout


def test_as_json_the_plan_can_be_read_back(tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_bytes(encode(pool(FITS)))

    result = solve(str(file), "--seconds", "0.5", "--json")

    assert result.exit_code == 0
    assert msgspec.json.decode(result.stdout, type=Plan).unserved == ()


def test_a_file_that_is_no_problem_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_text('{"epoch": 1}')

    wrong, missing = solve(str(file)), solve(str(tmp_path / "none.json"))

    assert (wrong.exit_code, missing.exit_code) == (2, 2)
    assert "$.epoch: Expected `datetime`" in wrong.stderr
    assert "No such file" in missing.stderr
