"""A terminal's link to the JT/T 808 gateway (2019): one connection, every frame answered or sent again.

TCP delivers or breaks, so nothing is sent twice over one connection: what stays without an answer ends it,
and the next one brings everything unanswered as a batch from a blind spot.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import structlog

from ingest.jt808.errors import Jt808Error
from ingest.jt808.framing import Framer
from ingest.jt808.header import Frame, Header, Version, read_frame, write_frame
from ingest.jt808.layout import Body
from ingest.jt808.messages.platform import (
    GeneralResponse,
    QueryLocation,
    RegistrationResponse,
    SetParameters,
    TextMessage,
)
from ingest.jt808.messages.registry import Message, read_message, write_body
from ingest.jt808.messages.reports import LocationQueryResponse
from ingest.jt808.messages.terminal import Authentication, Heartbeat, Registration, TerminalResponse
from schemas.telemetry import Fix
from simulators.terminals.jt808_report import late_reports, live_report, location_of
from simulators.terminals.ledger import Ledger
from simulators.terminals.radio import Sender, wait_before_attempt

HEARTBEAT_S = 30.0
PATIENCE_S = 20.0
"""A frame without an answer for so long ends the connection."""
WINDOW = 32
"""Frames under way; the next fixes wait for answers."""
DONE, NOT_SUPPORTED = 0, 3
"""Results of 0x0001 and 0x8001."""
MANUFACTURER, MODEL, SOFTWARE = "QINGLAN", "QL-808", "1.0"
GREEN, BLUE = 94, 1
"""Colours of a plate, green for new energy."""
PROVINCE, CITY = 37, 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GatewayAddress:
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A frame under way; `fixes` are the numbers it carries."""

    sent_at: float  # monotonic seconds
    fixes: tuple[int, ...] = ()


