"""A short run of the fuzzer; `make fuzz` runs it longer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def test_neither_framer_nor_decoder_crash_or_hang() -> None:
    pytest.importorskip("atheris", reason="the fuzzer atheris is not installed")
    command = [sys.executable, "-m", "tests.ingest.jt808.fuzz", "-runs=5000", "-seed=1"]

    result = subprocess.run(
        command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False, timeout=300
    )

    assert result.returncode == 0, result.stderr[-4_000:]
