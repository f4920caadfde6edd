"""When a message's first fix was taken, read from it alone: for one message of a batch, to measure delays."""

from __future__ import annotations

import msgspec

from ingest.message import Message


class _Taken(msgspec.Struct):
    time: int


JSON = msgspec.json.Decoder(_Taken | list[_Taken])
MSGPACK = msgspec.msgpack.Decoder(_Taken | list[_Taken])


def fix_time(message: Message) -> float | None:
    """Unix seconds; None for what is not a fix or cannot be read."""
    if not message.topic.endswith("/fix"):
        return None
    for decoder in (JSON, MSGPACK):
        try:
            taken = decoder.decode(message.payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        first = taken[0] if isinstance(taken, list) and taken else taken
        return first.time / 1000 if isinstance(first, _Taken) else None
    return None
