"""The rules of the house that a machine can check."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.migrations import heads

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "ingest", "dispatch", "fleet", "simulators")
REAL_TIME_ALLOWED = {
    # sessions, leases, process supervision and time-outs stay on real time (DESIGN §1)
    "schemas/clock.py",
    "fleet/supervision/repository/work.py",  # leases
    "ingest/roster_repository.py",  # leases
}


def product_files(suffix: str) -> list[Path]:
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [ROOT / name for name in tracked if name.endswith(suffix) and (ROOT / name).exists()]


def test_imports_run_downwards_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_the_migrations_have_one_head() -> None:
    assert len(heads()) == 1


@pytest.mark.parametrize("suffix", [".py", ".sql"])
def test_business_time_comes_from_the_one_clock(suffix: str) -> None:
    """No code and no SQL of the product asks the machine for the time of day (DESIGN §1)."""
    asks = re.compile(
        r"datetime\.(?:now|utcnow)\(|(?<![.\w])now\(\)|current_timestamp|clock_timestamp\(", re.I
    )

    offenders = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in product_files(suffix)
        if str(path.relative_to(ROOT)) not in REAL_TIME_ALLOWED
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asks.search(line)
    ]

    assert offenders == []


def test_lock_files_carry_no_addresses() -> None:
    locks = [*ROOT.glob("requirements/*.txt"), ROOT / "fleet" / "web" / "package-lock.json"]

    with_address = [str(path) for path in locks if "://" in path.read_text()]

    assert with_address == []
