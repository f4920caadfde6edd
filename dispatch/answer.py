"""One request, answered: its best options with reasons, each of them checked."""

from __future__ import annotations

from collections.abc import Iterable

from dispatch.book import Book
from dispatch.checker import check
from dispatch.diagnosis import diagnose, why_none
from dispatch.errors import UnknownCrewError
from dispatch.explain import Field, with_reasons
from dispatch.insertion import Candidate, best_per_vehicle
from dispatch.model import Request, Vehicle
from dispatch.option import make_option
from dispatch.problem import Problem
from dispatch.results import Blocked, Option, Proposal


def options(problem: Problem, request_id: str, limit: int = 3) -> tuple[Option, ...]:
    """The cheapest ways to serve one open request, best first, one per car; empty when nothing fits."""
    book, request = _open(problem, request_id)
    return best_options(book, request, limit)


def propose(problem: Problem, request_id: str, limit: int = 3) -> Proposal:
    """The same, or why nothing fits and the smallest changes that would help."""
    book, request = _open(problem, request_id)
    found = best_options(book, request, limit)
    return Proposal(request_id, found, None if found else why_none(book, request))


def option_for(
    problem: Problem, request_id: str, vehicle_id: str, driver_id: str | None = None
) -> Option | Blocked:
    """Manual dispatch: this car (with this driver), or the first constraint that keeps it from going."""
    book, request = _open(problem, request_id)
    vehicle = problem.vehicle.get(vehicle_id)
    if vehicle is None or (driver_id is not None and driver_id not in problem.driver):
        raise UnknownCrewError(vehicle_id if vehicle is None else driver_id or "")
    ways = best_per_vehicle(book, request, [vehicle], driver_id=driver_id)
    if not ways:
        return diagnose(book, request, vehicle)
    everywhere = best_per_vehicle(book, request, problem.vehicles)
    return _explained(
        book, request, ways, [*ways, *(w for w in everywhere if w.run.vehicle_id != vehicle_id)]
    )[0]


def _open(problem: Problem, request_id: str) -> tuple[Book, Request]:
    return Book(problem, problem.runs), problem.open_request(request_id)


def best_options(
    book: Book, request: Request, limit: int, vehicles: Iterable[Vehicle] | None = None
) -> tuple[Option, ...]:
    """Options over a book, which may hold runs that are only proposed."""
    ways = best_per_vehicle(book, request, book.problem.vehicles if vehicles is None else vehicles)
    return _explained(book, request, ways[:limit], ways)


def _explained(
    book: Book, request: Request, chosen: list[Candidate], ways: list[Candidate]
) -> tuple[Option, ...]:
    field = compared(book, request, ways)
    found = []
    for way in chosen:
        option = make_option(book, request, way)
        check(book.problem, book.put(option.run, option.replaces).runs)
        found.append(with_reasons(book, request, option, field))
    return tuple(found)


def compared(book: Book, request: Request, ways: list[Candidate]) -> Field:
    """What the options are measured against: every car's best way, and the cheapest run of its own."""
    alone = next((w for w in ways if w.replaces is None), None)
    return Field({w.run.vehicle_id: w for w in ways}, make_option(book, request, alone) if alone else None)
