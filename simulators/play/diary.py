"""What a run of the simulation remembers in its folder, so that the next one goes on from there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulators.play.almanac import LastMoment

SUBMITTED, PLAYED, JT808 = "submitted.txt", "played.txt", "jt808-terminals.txt"


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

    def jt808_terminals(self, asked: int) -> int:
        """How many cars report over JT/T 808: what was asked for when this city began.

        A car keeps the terminal it has; a city that was begun before there was a choice has none.
        """
        noted = self.folder / JT808
        if not noted.exists():
            noted.write_text(str(0 if self.ledger.exists() else asked))
        return int(noted.read_text())

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
