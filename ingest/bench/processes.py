"""What processes cost, read from /proc: processor time and memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PARENT, USER_TICKS, SYSTEM_TICKS = 1, 11, 12
"""Fields of /proc/PID/stat after the name."""


def cpu_seconds(pid: int) -> float:
    """User and system time since its start; 0 if it is gone."""
    fields = _fields(pid)
    return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / TICKS_A_SECOND if fields else 0.0


def parent_of(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[PARENT]) if fields else 0


def family(pid: int) -> list[int]:
    """The process and its children."""
    everyone = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return [pid, *(other for other in everyone if parent_of(other) == pid)]


def peak_memory_mb(pid: int) -> float:
    """The most it ever held, in MB."""
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_of(groups: Mapping[str, list[int]]) -> dict[str, float]:
    """Processor seconds of each group of processes."""
    return {name: sum(cpu_seconds(pid) for pid in pids) for name, pids in groups.items()}


def _fields(pid: int) -> list[str]:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
