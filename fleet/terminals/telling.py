"""Tells the broker which credential holds, again and again until it knows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from fleet.audit import Actor, record
from fleet.database import Connection
from fleet.errors import UnavailableError
from fleet.local.broker_admin import BrokerAdmin
from fleet.local.dynsec import Credential
from fleet.settings import Settings
from fleet.terminals import repository
from fleet.terminals.repository import PendingCredential
from fleet.terminals.secret import secret_of
from fleet.timers.repository import Timer, set_timer

log = structlog.get_logger()

FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=2), timedelta(minutes=5)
WORKER = Actor("worker")


@dataclass(frozen=True, slots=True)
class TellBroker:
    """Handler of the timer a change of credentials sets; its subject is the terminal."""

    settings: Settings

    async def __call__(self, connection: Connection, timer: Timer, now: datetime) -> None:
        terminal_id = int(timer.subject_id)
        pending = await repository.pending_credential(connection, terminal_id)
        if pending is None:
            return
        try:
            await asyncio.to_thread(self._tell, pending)
        except UnavailableError as error:
            trouble = f"{error.detail} {error.remedy}"
            log.warning("the broker was not told", terminal=pending.code, trouble=trouble)
            await repository.not_applied(connection, terminal_id, trouble)
            await set_timer(
                connection, kind=timer.kind, subject_id=terminal_id, due_at=now + _wait(pending.attempts)
            )
            return
        await repository.applied(connection, terminal_id, now)
        await record(
            connection,
            at=now,
            actor=WORKER,
            action="terminal.credential.apply",
            subject_kind="terminal",
            subject_id=terminal_id,
            payload={"terminal": pending.code, "revision": pending.revision, "revoked": pending.revoked},
        )

    def _tell(self, pending: PendingCredential) -> None:
        url = self.settings.mqtt_url.get_secret_value()
        with BrokerAdmin(url, self.settings.mqtt_ca_file) as admin:
            if pending.nonce is None:
                admin.revoke([pending.code])
                return
            secret = secret_of(self.settings.credential_key, pending.code, pending.revision, pending.nonce)
            admin.enrol([Credential(pending.code, secret)])


def _wait(attempts: int) -> timedelta:
    return min(FIRST_RETRY * (1 << min(attempts, 20)), LONGEST_RETRY)
