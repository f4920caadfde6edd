"""Commands: demo, simulate, replay."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from fleet.local.errors import LocalServiceError
from fleet.local.paths import demo_paths
from schemas.clock import SHANGHAI
from simulators.errors import SimulatorError

if TYPE_CHECKING:
    from simulators.play.conductor import Conductor

app = typer.Typer()

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Folder of the demo's data.")]
Seed = Annotated[int, typer.Option(help="Another seed gives another city and another day.")]
Hold = Annotated[
    list[str] | None, typer.Option(help="Drivers whose phone a person may take; `all` is everybody's.")
]
Jt808 = Annotated[
    int,
    typer.Option(
        min=0, max=8, help="Cars that report over JT/T 808, set when a city begins; the rest use MQTT."
    ),
]
HoldS = Annotated[float, typer.Option(help="Real seconds they leave it: to accept, then at every step.")]


@app.command()
def demo(
    rate: Annotated[float, typer.Option(min=1, max=240, help="Simulated seconds in a real second.")] = 6,
    seed: Seed = 7,
    port: Annotated[int | None, typer.Option(help="Port of the web page; 8808 or the next free one.")] = None,
    data_dir: DataDir = None,
    until: Annotated[
        str | None,
        typer.Option(help="Stop at this simulated moment (2026-03-11T22:30) and print the report."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report there as JSON.")] = None,
    start: Annotated[
        str | None, typer.Option(help="Begin at this simulated moment instead of where the last run stopped.")
    ] = None,
    hold: Hold = None,
    hold_s: HoldS = 120,
    jt808: Jt808 = 3,
) -> None:
    """Run the whole product with a simulated city: its cars drive, its offices ask, some misbehave.

    Stop it with Ctrl-C; the next demo goes on where this one stopped.

    Example: motorpool demo --rate 10
    """
    from simulators.demo.stack import PERSONS_DRIVER, DemoOptions, run_demo

    options = DemoOptions(
        paths=demo_paths(data_dir),
        rate=rate,
        seed=seed,
        port=port,
        start=_moment(start),
        until=_moment(until),
        held=tuple(hold or (PERSONS_DRIVER,)),
        hold_s=hold_s,
        jt808=jt808,
    )
    try:
        outcome = run_demo(options)
    except (LocalServiceError, SimulatorError) as error:
        _fail(error)
    if outcome is not None:
        outcome.show(Console())
        if report is not None:
            report.write_text(json.dumps(asdict(outcome), ensure_ascii=False, indent=1, default=str))
        raise typer.Exit(0 if outcome.nothing_lost else 1)


@app.command(hidden=True)
def simulate(
    data_dir: Annotated[Path, typer.Option("--data-dir")],
    seed: Seed = 7,
    hold: Hold = None,
    hold_s: HoldS = 120,
    jt808: Jt808 = 3,
    patience_min: Annotated[float, typer.Option(help="The second clerk confirms what is due within.")] = 12,
    misconduct: Annotated[bool, typer.Option(help="Play the scripted misconduct.")] = True,
) -> None:
    """Play the outside world against a running product, which MOTORPOOL_* variables name. Part of `demo`.

    Example: motorpool simulate --data-dir /var/lib/motorpool/demo
    """
    from fleet.local.secrets import SecretFile
    from fleet.settings import Settings
    from ingest.jt808.settings import GatewaySettings
    from schemas.logging import configure_logging
    from simulators.play.conductor import Conductor, Outside, Script
    from simulators.play.diary import Diary
    from simulators.terminals.jt808_radio import GatewayAddress
    from simulators.terminals.radio import BrokerAddress
    from simulators.world import demo_passwords

    settings, gateway = Settings(), GatewaySettings()
    configure_logging(settings, "simulate")
    clock = settings.the_clock
    secrets = SecretFile(data_dir / "secrets.json")
    script = Script(
        seed=seed,
        first_day=clock.now().astimezone(SHANGHAI).date(),
        passwords=demo_passwords(seed),
        terminal_passwords=secrets.terminal_password,
        jt808=jt808,
        held=frozenset(hold or ()),
        hold=timedelta(seconds=hold_s * clock.rate),
        clerk_patience=timedelta(minutes=patience_min),
        misconduct=misconduct,
    )
    outside = Outside(
        web=f"http://{settings.http_host}:{settings.http_port}",
        broker=BrokerAddress.of(settings.mqtt_url.get_secret_value()),
        gateway=GatewayAddress(gateway.gateway_host, gateway.gateway_port),
        valhalla=settings.valhalla_url,
    )
    asyncio.run(_until_told(Conductor(script, outside, clock, Diary(data_dir / "simulator"))))


@app.command()
def replay(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="GPX, NMEA, CSV or .plt files.")
    ],
    terminal: Annotated[
        str, typer.Option(help="Id of the terminal, which gets a car of its own.")
    ] = "REPLAY01",
    speed: Annotated[
        float, typer.Option(min=0, help="Recorded seconds in a real second; 0 is as fast as it goes.")
    ] = 0,
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Keep the recorded times instead of ending now.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Data folder of the running stack.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Publish recorded tracks to a running stack as a terminal would; all files are one track.

    Example: motorpool replay track.gpx --speed 60
    """
    from fleet.local.state import running_paths
    from fleet.supervision.errors import TrackFileError
    from fleet.supervision.files import read_track
    from simulators.replay.play import play

    try:
        recording = read_track(files)
        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("acknowledged", total=len(recording.fixes))
            enrolled = asyncio.run(
                play(
                    recording,
                    running_paths(data_dir),
                    terminal,
                    speed=speed,
                    keep_times=keep_times,
                    progress=lambda done, _total: bar.update(task, completed=done),
                )
            )
    except (SimulatorError, TrackFileError, LocalServiceError) as error:
        _fail(error)
    told = {
        "terminal": enrolled.terminal,
        "plate": enrolled.plate,
        "fixes": len(recording.fixes),
        "passed_over": recording.complaints,
        "url": enrolled.web,
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    console = Console()
    console.print(f"{len(recording.fixes)} fixes of {enrolled.plate} are stored")
    for complaint in recording.complaints[:20]:
        console.print(f"[yellow]![/] {escape(complaint)}", highlight=False)
    console.print(
        f"See its trips at {enrolled.web} as {enrolled.auditor}, password {enrolled.auditor_password}",
        highlight=False,
    )


async def _until_told(conductor: Conductor) -> None:
    playing = asyncio.create_task(conductor.play())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await playing


def _moment(text: str | None) -> datetime | None:
    """A simulated moment as people write it: Shanghai time unless it says otherwise."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a moment: write 2026-03-11T22:30") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _fail(error: Exception) -> NoReturn:
    console = Console(stderr=True)
    console.print(f"[red]✗[/] {escape(str(error))}", highlight=False)
    remedy = getattr(error, "remedy", "")
    if remedy:
        console.print(f"  → {escape(remedy)}", highlight=False)
    raise typer.Exit(1)
