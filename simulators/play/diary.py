"""What a run of the simulation remembers in its folder, so that the next one goes on from there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulators.play.almanac import LastMoment

SUBMITTED, PLAYED = "submitted.txt", "played.txt"


@dataclass(frozen=True, slots=True)
class Diary:
    """Files below one folder."""

    folder: Path

    @property
    def last_moment(self) -> LastMoment:
        return LastMoment(self.folder / "last-moment.json")

    @property
    def ledger(self) -> Path:
        """Fixes that terminals were told are handled."""
        return self.folder / "acknowledged.jsonl"

    @property
    def truth(self) -> Path:
        """Misconduct that really happened."""
        return self.folder / "truth.jsonl"

    def submitted(self) -> set[str]:
        """Codes of the requests handed in so far."""
        return _codes(self.folder / SUBMITTED)

    def note_submitted(self, code: str) -> None:
        _add(self.folder / SUBMITTED, code)

    def played(self) -> set[str]:
        """Codes of the acts that were begun or given up."""
        return _codes(self.folder / PLAYED)

    def note_played(self, code: str) -> None:
        _add(self.folder / PLAYED, code)


def _codes(path: Path) -> set[str]:
    return set(path.read_text().split()) if path.exists() else set()


def _add(path: Path, code: str) -> None:
    with path.open("a") as file:
        file.write(code + "\n")
