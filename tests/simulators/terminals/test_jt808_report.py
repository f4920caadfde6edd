"""What a JT/T 808 terminal tells is what the gateway understands."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ingest.jt808.header import LONGEST_BODY, Version
from ingest.jt808.location import read_location, write_location
from ingest.jt808.messages.registry import write_body
from ingest.jt808.messages.reports import LocationBatchReport
from ingest.jt808.translate import fix_of
from schemas.telemetry import Fix, content_digest
from simulators.terminals.jt808_report import (
    LARGEST_BATCH,
    as_the_standard_says_it,
    late_reports,
    location_of,
)

ACC_AND_FIXED = 0b11

taken = st.builds(
    Fix,
    time=st.integers(1_600_000_000_000, 1_900_000_000_000),
    sent=st.just(0),
    boot=st.just(1),
    seq=st.integers(0, 2**31),
    oldest=st.just(0),
    lon=st.floats(-180, 180).map(lambda degrees: round(degrees, 6)),
    lat=st.floats(-90, 90).map(lambda degrees: round(degrees, 6)),
    speed=st.floats(0, 300).map(lambda speed: round(speed, 1)),
    heading=st.floats(0, 360),
    fixed=st.just(True),
    altitude=st.floats(0, 8_000),
    odometer=st.floats(0, 1_000_000),
    ignition=st.just(True),
    energy=st.floats(0, 100),
    satellites=st.integers(0, 99),
    hdop=st.floats(0, 50),
    status=st.just(ACC_AND_FIXED),
)


@given(taken)
def test_the_gateway_understands_exactly_what_was_told(fix: Fix) -> None:
    """The digest of the ledger is that of the row, though neither side knows the other's words."""
    told = as_the_standard_says_it(fix)

    location = read_location(write_location(location_of(told)))
    moment = datetime.fromtimestamp(told.time // 1000, tz=UTC)
    understood = fix_of(location, moment, moment, boot=1, seq=fix.seq)

    assert understood.time == told.time
    assert content_digest(understood) == content_digest(told)


@given(taken)
def test_what_is_said_once_is_said_the_same_again(fix: Fix) -> None:
    told = as_the_standard_says_it(fix)
    assert as_the_standard_says_it(told) == told


@given(taken, st.integers(0, 3 * LARGEST_BATCH))
def test_a_backlog_goes_out_in_order_in_batches_that_fit_a_frame(fix: Fix, held: int) -> None:
    told = as_the_standard_says_it(fix)
    fixes = [msgspec.structs.replace(told, seq=number) for number in range(held)]

    reports = list(late_reports(fixes))

    assert [one.seq for _body, batch in reports for one in batch] == list(range(held))
    for body, batch in reports:
        assert isinstance(body, LocationBatchReport)
        assert (body.count, body.type, len(body.items)) == (len(batch), 1, len(batch))
        assert len(write_body(body, Version.V2019)) <= LONGEST_BODY
