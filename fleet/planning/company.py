"""Who else a run serves, and whether they sit in the car together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.api.proposals import ProposedStop


@dataclass(frozen=True, slots=True)
class Company:
    """Numbers of the other requests of a run: those on board at the same time, and those at other times."""

    on_board: list[str]
    before_or_after: list[str]


def company_of(request_id: int, stops: Sequence[ProposedStop]) -> Company:
    """The company of one request. Whose first stop is a drop-off was on board from the beginning."""
    numbers = {s.request_id: s.request_number for s in stops if s.request_id is not None}
    aboard = _on_board_from_the_beginning(stops)
    together: set[int] = set()
    for stop in stops:
        if request_id in aboard:
            together |= aboard
        if stop.request_id is None:
            continue
        if stop.kind == "pickup":
            aboard.add(stop.request_id)
        else:
            aboard.discard(stop.request_id)
    others = numbers.keys() - {request_id}
    return Company(
        on_board=sorted(numbers[each] or "" for each in others & together),
        before_or_after=sorted(numbers[each] or "" for each in others - together),
    )


def _on_board_from_the_beginning(stops: Sequence[ProposedStop]) -> set[int]:
    first: dict[int, str] = {}
    for stop in stops:
        if stop.request_id is not None:
            first.setdefault(stop.request_id, stop.kind)
    return {request_id for request_id, kind in first.items() if kind == "dropoff"}
