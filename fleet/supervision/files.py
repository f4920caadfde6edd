"""Track files: GPX, CSV, GeoLife .plt and NMEA 0183 logs become fixes.

Where a file gives no speed, it follows from the way between the neighbouring points.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import gpxpy
import pynmea2
from gpxpy.gpx import GPXException

from fleet.supervision.errors import TrackFileError
from fleet.supervision.geometry import distance_m
from fleet.supervision.tracks import Fix

KNOT_KMH = 1.852
PLT_HEADER_LINES = 6
CSV_COLUMNS = {
    "time": ("time", "timestamp", "datetime", "gps_time"),
    "lon": ("lon", "lng", "longitude"),
    "lat": ("lat", "latitude"),
    "speed": ("speed_kmh", "speed"),
    "heading": ("heading_deg", "heading", "course"),
    "ignition": ("ignition", "acc"),
    "satellites": ("satellites", "sats"),
}
REQUIRED_COLUMNS = ("time", "lon", "lat")


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a file. UTC, WGS-84 degrees, km/h; None where the file does not say."""

    time: datetime
    lon: float
    lat: float
    speed_kmh: float | None = None
    heading_deg: float = 0.0
    ignition: bool | None = None
    satellites: int | None = None
    fixed: bool = True


@dataclass(frozen=True, slots=True)
class Recording:
    """What track files held: the usable fixes in order of time, and what was wrong with the rest."""

    fixes: list[Fix]
    complaints: list[str]
    """One sentence for each line that was passed over, naming file, line and fault."""


def read_track(paths: Sequence[Path]) -> Recording:
    """All points of the files as one track. A bad line is passed over and told.

    Raises TrackFileError for a file that cannot be read at all or holds no point.
    """
    found: list[Point] = []
    complaints: list[str] = []
    for path in paths:
        points, bad = read_points(path)
        found += points
        complaints += bad
    found.sort(key=lambda point: point.time)
    fixes = [_fix(point) for point in found]
    completed = [
        replace(fix, speed_kmh=_speed_around(fixes, index)) if point.speed_kmh is None else fix
        for index, (fix, point) in enumerate(zip(fixes, found, strict=True))
    ]
    return Recording(completed, complaints)


def read_points(path: Path) -> tuple[list[Point], list[str]]:
    """The points of one file in its own order, and a sentence for each line that is none."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise TrackFileError(
            f"{path}: unknown kind of track file '{path.suffix}'",
            f"Give a file ending in one of {', '.join(sorted(READERS))}.",
        )
    points: list[Point] = []
    complaints: list[str] = []
    try:
        for item in reader(path):
            if isinstance(item, Point):
                points.append(item)
            else:
                complaints.append(f"{path}, {item}")
    except OSError as error:
        raise TrackFileError(f"{path}: {error.strerror}", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise TrackFileError(f"{path}: not a text file", "Convert it to UTF-8.") from error
    if not points:
        example = f"; {complaints[0]}" if complaints else ""
        raise TrackFileError(f"{path}: no point with a time and a position in it{example}", "Check the file.")
    return points, complaints


def _gpx(path: Path) -> Iterator[Point | str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            document = gpxpy.parse(file)
    except (GPXException, ValueError) as error:
        raise TrackFileError(f"{path}: not a GPX document: {error}", "Export it again.") from error
    for track in document.tracks:
        for segment in track.segments:
            for point in segment.points:
                if point.time is None:
                    continue
                speed = None if point.speed is None else point.speed * 3.6
                yield Point(
                    _utc(point.time),
                    point.longitude,
                    point.latitude,
                    speed,
                    heading_deg=point.course or 0.0,
                    satellites=None if point.satellites is None else int(point.satellites),
                )


def _plt(path: Path) -> Iterator[Point | str]:
    """GeoLife: latitude, longitude, 0, altitude in feet, day number, date, time in UTC."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if number <= PLT_HEADER_LINES or not line.strip():
            continue
        try:
            lat, lon, _, _, _, day, clock = line.split(",")
            moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
            yield _checked(Point(moment, float(lon), float(lat)))
        except ValueError as error:
            yield f"line {number}: {error}"


