"""Delimiters, escapes, checksum, header."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.jt808.errors import ChecksumError, FieldError, FrameError
from ingest.jt808.framing import LONGEST_RUN, Framer, close_content, open_content
from ingest.jt808.header import Frame, Header, Part, Version, read_frame, write_frame
from tests.ingest.jt808.wire import frames, unhurried


@unhurried
@given(content=st.binary(min_size=1, max_size=1_044))
def test_what_is_closed_is_opened_again(content: bytes) -> None:
    (run,) = Framer().feed(close_content(content))

    assert open_content(run) == content
    assert b"\x7e" not in run


@unhurried
@given(frame=frames)
def test_a_frame_that_is_written_is_read_again(frame: Frame) -> None:
    (run,) = Framer().feed(write_frame(frame))

    assert read_frame(run) == frame


@unhurried
@given(sent=st.lists(frames, max_size=5), cuts=st.lists(st.integers(0, 6_000), max_size=20))
def test_frames_come_whole_however_the_network_splits_them(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(write_frame(frame) for frame in sent)
    framer = Framer()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]

    runs = [run for start, end in pairwise(edges) for run in framer.feed(stream[start:end])]

    assert [read_frame(run) for run in runs] == sent
    assert not framer.partial


@unhurried
@given(noise=st.binary(max_size=200).filter(lambda noise: b"\x7e" not in noise), frame=frames)
def test_noise_before_the_first_delimiter_is_passed_over(noise: bytes, frame: Frame) -> None:
    (run,) = Framer().feed(noise + write_frame(frame))

    assert read_frame(run) == frame


@unhurried
@given(frame=frames, position=st.integers(0), flip=st.integers(1, 255))
def test_a_damaged_byte_is_noticed(frame: Frame, position: int, flip: int) -> None:
    """Within an escape too: there the checksum may agree, the length then does not."""
    damaged = bytearray(write_frame(frame)[1:-1])
    damaged[position % len(damaged)] ^= flip

    with pytest.raises(FrameError):
        read_frame(bytes(damaged))


def test_a_run_without_end_costs_bounded_memory_and_the_next_frame_is_read() -> None:
    framer = Framer()
    frame = Frame(Header(2, "13800000001", 1), b"")
    runs = framer.feed(b"\x7e" + b"\x01" * 10 * LONGEST_RUN)
    runs += framer.feed(b"\x01" * 10 * LONGEST_RUN + write_frame(frame))

    assert [len(run) for run in runs[:-1]] == [LONGEST_RUN + 1]
    assert read_frame(runs[-1]) == frame
    with pytest.raises(FrameError, match="without a delimiter"):
        open_content(runs[0])


def test_frames_may_share_a_delimiter() -> None:
    one, two = (write_frame(Frame(Header(2, "13800000001", serial), b"")) for serial in (1, 2))

    runs = Framer().feed(one + two[1:])

    assert [read_frame(run).header.serial for run in runs] == [1, 2]


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (b"\x7d\x03\x00", "7d at byte 1"),
        (b"\x00\x7d", "7d at byte 2"),
        (b"\x01", "Nothing between"),
        (b"\x01\x02\x03", "too few for a header"),
    ],
)
def test_what_is_no_frame_is_refused_with_the_reason(run: bytes, reason: str) -> None:
    sealed = run if b"\x7d" in run or len(run) < 2 else close_content(run)[1:-1]

    with pytest.raises(FrameError, match=reason):
        read_frame(sealed)


def test_a_wrong_checksum_names_both_values() -> None:
    with pytest.raises(ChecksumError, match="says 01, its content gives 03"):
        open_content(b"\x01\x02\x01")


def test_a_fragment_beyond_its_total_cannot_be() -> None:
    (run,) = Framer().feed(write_frame(Frame(Header(2, "1", 1, part=Part(2, 3)), b"")))

    with pytest.raises(FrameError, match="Fragment 3 of 2"):
        read_frame(run)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (Header(2, "1234567890123", 1), b""),
        (Header(2, "12a", 1), b""),
        (Header(2, "1", 1, Version.V2019), bytes(1_024)),
    ],
)
def test_what_a_frame_cannot_say_is_not_written(header: Header, body: bytes) -> None:
    with pytest.raises(FieldError):
        write_frame(Frame(header, body))
