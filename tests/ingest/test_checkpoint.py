"""Where many terminals stand is journaled first and saved later: nobody may ever see the difference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import repository
from ingest.checkpoint import CHECKPOINT_S, Checkpoint
from ingest.message import Message
from ingest.standing import JOURNAL_FROM
from ingest.writer import Writer
from schemas.telemetry import Ack, Status
from tests.ingest.world import NOON_MS, Registry, fix, message

MANY = JOURNAL_FROM + 44
SAVED = "SELECT DISTINCT boot, upto, ranges, online FROM terminal_progress"
ENTRIES = "SELECT count(*) FROM terminal_progress_journal"


@pytest.fixture
def terminals(registry: Registry) -> list[str]:
    codes = [f"T{number}" for number in range(MANY)]
    registry.connection.execute("INSERT INTO terminal (code) SELECT unnest(%s::text[])", [codes])
    return codes


def everybody(terminals: list[str], seq: int) -> list[Message]:
    return [message(code, fix(seq, time=NOON_MS - 60_000 + seq)) for code in terminals]


def write(writer: Writer, messages: list[Message]) -> list[tuple[str, Ack]]:
    (stored,) = writer.write(messages)
    return list(stored.acks)


def test_a_batch_of_many_terminals_is_one_entry_of_the_journal(
    writer: Writer, registry: Registry, terminals: list[str]
) -> None:
    write(writer, everybody(terminals, 0))
    known = registry.rows(SAVED), registry.value(ENTRIES)

    write(writer, everybody(terminals, 1))

    assert known == ([(1, 0, [], True)], 0)  # a terminal never heard before needs a row
    assert (registry.rows(SAVED), registry.value(ENTRIES)) == ([(1, 0, [], True)], 1)


def test_a_writer_that_follows_a_dead_one_knows_what_only_the_journal_said(
    new_writer: Callable[[], Writer], registry: Registry, terminals: list[str]
) -> None:
    """Invariant 1: an acknowledgement says as much after a crash as before it."""
    killed = new_writer()
    for seq in range(3):
        write(killed, everybody(terminals, seq))

    acks = write(new_writer(), everybody(terminals, 4))

    assert {code: (ack.upto, list(ack.ranges)) for code, ack in acks} == dict.fromkeys(
        terminals, (2, [(4, 4)])
    )
    assert registry.rows(SAVED) == [(1, 2, [[4, 4]], True)]
    assert registry.value(ENTRIES) == 0


def test_what_was_saved_since_is_not_set_back_by_the_journal(
    new_writer: Callable[[], Writer], registry: Registry, terminals: list[str]
) -> None:
    first = new_writer()
    write(first, everybody(terminals, 0))
    write(first, everybody(terminals, 1))
    write(first, [message("T7", Status(online=False), "status")])
    write(first, [message("T8", fix(2))])

    repository.fold_journal(registry.connection)

    query = SAVED.replace("DISTINCT", "") + " JOIN terminal t ON t.id = terminal_id WHERE t.code = "
    assert registry.rows(query + "'T7'") == [(1, 1, [], False)]
    assert registry.rows(query + "'T8'") == [(1, 2, [], True)]


def test_settling_saves_everything_and_empties_the_journal(
    writer: Writer, registry: Registry, terminals: list[str]
) -> None:
    for seq in range(3):
        write(writer, everybody(terminals, seq))

    writer.settle()

    assert (registry.rows(SAVED), registry.value(ENTRIES)) == ([(1, 2, [], True)], 0)


def test_a_writer_whose_entries_another_folded_goes_on_undisturbed(
    writer: Writer, registry: Registry, terminals: list[str]
) -> None:
    write(writer, everybody(terminals, 0))
    write(writer, everybody(terminals, 1))
    repository.fold_journal(registry.connection)

    acks = write(writer, everybody(terminals, 2))
    writer.settle()

    assert {ack.upto for _, ack in acks} == {2}
    assert (registry.rows(SAVED), registry.value(ENTRIES)) == ([(1, 2, [], True)], 0)


STEPS = st.lists(
    st.tuples(st.sets(st.integers(0, 30)), st.sampled_from([0.0, 0.5, 3.0, CHECKPOINT_S])), max_size=40
)


@given(STEPS)
def test_an_entry_goes_only_when_everything_in_it_is_saved_or_said_anew(
    batches: list[tuple[set[int], float]],
) -> None:
    """Law: at any moment table and journal together say of each terminal what was committed last."""
    clock = [0.0]
    checkpoint = Checkpoint(lambda: clock[0])
    saved: dict[int, int] = {}
    journal: dict[int, dict[int, int]] = {}
    stands: dict[int, int] = {}

    for number, (terminals, passes) in enumerate(batches):
        clock[0] += passes
        step = checkpoint.step()
        for entry in step.superfluous:
            del journal[entry]
        saved |= {terminal: stands[terminal] for terminal in step.terminal_ids.tolist()}
        journal[number] = dict.fromkeys(terminals, number)
        stands |= journal[number]
        behind = np.array([each for each in stands if saved.get(each) != stands[each]], dtype="i4")
        checkpoint.commit(step, number, lambda behind=behind: behind)

        told = dict(saved)
        for entry in sorted(journal):
            told |= {each: max(told.get(each, -1), at) for each, at in journal[entry].items()}
        assert told == stands

    for _ in range(2):
        step = checkpoint.rest()
        for entry in step.superfluous:
            del journal[entry]
        saved |= {terminal: stands[terminal] for terminal in step.terminal_ids.tolist()}
        checkpoint.commit(step, None, lambda: np.array(list(stands), dtype="i4"))
    assert journal == {}
    assert saved == stands
