"""Track files and the command that finds trips in them."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from fleet.supervision.cli import app
from fleet.supervision.errors import TrackFileError
from fleet.supervision.files import read_track
from tests.fleet.supervision.drives import Drive

GPX = """<?xml version="1.0"?>
<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="36.65" lon="117.0"><time>2026-03-11T01:00:00Z</time></trkpt>
<trkpt lat="36.66" lon="117.0"><time>2026-03-11T01:01:40Z</time></trkpt>
</trkseg></trk></gpx>"""
PLT_HEAD = "Geolife trajectory\nWGS 84\nAltitude is in Feet\nReserved 3\n0,2,255,My Track,0,0,2,8421376\n0\n"
NMEA = """$GPRMC,010000.00,A,3639.0000,N,11700.0000,E,21.6,000.0,110326,,,A*5F
$GPGGA,010000.00,3639.0000,N,11700.0000,E,1,08,0.9,50.0,M,,M,,*00
$GPRMC,broken
"""


def test_gpx_speeds_follow_from_the_way(tmp_path: Path) -> None:
    file = tmp_path / "a.gpx"
    file.write_text(GPX)

    fixes = read_track([file]).fixes

    assert [fix.speed_kmh for fix in fixes] == pytest.approx([40.03, 40.03], abs=0.05)


def test_plt_lines_that_are_no_place_on_earth_are_passed_over_and_told(tmp_path: Path) -> None:
    file = tmp_path / "a.plt"
    file.write_text(
        PLT_HEAD
        + "39.98,116.29,0,0,40796.47,2011-09-10,11:30:41\n400.16,116.21,0,0,40796.47,2011-09-10,11:30:42\n"
    )

    recording = read_track([file])

    assert len(recording.fixes) == 1
    assert recording.complaints == [f"{file}, line 8: position 400.16, 116.21 is not on Earth"]


def test_csv_takes_the_usual_names_and_unix_time(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "timestamp,Latitude,LNG,speed,acc\n1773190800,36.65,117.0,42.5,on\n1773190800500,36.65,117.0,0,0\n"
    )

    first, second = read_track([file]).fixes

    assert (first.lon, first.lat, first.speed_kmh, first.ignition) == (117.0, 36.65, 42.5, True)
    assert (second.time - first.time).total_seconds() == 0.5
    assert second.ignition is False


def test_nmea_takes_what_its_checksum_vouches_for(tmp_path: Path) -> None:
    sentence = "GPRMC,010000.00,A,3639.0000,N,11700.0000,E,21.6,000.0,110326,,,A"
    checksum = 0
    for character in sentence:
        checksum ^= ord(character)
    file = tmp_path / "a.nmea"
    file.write_text(f"${sentence}*{checksum:02X}\n{NMEA}")

    fixes = read_track([file]).fixes

    assert len(fixes) == 1
    assert fixes[0].speed_kmh == pytest.approx(40.0, abs=0.01)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xyz", "", "unknown kind"),
        ("a.gpx", "<gpx", "not a GPX"),
        ("a.csv", "lat,lon\n1,2\n", "no column for time"),
        ("a.plt", PLT_HEAD, "no point"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: str, message: str) -> None:
    file = tmp_path / name
    file.write_text(content)

    with pytest.raises(TrackFileError, match=message):
        read_track([file])


def test_the_command_prints_trips_as_json_and_several_files_form_one_track(tmp_path: Path) -> None:
    drive = Drive().park(30).drive(8_000, 50).park(40)
    lines = [
        f"{f.time.isoformat()},{f.lon},{f.lat},{f.speed_kmh},{int(bool(f.ignition))}" for f in drive.fixes
    ]
    files = []
    for number, part in enumerate((lines[: len(lines) // 2], lines[len(lines) // 2 :])):
        file = tmp_path / f"{number}.csv"
        file.write_text("time,lon,lat,speed_kmh,ignition\n" + "\n".join(part))
        files.append(str(file))

    result = CliRunner().invoke(app, ["trips", *reversed(files), "--json"])

    (trip,) = orjson.loads(result.stdout)
    assert trip["start_time"].startswith("2026-03-11T00:2")
    assert trip["start_time"].endswith("Z")
    assert trip["distance_km"] == pytest.approx(8, rel=0.05)
    assert trip["moving_s"] == pytest.approx(576, abs=60)
    assert 0.9 < trip["confidence"] <= 1


def test_the_command_names_what_it_cannot_read(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["trips", str(tmp_path / "missing.gpx")])

    assert result.exit_code == 2
    assert "missing.gpx" in result.stderr
