"""The life of a request (DOMAIN B1) as one table: which step leads from which state to which.

unit_review -(approve)-> pending_dispatch -(dispatch)-> dispatched -(accept)-> accepted -(depart)-> en_route
-(arrive)-> arrived -(board)-> in_service -(alight)-> service_ended -(close_run)-> returned
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from schemas.api.requests import RequestStatus

Step = Literal[
    "approve", "reject", "cancel", "dispatch", "release", "accept", "depart", "arrive", "board", "alight",
    "close_run", "expire",
]  # fmt: skip

TRANSITIONS: Mapping[Step, Mapping[RequestStatus, RequestStatus]] = MappingProxyType(
    {
        "approve": {"unit_review": "pending_dispatch"},
        "reject": {"unit_review": "unit_rejected"},
        "cancel": {"unit_review": "withdrawn", "pending_dispatch": "cancelled"},
        "dispatch": {"pending_dispatch": "dispatched"},
        # the run was declined, cancelled, or not accepted in time: the request waits for another one
        "release": {
            "dispatched": "pending_dispatch",
            "accepted": "pending_dispatch",
            "en_route": "pending_dispatch",
            "arrived": "pending_dispatch",
        },
        "accept": {"dispatched": "accepted"},
        "depart": {"accepted": "en_route"},
        "arrive": {"en_route": "arrived"},
        "board": {"arrived": "in_service"},
        "alight": {"in_service": "service_ended"},
        "close_run": {"service_ended": "returned"},
        # nobody decided, or no car came, before the passengers had to be there
        "expire": {"unit_review": "expired", "pending_dispatch": "expired"},
    }
)

OPEN: tuple[RequestStatus, ...] = (
    "unit_review", "platform_review", "pending_dispatch", "no_vehicle", "dispatched", "accepted",
    "reassign_requested", "en_route", "arrived", "in_service", "suspended", "swapping", "service_ended",
)  # fmt: skip
"""States in which somebody still has something to do before the trip is over."""


WAITING: frozenset[str] = frozenset(TRANSITIONS["expire"])
"""States that end by themselves when the time to arrive has passed."""


def possible_steps(status: RequestStatus) -> list[Step]:
    return [step for step, moves in TRANSITIONS.items() if status in moves]
