"""Innocent explanations that several rules try."""

from __future__ import annotations

from datetime import timedelta

from fleet.supervision.context import Context
from fleet.supervision.geometry import distance_m
from fleet.supervision.rules.base import Tried
from fleet.supervision.timeline import Trip

DEPOT_M = 200.0
"""A depot's yard reaches this far from its point."""
SHORTLY_BEFORE = timedelta(minutes=60)
SILENT_SHARE = 0.5


def within_depot(context: Context, trip: Trip) -> Tried:
    """The whole trip happened in the yard of one depot."""
    spots = [fix.spot for _, fix in context.timeline.good(trip.first, trip.last)]
    reach = min(
        (max(distance_m(depot, spot) for spot in spots) for depot in context.subject.depots if spots),
        default=None,
    )
    holds = reach is not None and reach <= DEPOT_M
    return Tried("within_depot", holds, True, (("reach_m", None if reach is None else round(reach)),))


def out_of_pool(context: Context, trip: Trip) -> Tried:
    """The car was booked out for repair or lent."""
    booking = context.booking_at(trip.start)
    kind = booking.kind if booking is not None and booking.kind in {"repair", "loan"} else None
    return Tried("out_of_pool", kind is not None, True, (("kind", kind),))


def order_shortly_before(context: Context, trip: Trip) -> Tried:
    """An order had ended not long ago: perhaps the car was still coming home."""
    ended = [
        order
        for order in context.orders
        if order.end is not None and trip.start - SHORTLY_BEFORE <= order.end <= trip.start
    ]
    last = max(ended, key=lambda order: (order.end, order.run_id), default=None)
    if last is None or last.end is None:
        return Tried("order_shortly_before", False)
    minutes = round((trip.start - last.end).total_seconds() / 60)
    return Tried("order_shortly_before", True, values=(("order", last.number), ("minutes", minutes)))


def signal_gap(trip: Trip) -> Tried:
    """Most of the trip was not seen."""
    silent = sum((gap.end - gap.start).total_seconds() for gap in trip.gaps)
    share = silent / (trip.end - trip.start).total_seconds()
    return Tried("signal_gap", share >= SILENT_SHARE, values=(("silent_s", round(silent)),))


def towed(context: Context, trip: Trip) -> Tried:
    """Moved with the engine off all the while."""
    off = all(fix.ignition is False for _, fix in context.timeline.good(trip.first, trip.last))
    return Tried("towed", off)
