"""Delimiters, escapes and the checksum: a stream of bytes to frames and back.

A frame is 0x7e, escaped content, 0x7e. In the content 0x7e is written 7d 02 and 0x7d is written 7d 01; its
last byte is the exclusive or of all before it.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

from ingest.jt808.errors import ChecksumError, FrameError

DELIMITER = 0x7E
LONGEST_CONTENT = 21 + 1023 + 1
"""The longest header, body and checksum."""
LONGEST_RUN = 2 * LONGEST_CONTENT
"""The same with every byte escaped."""
BAD_ESCAPE = re.compile(rb"\x7d(?![\x01\x02])")


class Framer:
    """Cuts a stream into what stands between delimiters, however the network splits it. Bounded memory."""

    def __init__(self) -> None:
        self._run = bytearray()
        self._synchronised = False  # nothing counts before the first delimiter
        self._skipping = False  # the run was too long and has been given out

    def feed(self, data: bytes) -> list[bytes]:
        """Escaped contents completed by `data`.

        One that exceeds `LONGEST_RUN` is given out cut off just beyond it, once; `open_content` refuses it.
        """
        first, *others = data.split(bytes([DELIMITER]))
        runs: list[bytes] = []
        self._extend(first, runs)
        for part in others:
            if self._run and not self._skipping:
                runs.append(bytes(self._run))
            self._run.clear()
            self._synchronised, self._skipping = True, False
            self._extend(part, runs)
        return runs

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._run)

    def _extend(self, part: bytes, runs: list[bytes]) -> None:
        if not self._synchronised or self._skipping:
            return
        self._run += part[: LONGEST_RUN + 1 - len(self._run)]
        if len(self._run) > LONGEST_RUN:
            runs.append(bytes(self._run))
            self._run.clear()
            self._skipping = True


def open_content(run: bytes) -> bytes:
    """Header and body of an escaped content. Raises FrameError and ChecksumError."""
    if len(run) > LONGEST_RUN:
        raise FrameError(f"Longer than {LONGEST_RUN} bytes without a delimiter 7e")
    escape = BAD_ESCAPE.search(run)
    if escape is not None:
        raise FrameError(f"7d at byte {escape.start() + 1} is not followed by 01 or 02")
    content = run.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    if len(content) < 2:
        raise FrameError("Nothing between the delimiters 7e")
    said, computed = content[-1], checksum(content[:-1])
    if said != computed:
        raise ChecksumError(f"Wrong checksum: the frame says {said:02x}, its content gives {computed:02x}")
    return content[:-1]


def close_content(content: bytes) -> bytes:
    """The whole frame, delimiters included, of header and body."""
    checked = content + bytes([checksum(content)])
    return b"\x7e" + checked.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def checksum(content: bytes) -> int:
    return reduce(xor, content, 0)
