"""The independent checker of DESIGN 4.1 finds fixes wherever they lie."""

from __future__ import annotations

from simulators.proof.stored import check_stored
from simulators.terminals.ledger import Acknowledged
from tests.fleet.history.conftest import Archive
from tests.fleet.history.fixes_at_hand import track


def told(terminal: str) -> list[Acknowledged]:
    return [
        Acknowledged(
            terminal, int(fix["boot"]), int(fix["seq"]), int(fix["time"]) // 1000, int(fix["digest"])
        )
        for fix in track(50)
    ]


async def test_a_fix_that_was_packed_is_not_lost_and_one_that_never_came_is(
    archive: Archive, town_url: str
) -> None:
    await archive.arrive(track(49))
    await archive.pack()

    report = check_stored(town_url, told("T0001"))

    assert (report.told, report.stored, report.lost, report.doubled) == (50, 49, 1, 0)
