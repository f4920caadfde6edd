"""Coverage-guided fuzzing of framer and decoder (atheris): `python -m tests.ingest.jt808.fuzz -runs=100000`.

Whatever comes is read or refused with a Jt808Error; what is read can be shown, and what is written again can
be read. Options are those of libFuzzer. The corpus is thrown away; a finding is kept among temporary files.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest.jt808"]):
    from ingest.jt808.errors import FieldError, Jt808Error
    from ingest.jt808.framing import LONGEST_CONTENT, Framer, close_content
    from ingest.jt808.header import Frame, read_frame
    from ingest.jt808.messages.registry import KINDS, Message, read_message, write_body
    from ingest.jt808.reassembly import Reassembler
    from ingest.jt808.show import show_message

HANG_S = 5


def try_stream(data: bytes) -> None:
    """Split by its own first byte, as a network might."""
    step = 1 + data[0] if data else 1
    framer, reassembler = Framer(), Reassembler()
    for at in range(0, len(data), step):
        _try_runs(framer.feed(data[at : at + step]), reassembler)


def try_content(data: bytes) -> None:
    """With a checksum that is right, so that what lies behind it is reached."""
    _try_runs(Framer().feed(close_content(data[:LONGEST_CONTENT])), Reassembler())


def _try_runs(runs: Iterable[bytes], reassembler: Reassembler) -> None:
    for run in runs:
        try:
            whole = reassembler.add(read_frame(run), now=0.0)
            message = read_message(whole.frame) if whole else None
        except Jt808Error:
            continue
        if message is not None:
            _try_message(message)


def _try_message(message: Message) -> None:
    show_message(message)
    try:
        body = write_body(message.body, message.version)
    except FieldError:  # a text with bytes that are none grows
        return
    try:
        again = read_message(Frame(message.header, body + message.trailing))
    except Jt808Error as error:
        raise AssertionError(f"written and not read: {message}") from error
    show_message(again)


def seeds(folder: Path) -> None:
    """One header of each kind with zeros behind it: where the fuzzer starts from."""
    for message_id in KINDS:
        content = (
            message_id.to_bytes(2, "big")
            + (60).to_bytes(2, "big")
            + bytes.fromhex("013800000001")
            + bytes(62)
        )
        (folder / f"{message_id:04x}").write_bytes(content)


def _try(data: bytes) -> None:
    try_content(data)
    try_stream(data)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="motorpool-fuzz-") as folder:
        seeds(Path(folder))
        options = [f"-timeout={HANG_S}", f"-artifact_prefix={tempfile.gettempdir()}/", *sys.argv[1:], folder]
        atheris.Setup([sys.argv[0], *options], _try)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
