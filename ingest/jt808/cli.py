"""Commands for JT/T 808: read frames, run the gateway, speak to a terminal."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import msgspec
import typer

from ingest.jt808.errors import Jt808Error
from ingest.jt808.reading import FrameReader

app = typer.Typer()
jt808 = typer.Typer(no_args_is_help=True, help="JT/T 808: read frames, speak to terminals.")
app.add_typer(jt808, name="jt808")


@jt808.command(epilog="Example: motorpool jt808 decode 7e0002000012345678900000017e")
def decode(
    frame: Annotated[
        str | None, typer.Argument(metavar="HEX", help="One frame; without it, one a line.")
    ] = None,
) -> None:
    """Print what a frame says as JSON: header, body, locations in degrees, km/h, metres and UTC.

    Without HEX, one frame a line is read from standard input and one JSON a line printed, the reason in place
    of what cannot be read. Exit status 1 if anything could not be read.
    """
    reader = FrameReader()
    if frame is not None:
        try:
            _print(reader.read(frame))
        except Jt808Error as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        return
    lines = ((number, line.strip()) for number, line in enumerate(sys.stdin, 1))
    readable = [_decode_line(reader, number, line) for number, line in lines if line]
    if not all(readable):
        raise typer.Exit(1)


def _decode_line(reader: FrameReader, number: int, line: str) -> bool:
    try:
        _print(reader.read(line))
    except Jt808Error as error:
        typer.echo(f"line {number}: {error}", err=True)
        _print({"line": number, "error": type(error).__name__.removesuffix("Error"), "reason": str(error)})
        return False
    return True


def _print(content: dict[str, Any]) -> None:
    typer.echo(msgspec.json.encode(content).decode())
