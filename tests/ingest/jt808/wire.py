"""What JT/T 808 can say, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st

from ingest.jt808.header import Frame, Header, Part, Version
from ingest.jt808.location import Item, Location, status_with_hemispheres

unhurried = settings(deadline=None)
words = st.integers(0, 0xFFFF)
phones = st.from_regex(r"[1-9][0-9]{0,11}", fullmatch=True)
moments = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
parts = st.none() | st.integers(1, 0xFFFF).flatmap(
    lambda total: st.builds(Part, st.just(total), st.integers(1, total))
)
headers = st.builds(
    Header,
    message_id=words,
    phone=phones,
    serial=words,
    version=st.just(Version.V2013),
    encryption=st.integers(0, 7),
    part=parts,
) | st.builds(
    Header,
    message_id=words,
    phone=st.from_regex(r"[1-9][0-9]{0,19}", fullmatch=True),
    serial=words,
    version=st.just(Version.V2019),
    protocol_version=st.integers(0, 255),
    encryption=st.integers(0, 7),
    part=parts,
)
frames = st.builds(Frame, headers, st.binary(max_size=1_023))
items = st.lists(st.builds(Item, st.integers(0, 255), st.binary(max_size=40)), max_size=6).map(tuple)


@st.composite
def locations(draw: st.DrawFn) -> Location:
    latitude = draw(st.integers(-90_000_000, 90_000_000)) / 1_000_000
    longitude = draw(st.integers(-180_000_000, 180_000_000)) / 1_000_000
    return Location(
        alarm=draw(st.integers(0, 2**32 - 1)),
        status=status_with_hemispheres(draw(st.integers(0, 2**32 - 1)), latitude, longitude),
        latitude=latitude,
        longitude=longitude,
        altitude=draw(words),
        speed=draw(words) / 10,
        direction=draw(words),
        time=draw(st.none() | moments),
        items=draw(items),
    )
