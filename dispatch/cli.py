"""Commands: `solve` plans a problem from a file, with reasons; `bench` measures answers and plans."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from dispatch.errors import DispatchError
from dispatch.planner import plan
from dispatch.problem import Problem
from dispatch.results import NoOption, Option, Plan, Reason
from dispatch.wire import decode_problem, encode
from schemas.clock import SHANGHAI

if TYPE_CHECKING:
    from dispatch.bench import Figures

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


@app.command(epilog="Example: motorpool bench dispatch --seconds 10 --instances darp --json bench.json")
def bench(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here as JSON.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Longest time for each search, seconds.")] = 2.0,
    instances: Annotated[
        Path | None,
        typer.Option(
            envvar="MOTORPOOL_DARP_INSTANCES", help="Dial-a-ride instances, best_known.json beside."
        ),
    ] = None,
    vehicles: Annotated[int, typer.Option(min=1, help="Cars of the made-up day, a driver for each.")] = 45,
    dispatched: Annotated[int, typer.Option(min=0, help="Requests in force on that day.")] = 60,
    open_: Annotated[int, typer.Option("--open", min=1, help="Requests to plan on that day.")] = 30,
) -> None:
    """Measure immediate answers and plans: against insertion alone, and against best known costs."""
    from dispatch.bench import DaySize, bench

    try:
        figures = bench(seconds, instances, DaySize(vehicles, dispatched, open_))
    except (OSError, DispatchError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(2) from error
    show_figures(Console(), figures)
    if json_file is not None:
        json_file.write_bytes(msgspec.json.encode(figures))


def show_figures(screen: Console, figures: Figures) -> None:
    """The figures as tables: the day, then each instance beside its limit."""
    day = figures.day
    table = Table(
        "a day", "measured", title=f"{day.vehicles} cars, {day.dispatched} in force, {day.open} open"
    )
    table.add_row("answer, p50 / p99", f"{day.options_cpu_ms_p50:.2f} / {day.options_cpu_ms_p99:.2f} ms CPU")
    table.add_row("plan", f"{day.plan_cpu_s:.2f} s CPU in {day.plan_s:.2f} s, by {day.solver}")
    table.add_row("insertion only", f"{day.insertion_cpu_s:.3f} s CPU")
    table.add_row("cost, plan / insertion", f"{day.cost_ratio:.4f}")
    table.add_row("added cost, plan / insertion", f"{day.added_cost_ratio:.4f}")
    table.add_row("unserved, plan / insertion", f"{day.unserved} / {day.unserved_by_insertion}")
    screen.print(table)
    if not figures.instances:
        return
    table = Table(
        "instance", "served", "cost", "best known", "gap", "CPU", title=f"{figures.seconds:g} s of search"
    )
    for one in figures.instances:
        gap = "-" if one.gap_percent is None else f"{one.gap_percent:.2f} %"
        served = f"{one.served} of {one.requests}"
        table.add_row(one.name, served, f"{one.cost:.2f}", f"{one.best_known:.2f}", gap, f"{one.cpu_s:.2f} s")
    screen.print(table)


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
