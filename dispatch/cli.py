"""The command `solve`: a problem from a file, its plan with reasons to the screen or as JSON."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dispatch.errors import DispatchError
from dispatch.planner import plan
from dispatch.problem import Problem
from dispatch.results import NoOption, Option, Plan, Reason
from dispatch.wire import decode_problem, encode
from schemas.clock import SHANGHAI

app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)

EXIT_UNSERVED = 3


@app.callback()
def dispatch() -> None:
    """Requests to plan."""


@app.command(epilog="Example: motorpool solve tomorrow.json --seconds 10 --json > plan.json")
def solve(
    file: Annotated[Path, typer.Argument(help="The problem as JSON (fields as in dispatch/problem.py).")],
    seconds: Annotated[float, typer.Option(min=0.1, help="Longest time for the search, seconds.")] = 5.0,
    seed: Annotated[int, typer.Option(help="One seed gives one plan, if the time suffices.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Plan the open requests of a problem file.

    Exit code 0 when all are served, 3 when some are not, 2 when the file is not a problem.
    """
    screen, complaints = Console(), Console(stderr=True)
    try:
        problem = decode_problem(file.read_bytes())
        found = plan(problem, time_limit_s=seconds, seed=seed)
    except OSError as error:
        complaints.print(f"{file}: {error.strerror}. Give a file that can be read.", style="red")
        raise typer.Exit(2) from error
    except DispatchError as error:
        complaints.print(f"{file}: {error}", style="red", markup=False)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(encode(found))
    else:
        show(screen, problem, found)
    raise typer.Exit(EXIT_UNSERVED if found.unserved else 0)


def show(screen: Console, problem: Problem, found: Plan) -> None:
    """The plan as a table, one line per option, and what keeps the others."""
    table = Table("request", "no", "car", "driver", "arrives", "slack", "empty", "added", "why")
    for proposal in found.proposals:
        for number, option in enumerate(proposal.options, start=1):
            table.add_row(proposal.request_id, str(number), *_cells(problem, option))
    screen.print(table)
    for proposal in found.proposals:
        if proposal.no_option is not None:
            screen.print(_nothing(problem, proposal.no_option), markup=False)
    served = len(found.proposals) - len(found.unserved)
    screen.print(
        f"{served} of {len(found.proposals)} requests served, cost {found.cost.total_fen / 100:.2f} yuan "
        f"(unserved included), by {found.solver}, seed {found.seed}, checked"
    )


def _cells(problem: Problem, option: Option) -> list[str]:
    return [
        option.run.vehicle_id,
        option.run.driver_id,
        _clock(problem, option.arrive),
        f"{option.pickup_slack_s // 60} min",
        f"{option.empty_m / 1000:.1f} km",
        f"{option.cost.total_fen / 100:.2f}",
        ", ".join(_words(r) for r in option.reasons),
    ]


def _clock(problem: Problem, second: int) -> str:
    return (problem.epoch + timedelta(seconds=second)).astimezone(SHANGHAI).strftime("%H:%M")


def _words(reason: Reason) -> str:
    sign = {"plus": "+", "minus": "-", "neutral": ""}[reason.tone]
    inside = " ".join(f"{key}={value}" for key, value in reason.values.items())
    return f"{sign}{reason.code} {inside}".strip()


def _nothing(problem: Problem, none: NoOption) -> str:
    counts = ", ".join(f"{c.constraint} {c.vehicles}" for c in none.counts)
    helps = "; ".join(
        f"{r.kind} {r.amount}" + (f" (at {_clock(problem, r.pickup)})" if r.pickup is not None else "")
        for r in none.relaxations
    )
    return f"{none.request_id}: no car of {none.checked} ({counts}). Would help: {helps or 'nothing small'}."
