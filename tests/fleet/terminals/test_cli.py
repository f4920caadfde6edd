"""`motorpool terminal` as an operator runs it."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from fleet.cli import app
from fleet.local.secrets import SecretFile
from fleet.local.state import StackFile

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def environment(town_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTORPOOL_DATABASE_URL", town_url)
    monkeypatch.setenv("MOTORPOOL_CREDENTIAL_KEY", KEY)


def motorpool(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["terminal", *arguments])


def test_the_list_is_for_machines_and_for_people() -> None:
    machine = json.loads(motorpool("list", "--json").output)

    assert [one["code"] for one in machine] == ["T0001", "T0002", "T0003"]
    assert "示A·10088" in motorpool("list").output


def test_a_secret_is_shown_once_and_the_state_afterwards(town_url: str) -> None:
    issued = json.loads(motorpool("credentials", "issue", "T0001", "--wait", "0", "--json").output)
    shown = motorpool("show", "T0001", "--json").output

    assert len(issued["secret"]) == 43
    assert issued["secret"] not in shown
    assert json.loads(shown)["credential"]["revision"] == 1
    with psycopg.connect(town_url) as database:
        actor = database.execute("SELECT actor FROM audit_entry WHERE action LIKE 'terminal.%'").fetchone()
    assert actor == ("operator at the command line",)


def test_what_is_not_in_force_yet_is_said() -> None:
    assert "has not been told yet" in motorpool("credentials", "issue", "T0001", "--wait", "0").output
    assert motorpool("credentials", "rotate", "T0001", "--wait", "0").exit_code == 0
    assert motorpool("credentials", "revoke", "T0001", "--wait", "0").exit_code == 0


def test_on_the_machine_of_a_running_stack_nothing_has_to_be_set(
    town_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOTORPOOL_DATABASE_URL")
    monkeypatch.delenv("MOTORPOOL_CREDENTIAL_KEY")
    monkeypatch.setenv("MOTORPOOL_DATA_DIR", str(tmp_path))
    SecretFile(tmp_path / "secrets.json").put("database_url", town_url)

    with StackFile(tmp_path).hold():
        issued = motorpool("credentials", "issue", "T0001", "--wait", "0", "--json")

    assert issued.exit_code == 0, issued.output


@pytest.mark.parametrize(
    "arguments", [("show", "T9999"), ("credentials", "rotate", "T0001"), ("credentials", "issue", "T9999")]
)
def test_what_cannot_be_done_is_an_error_with_its_remedy(arguments: tuple[str, ...]) -> None:
    result = motorpool(*arguments)

    assert result.exit_code == 1
    assert "T0001" in result.output or "T9999" in result.output
