from __future__ import annotations

import struct
from pathlib import Path

import pytest

from fleet.errors import UnavailableError
from fleet.maps.pmtiles import HEADER_BYTES, read_extent
from fleet.settings import Settings
from tests.fleet.office import Office

BASE = "http://motorpool.test/map/base.pmtiles"


def archive_header() -> bytes:
    places = struct.pack(
        "<4iB2i", 1_169_000_000, 366_000_000, 1_171_000_000, 367_000_000, 12, 1_170_000_000, 366_500_000
    )
    return (b"PMTiles\x03" + bytes(94) + places).ljust(HEADER_BYTES, b"\0")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "base.pmtiles"
    path.write_bytes(archive_header() + b"tiles")
    return path


@pytest.fixture
def office_with_map(office: Office, archive: Path) -> Office:
    known: Settings = office.app.state.settings
    told = {"basemap": archive, "map_review_number": "示S(2026)001号"}
    office.app.state.settings = known.model_copy(update=told)
    return office


def test_an_archive_says_what_it_covers(archive: Path) -> None:
    extent = read_extent(archive)

    assert extent.bounds == (116.9, 36.6, 117.1, 36.7)
    assert extent.centre == (117.0, 36.65)


def test_something_else_is_not_taken_for_an_archive(tmp_path: Path) -> None:
    (tmp_path / "base.pmtiles").write_bytes(b"PK" * 100)

    with pytest.raises(UnavailableError, match="not a PMTiles archive"):
        read_extent(tmp_path / "base.pmtiles")


async def test_the_map_is_configured_from_its_archive(office_with_map: Office) -> None:
    clerk = await office_with_map.signed_in("clerk03")

    config = (await clerk.get("/map")).json()

    assert (config["tiles_url"], config["bounds"]) == ("/map/base.pmtiles", [116.9, 36.6, 117.1, 36.7])
    assert config["review_number"] == "示S(2026)001号"


async def test_without_a_base_map_the_screen_shows_where_the_places_are(office: Office) -> None:
    clerk = await office.signed_in("clerk03")

    config = (await clerk.get("/map")).json()

    assert (config["tiles_url"], config["bounds"]) == (None, [117.0, 36.65, 117.05, 36.68])


async def test_a_review_number_nobody_has_given_is_not_shown(office: Office) -> None:
    clerk = await office.signed_in("clerk03")

    assert (await clerk.get("/map")).json()["review_number"] == ""


async def test_a_part_of_the_archive_can_be_fetched(office_with_map: Office) -> None:
    answer = await office_with_map.browser().get(BASE, headers={"Range": "bytes=0-6"})

    assert (answer.status_code, answer.content) == (206, b"PMTiles")
    assert answer.headers["content-range"] == f"bytes 0-6/{HEADER_BYTES + 5}"


async def test_without_a_base_map_there_is_nothing_to_fetch(office: Office) -> None:
    assert (await office.browser().get(BASE)).status_code == 404
