"""After an outage terminals send everything again, so batches are large and known in part."""

from __future__ import annotations

from structlog.testing import capture_logs

from ingest.message import Message
from ingest.writer import Writer
from tests.ingest.world import NOON_MS, Registry, fix, message

TERMINALS, ARRAY = 200, 60
LONG_AGO_MS = NOON_MS - 50_000_000


def arrays(numbers: range) -> list[Message]:
    """Each terminal's arrays with these numbers, 60 fixes in each."""
    return [
        message(
            f"T{terminal}",
            [fix(seq, time=LONG_AGO_MS + seq * 1000) for seq in range(number * ARRAY, (number + 1) * ARRAY)],
        )
        for number in numbers
        for terminal in range(TERMINALS)
    ]


def test_a_large_batch_that_is_known_in_part_is_stored_at_the_first_attempt(
    writer: Writer, registry: Registry
) -> None:
    """A statement that grows with the square of the batch runs into its time-out, then the same batch comes
    again: nothing would be acknowledged any more. The database knows nothing about temporary tables it has
    not analysed, so plans must not depend on its guesses."""
    for terminal in range(TERMINALS):
        registry.terminal(f"T{terminal}")
    list(writer.write(arrays(range(3))))

    with capture_logs() as logs:
        stored = list(writer.write(arrays(range(2, 6)) * 2))

    assert sum(each.new for each in stored) == 3 * TERMINALS * ARRAY
    assert [entry for entry in logs if entry["log_level"] == "warning"] == []
