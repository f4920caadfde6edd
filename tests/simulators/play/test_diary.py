from __future__ import annotations

from pathlib import Path

from simulators.play.diary import Diary


def test_what_was_handed_in_and_what_was_played_are_remembered_apart(tmp_path: Path) -> None:
    first = Diary(tmp_path)
    first.note_submitted("XQ-0311-001")
    first.note_submitted("XQ-0311-002")
    first.note_played("A0311-01")

    again = Diary(tmp_path)

    assert again.submitted() == {"XQ-0311-001", "XQ-0311-002"}
    assert again.played() == {"A0311-01"}