class Jt808Radio(asyncio.Protocol):
    """Carries a terminal's outbox to the gateway; a fix counts as told when 0x8001 came for its frame."""

    def __init__(self, terminal: Sender, plate: str, gateway: GatewayAddress, ledger: Ledger) -> None:
        self._terminal = terminal
        self._plate = plate
        self._gateway = gateway
        self._ledger = ledger
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._attempts = 0
        self._retry_at = 0.0
        self._code = ""  # the gateway's, from registration
        self._online = False
        self._framer = Framer()
        self._serial = 0
        self._unanswered: dict[int, Unanswered] = {}  # by our serial number, in the order of sending
        self._sent_at = 0.0
        self._live_from = 0  # number of the first fix taken since this connection was authenticated
        self._newest: Fix | None = None

    @property
    def connected(self) -> bool:
        """Authenticated, that is."""
        return self._online

    def tick(self, now: datetime) -> None:
        """Connect, disconnect or send, as coverage and the outbox ask for. Never blocks."""
        if not self._terminal.has_coverage(now):
            self._hang_up()
        elif self._transport is None:
            self._try_to_connect()
        elif self._online:
            self._report(now)

    def keep_alive(self) -> None:
        """Heartbeats, and an end to waiting; call about once a second."""
        now = time.monotonic()
        waiting = next(iter(self._unanswered.values()), None)
        if waiting is not None and now - waiting.sent_at > PATIENCE_S:
            log.info("no answer; connecting anew", terminal=self._terminal.code)
            self._hang_up()
        elif self._online and now - self._sent_at > HEARTBEAT_S:
            self._ask(Heartbeat())

    def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if transport.get_extra_info("sockname") == transport.get_extra_info("peername"):
            self._hang_up()  # loopback can connect a port that nobody listens on to itself
            return
        self._framer = Framer()
        self._introduce_myself()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport, self._online = None, False
        self._unanswered.clear()
        self._terminal.outbox.forget_sending()

    def data_received(self, data: bytes) -> None:
        for run in self._framer.feed(data):
            try:
                self._hear(read_message(read_frame(run)))
            except Jt808Error as error:
                log.warning("the gateway is not understood", terminal=self._terminal.code, reason=str(error))

    def _try_to_connect(self) -> None:
        if self._connecting is not None or time.monotonic() < self._retry_at:
            return
        self._attempts += 1
        self._retry_at = time.monotonic() + wait_before_attempt(self._attempts)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: self, self._gateway.host, self._gateway.port
            )
        except OSError as error:
            log.debug("gateway not reachable", terminal=self._terminal.code, error=str(error))
        finally:
            self._connecting = None

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._online = False

    def _introduce_myself(self) -> None:
        if self._code:
            self._ask(Authentication(self._code, self._imei, SOFTWARE))
            return
        electric = self._plate.replace("·", "")[2:3] == "D"
        self._ask(
            Registration(
                province=PROVINCE,
                city=CITY,
                manufacturer=MANUFACTURER,
                model=MODEL,
                terminal_id=self._terminal.code[-7:],
                plate_colour=GREEN if electric else BLUE,
                plate=self._plate,
            )
        )

    @property
    def _imei(self) -> str:
        return self._terminal.code.zfill(15)

    def _report(self, now: datetime) -> None:
        due = self._terminal.outbox.due(time.monotonic(), self._terminal.sending_time(now))
        while len(self._unanswered) < WINDOW and (fixes := next(due, None)):
            late = [fix for fix in fixes if fix.seq < self._live_from]
            for body, batch in late_reports(late):
                self._ask(body, batch)
            for fix in fixes[len(late) :]:
                self._ask(live_report(fix), [fix])
            self._newest = fixes[-1]

    def _hear(self, message: Message) -> None:
        serial = message.header.serial
        match message.body:
            case GeneralResponse() as answer:
                self._answered(answer)
            case RegistrationResponse() as answer:
                self._registered(answer)
            case TextMessage(text=text):
                log.info("text for the driver", terminal=self._terminal.code, text=text)
                self._send(TerminalResponse(serial, TextMessage.ID, DONE))
            case SetParameters():
                self._send(TerminalResponse(serial, SetParameters.ID, DONE))
            case QueryLocation() if self._newest is not None:
                self._send(LocationQueryResponse(serial, location_of(self._newest)))
            case _:
                self._send(TerminalResponse(serial, message.header.message_id, NOT_SUPPORTED))

    def _registered(self, answer: RegistrationResponse) -> None:
        self._unanswered.pop(answer.response_serial, None)
        if answer.result != DONE:
            log.warning("gateway refuses the terminal", terminal=self._terminal.code, result=answer.result)
            self._hang_up()
            return
        self._code = answer.auth_code
        self._introduce_myself()

    def _answered(self, answer: GeneralResponse) -> None:
        asked = self._unanswered.pop(answer.response_serial, None)
        if asked is None:
            return
        if answer.response_id == Authentication.ID:
            self._authenticated(answer.result)
        elif answer.result == DONE:
            self._ledger.write(self._terminal.code, self._terminal.outbox.release(asked.fixes))
        else:
            log.warning("gateway took no report", terminal=self._terminal.code, result=answer.result)

    def _authenticated(self, result: int) -> None:
        if result != DONE:
            self._code = ""  # register anew
            self._hang_up()
            return
        self._online, self._attempts = True, 0
        self._live_from = self._terminal.outbox.next_number

    def _ask(self, body: Body, fixes: list[Fix] | None = None) -> None:
        """Send what the gateway has to answer."""
        self._unanswered[self._serial] = Unanswered(time.monotonic(), tuple(fix.seq for fix in fixes or ()))
        self._send(body)

    def _send(self, body: Body) -> None:
        if self._transport is None:
            return
        header = Header(body.ID, self._terminal.code, self._serial, Version.V2019, protocol_version=1)
        self._serial = (self._serial + 1) & 0xFFFF
        self._sent_at = time.monotonic()
        self._transport.write(write_frame(Frame(header, write_body(body, Version.V2019))))