def _csv(path: Path) -> Iterator[Point | str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        names = {name.strip().lower(): name for name in rows.fieldnames or ()}
        columns = {
            meaning: next((names[alias] for alias in aliases if alias in names), None)
            for meaning, aliases in CSV_COLUMNS.items()
        }
        missing = [meaning for meaning in REQUIRED_COLUMNS if columns[meaning] is None]
        if missing:
            raise TrackFileError(
                f"{path}: no column for {', '.join(missing)}",
                "Name the columns time (ISO 8601 or Unix seconds), lon, lat; optionally speed_kmh, ignition.",
            )
        for row in rows:
            values = {
                meaning: (row[name] or "").strip() for meaning, name in columns.items() if name is not None
            }
            try:
                yield _checked(_csv_point(values))
            except ValueError as error:
                yield f"line {rows.line_num}: {error}"


def _csv_point(values: dict[str, str]) -> Point:
    speed, ignition, satellites = (values.get(key, "") for key in ("speed", "ignition", "satellites"))
    return Point(
        _moment(values["time"]),
        float(values["lon"]),
        float(values["lat"]),
        float(speed) if speed else None,
        heading_deg=float(values.get("heading") or 0),
        ignition=ignition.lower() in {"1", "true", "on", "yes"} if ignition else None,
        satellites=int(satellites) if satellites else None,
    )


def _nmea(path: Path) -> Iterator[Point | str]:
    """RMC sentences carry date, time, position and speed; those with a broken checksum are passed over."""
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            sentence = pynmea2.parse(line.strip(), check=True)
        except pynmea2.ParseError:
            continue
        if not isinstance(sentence, pynmea2.RMC) or sentence.datestamp is None or not sentence.lat:
            continue
        moment = datetime.combine(sentence.datestamp, sentence.timestamp.replace(tzinfo=UTC))
        knots, course = sentence.spd_over_grnd, sentence.true_course
        yield Point(
            moment,
            sentence.longitude,
            sentence.latitude,
            None if knots is None else float(knots) * KNOT_KMH,
            heading_deg=float(course or 0),
            fixed=sentence.status == "A",
        )


READERS: dict[str, Callable[[Path], Iterable[Point | str]]] = {
    ".gpx": _gpx,
    ".plt": _plt,
    ".csv": _csv,
    ".nmea": _nmea,
    ".txt": _nmea,
    ".log": _nmea,
}


def _moment(text: str) -> datetime:
    """ISO 8601, or Unix time in seconds or milliseconds; without an offset it is UTC."""
    try:
        number = float(text)
    except ValueError:
        return _utc(datetime.fromisoformat(text))
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _checked(point: Point) -> Point:
    if not (-180 <= point.lon <= 180 and -90 <= point.lat <= 90):
        raise ValueError(f"position {point.lat}, {point.lon} is not on Earth")
    return point


def _fix(point: Point) -> Fix:
    content = f"{point.lon!r} {point.lat!r} {point.speed_kmh!r} {point.ignition!r}".encode()
    digest = int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)
    return Fix(
        time=point.time,
        digest=digest,
        lon=point.lon,
        lat=point.lat,
        speed_kmh=point.speed_kmh or 0.0,
        received_at=point.time,
        heading_deg=point.heading_deg,
        ignition=point.ignition,
        satellites=point.satellites,
        fixed=point.fixed,
    )


def _speed_around(fixes: Sequence[Fix], index: int) -> float:
    """km/h from the point before to the point after: a single stray point hardly shows in it."""
    before, after = fixes[max(0, index - 1)], fixes[min(len(fixes) - 1, index + 1)]
    seconds = (after.time - before.time).total_seconds()
    return distance_m(before.spot, after.spot) / seconds * 3.6 if seconds > 0 else 0.0
