"""Which domain handles which kind of timer."""

from __future__ import annotations

from collections.abc import Mapping

from fleet.dispatching.putting import ACCEPTANCE
from fleet.dispatching.timers import on_acceptance
from fleet.history import jobs
from fleet.history.settings import HistorySettings
from fleet.orders.service import EXPIRY, on_expiry
from fleet.settings import Settings
from fleet.terminals.service import KIND as CREDENTIAL
from fleet.terminals.telling import TellBroker
from fleet.timers import retention
from fleet.timers.worker import Handler


def handlers(settings: Settings | None = None) -> Mapping[str, Handler]:
    return {
        retention.KIND: retention.clean_up,
        jobs.KIND: jobs.StorageJobs(HistorySettings()),
        ACCEPTANCE: on_acceptance,
        EXPIRY: on_expiry,
        CREDENTIAL: TellBroker(settings or Settings()),
    }
