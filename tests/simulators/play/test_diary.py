from __future__ import annotations

from pathlib import Path

from simulators.play.diary import Diary


def test_a_city_keeps_the_terminals_it_was_begun_with(tmp_path: Path) -> None:
    assert Diary(tmp_path).jt808_terminals(asked=3) == 3
    assert Diary(tmp_path).jt808_terminals(asked=0) == 3


def test_a_city_from_before_there_was_a_choice_has_no_terminals_of_jt808(tmp_path: Path) -> None:
    Diary(tmp_path).ledger.touch()
    assert Diary(tmp_path).jt808_terminals(asked=3) == 0


def test_what_was_handed_in_and_what_was_played_are_remembered_apart(tmp_path: Path) -> None:
    first = Diary(tmp_path)
    first.note_submitted("XQ-0311-001")
    first.note_submitted("XQ-0311-002")
    first.note_played("A0311-01")

    again = Diary(tmp_path)

    assert again.submitted() == {"XQ-0311-001", "XQ-0311-002"}
    assert again.played() == {"A0311-01"}
