"""Reads a mosquitto.conf for what would lose messages or let strangers near them: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FEW_MESSAGES = 1_000_000
LONGEST_AUTOSAVE_S = 300
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Directive:
    name: str
    value: str
    line: int


@dataclass(frozen=True)
class Weakness:
    found: str
    remedy: str


def read_configuration(text: str) -> list[Directive]:
    """Every directive in its order; includes are not followed."""
    directives = []
    for number, line in enumerate(text.splitlines(), 1):
        name, _, value = line.strip().partition(" ")
        if name and not name.startswith("#"):
            directives.append(Directive(name, value.strip(), number))
    return directives


def weaknesses(directives: Sequence[Directive]) -> Iterator[Weakness]:
    """What Mosquitto 2 would do wrong with these; where a directive is missing, with its default."""
    yield from _queue(directives)
    yield from _persistence(directives)
    yield from _access(directives)
    yield from _listeners(directives)


def _queue(directives: Sequence[Directive]) -> Iterator[Weakness]:
    most = _number(directives, "max_queued_messages", 1000)
    if 0 < most < FEW_MESSAGES:
        yield Weakness(
            f"keeps {most} messages for a client that is away, then drops what it has acknowledged",
            "Set max_queued_messages 1000000000 and bound the memory with max_queued_bytes.",
        )
    if _number(directives, "max_queued_bytes", 0) == 0:
        yield Weakness(
            "queues without a bound on memory",
            "Set max_queued_bytes to what the machine can spare, such as 536870912.",
        )
    if _number(directives, "max_inflight_messages", 20) != 0:
        yield Weakness(
            "sends few messages at a time (max_inflight_messages)",
            "Set max_inflight_messages 0: clients state their own bound; 20 allow 400 messages a second.",
        )
    if _number(directives, "max_packet_size", 0) == 0:
        yield Weakness("accepts packets of any size", "Set max_packet_size 65536.")
    if _text(directives, "retain_available", "true") != "false":
        yield Weakness("accepts retained messages", "Set retain_available false.")


def _persistence(directives: Sequence[Directive]) -> Iterator[Weakness]:
    if _text(directives, "persistence", "false") != "true":
        yield Weakness("forgets its queues when it stops", "Set persistence true and persistence_location.")
    elif _number(directives, "autosave_interval", 1800) > LONGEST_AUTOSAVE_S:
        yield Weakness("saves its queues rarely", "Set autosave_interval 60.")


def _access(directives: Sequence[Directive]) -> Iterator[Weakness]:
    if _text(directives, "allow_anonymous", "false") == "true":
        yield Weakness("lets anybody connect", "Set allow_anonymous false.")
    if _text(directives, "acl_file", ""):
        yield Weakness(
            "has an acl_file: any terminal may join a shared subscription and take others' messages away",
            "Use the dynamic security plug-in, with everything denied by default.",
        )


def _listeners(directives: Sequence[Directive]) -> Iterator[Weakness]:
    """A listener owns the directives up to the next one."""
    starts = [index for index, one in enumerate(directives) if one.name in ("listener", "port")]
    for start, end in zip(starts, [*starts[1:], len(directives)], strict=True):
        own = directives[start:end]
        _, _, address = own[0].value.partition(" ")
        if address.strip() not in LOOPBACK and not _text(own, "certfile", ""):
            yield Weakness(
                f"line {own[0].line}: listens without TLS for other machines",
                "Give it certfile and keyfile, or bind it to 127.0.0.1.",
            )


def _text(directives: Sequence[Directive], name: str, default: str) -> str:
    return next((one.value for one in reversed(directives) if one.name == name), default)


def _number(directives: Sequence[Directive], name: str, default: int) -> int:
    value = _text(directives, name, str(default))
    return int(value) if value.isdigit() else default
