"""What a cold fix costs: bytes with everything, and how fast packs are made and read: pure.

python -m fleet.history.bench [GEOLIFE FOLDER] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fleet.history import codec, synthetic
from fleet.history.digest import content_digests
from fleet.history.fixes import FIX, Fixes, in_order, microseconds
from fleet.history.packs import DAY_US, Pack, repack, split

ROW_BYTES = 24 + 4 + 60 + 18
"""Tuple header and line pointer, the aligned columns of `position_pack`, the pointer to a blob outside."""
PIECE, PIECE_BYTES, PIECE_KEY_BYTES = 1_996, 40, 33
"""A blob that does not fit its row lies in pieces, each with a header and a key of its own."""
INLINE_BYTES = 2_032
PAGE_FILL = 0.93
"""What does not fit stays empty. These figures are checked against a real table."""
KEYS_BYTES = (8 + 16 + 8 + 4) / 0.7 + 16
"""Entries in the indexes of terminal and day, and of day."""
INTERVALS_S = (5.0, 10.0, 30.0)
START = datetime(2026, 3, 11, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a set of tracks. Bytes a fix count blob, row, index and TOAST; speeds are a second of CPU."""

    fixes: int
    packs: int
    blocks: int
    blob_bytes_per_fix: float
    cold_bytes_per_fix: float
    packed_per_s: float
    unpacked_per_s: float
    unpack_ms_per_block: float


def cold_bytes_per_fix(terminals: int = 6, seed: int = 1) -> float:
    """Of a fleet whose terminals speak every 5, 10 and 30 s while driving, every 300 s while parked."""
    return measure(simulated_days(terminals, seed)).cold_bytes_per_fix


def simulated_days(terminals: int, seed: int) -> list[Fixes]:
    """A UTC day of each terminal, intervals in turn."""
    random = np.random.default_rng(seed)
    return [
        synthetic.day(random, microseconds(START), INTERVALS_S[number % len(INTERVALS_S)])
        for number in range(terminals)
    ]


def geolife_days(folder: Path) -> list[Fixes]:
    """Real tracks, of people: each user a terminal. What the files lack is null, or follows."""
    days = []
    for user in sorted(path for path in folder.iterdir() if path.is_dir()):
        fixes = _recorded(sorted((user / "Trajectory").glob("*.plt")))
        numbers = fixes["time"] // DAY_US
        days += [fixes[numbers == number] for number in np.unique(numbers)]
    return days


def measure(days: Iterable[Fixes]) -> Figures:
    """Pack each day as the job does, and read every block back; raises if one differs."""
    fixes = blocks = blobs = packs = 0
    stored = pack_s = unpack_s = 0.0
    for day in days:
        pack = repack(1, day, None)
        for block in split(pack.blob):
            start = time.process_time()
            content = codec.unpack(block.blob)
            middle = time.process_time()
            again = codec.pack(content)
            unpack_s, pack_s = unpack_s + middle - start, pack_s + time.process_time() - middle
            if again != block.blob:
                raise AssertionError(f"a block of {pack.start} is another one when packed again")
            blocks += 1
        blobs, stored = blobs + len(pack.blob), stored + _stored_bytes(pack)
        fixes, packs = fixes + len(day), packs + 1
    return Figures(
        fixes=fixes,
        packs=packs,
        blocks=blocks,
        blob_bytes_per_fix=round(blobs / fixes, 2),
        cold_bytes_per_fix=round(stored / fixes, 2),
        packed_per_s=round(fixes / pack_s),
        unpacked_per_s=round(fixes / unpack_s),
        unpack_ms_per_block=round(unpack_s / blocks * 1000, 2),
    )


def _stored_bytes(pack: Pack) -> float:
    """Table, TOAST and keys of a pack."""
    size = len(pack.blob)
    if ROW_BYTES + size <= INLINE_BYTES:
        return (ROW_BYTES + size) / PAGE_FILL + KEYS_BYTES
    pieces = -(-size // PIECE)
    return (ROW_BYTES + size + pieces * PIECE_BYTES) / PAGE_FILL + pieces * PIECE_KEY_BYTES + KEYS_BYTES


def _recorded(files: list[Path]) -> Fixes:
    """GeoLife's .plt: latitude, longitude, 0, altitude in feet, days since 1899-12-30, date, time (UTC)."""
    lines = [line.split(",") for file in files for line in file.read_text().splitlines()[6:]]
    fixes = np.zeros(len(lines), FIX)
    moments = [datetime.fromisoformat(f"{line[5]}T{line[6]}+00:00") for line in lines]
    fixes["time"] = [microseconds(moment) for moment in moments]
    fixes["sent_at"] = fixes["received_at"] = fixes["time"]
    fixes["lat"], fixes["lon"] = ([float(line[place]) for line in lines] for place in (0, 1))
    fixes["altitude_m"] = np.round(np.array([float(line[3]) for line in lines]) * 0.3048, 1)
    fixes["nulls"] = 2 | 4 | 8 | 16 | 32
    fixes["fixed"] = True
    fixes = in_order(fixes[np.argsort(fixes["time"], kind="stable")])
    fixes["speed_kmh"], fixes["heading_deg"] = _motion(fixes)
    fixes["seq"] = np.arange(len(fixes))
    fixes["digest"] = content_digests(fixes)
    return in_order(fixes)


def _motion(fixes: Fixes) -> tuple[NDArray[np.float64], ...]:
    """Speed km/h to a tenth and heading in whole degrees, from one fix to the next."""
    seconds = np.maximum(np.diff(fixes["time"], append=fixes["time"][-1:] + 1) / 1e6, 1.0)
    north = np.diff(fixes["lat"], append=fixes["lat"][-1:]) * 111_320
    east = np.diff(fixes["lon"], append=fixes["lon"][-1:]) * 111_320 * np.cos(np.radians(fixes["lat"]))
    speed = np.minimum(np.hypot(north, east) / seconds * 3.6, 500)
    return np.round(speed, 1), np.round(np.degrees(np.arctan2(east, north)) % 360) % 360


def main() -> None:
    """Print the figures, and write them as JSON if asked."""
    parser = argparse.ArgumentParser(description="Bytes a cold fix costs, and the speed of the codec.")
    parser.add_argument(
        "geolife", type=Path, nargs="?", help="folder with a folder of .plt files for each user"
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    figures = {"simulated": measure(simulated_days(6, 1))}
    if given.geolife:
        figures["geolife"] = measure(geolife_days(given.geolife))
    for name, found in figures.items():
        sys.stdout.write(f"{name}: {', '.join(f'{key} {value:,}' for key, value in asdict(found).items())}\n")
    if given.json:
        content = {name: asdict(found) for name, found in figures.items()}
        given.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
