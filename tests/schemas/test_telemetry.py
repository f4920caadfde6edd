from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.telemetry import Fix, content_digest, shard, topic

fixes = st.builds(
    Fix,
    time=st.integers(0, 2**45),
    sent=st.integers(0, 2**45),
    boot=st.integers(0, 2**31 - 1),
    seq=st.integers(0, 2**50),
    oldest=st.integers(0, 2**50),
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    speed=st.floats(0, 500),
    heading=st.floats(0, 360),
    fixed=st.booleans(),
    ignition=st.none() | st.booleans(),
    satellites=st.none() | st.integers(0, 99),
)


@given(fixes)
def test_a_fix_survives_json_and_messagepack_unchanged(fix: Fix) -> None:
    assert msgspec.json.decode(msgspec.json.encode(fix), type=Fix) == fix
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(fix), type=Fix) == fix


@given(fixes, st.integers(0, 2**31 - 1), st.integers(0, 2**50), st.integers(0, 2**45))
def test_sending_again_under_another_number_keeps_the_digest(
    fix: Fix, boot: int, seq: int, sent: int
) -> None:
    """DESIGN 4.1: the key is terminal, event time and content, whatever number a re-send carries."""
    again = msgspec.structs.replace(fix, boot=boot, seq=seq, sent=sent, oldest=0)

    assert content_digest(again) == content_digest(fix)


@given(fixes)
def test_another_content_has_another_digest(fix: Fix) -> None:
    assert content_digest(msgspec.structs.replace(fix, fixed=not fix.fixed)) != content_digest(fix)


def test_the_shard_of_a_terminal_never_changes() -> None:
    """Workers own ranges of shards and terminals are enrolled on their topic: this is a wire contract."""
    assert shard("T0001") == "5a"
    assert topic("T0001", "fix") == "mp/v1/5a/T0001/fix"
