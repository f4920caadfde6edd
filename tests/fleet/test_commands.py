from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_group
from typer.testing import CliRunner

import fleet
from fleet.cli import app
from fleet.commands import MODULES

PACKAGE = Path(fleet.__file__).parent


def test_the_table_names_every_command_of_every_domain() -> None:
    modules = [f"fleet.{file.parent.name}.cli" for file in PACKAGE.glob("*/cli.py")]
    found = {name: module for module in modules for name in get_group(import_module(module).app).commands}
    assert found == MODULES


@pytest.mark.parametrize("command", sorted(MODULES))
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert "Usage:" in shown.output


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(app, ["fly"]).exit_code == 2
