"""One terminal's conversation with us, from its first frame to its last."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from ingest.jt808.bcd import write_digits
from ingest.jt808.commands import body_of, outcome_of
from ingest.jt808.desk import DatabaseAwayError
from ingest.jt808.errands import Errand, Errands
from ingest.jt808.errors import FrameError, MessageError, ShortBodyError
from ingest.jt808.framing import Framer
from ingest.jt808.header import read_frame, write_frame
from ingest.jt808.house import Awaited, House
from ingest.jt808.layout import Body
from ingest.jt808.line import Line
from ingest.jt808.location import Location
from ingest.jt808.messages.platform import FragmentsAgain, RegistrationResponse, ServerTime
from ingest.jt808.messages.registry import Message, read_message
from ingest.jt808.messages.reports import (
    DriverCard,
    DriverIdentity,
    LocationBatchReport,
    LocationQueryResponse,
    LocationReport,
)
from ingest.jt808.messages.terminal import (
    Authentication,
    Deregistration,
    Heartbeat,
    Registration,
    ServerTimeQuery,
    TerminalResponse,
)
from ingest.jt808.reading import TOPIC_PREFIX
from ingest.jt808.reassembly import Reassembler, Whole
from ingest.jt808.repository import Command, KnownTerminal, Letter
from ingest.jt808.show import show_location
from ingest.jt808.translate import card_event, fix_of
from ingest.message import Reason, explain
from schemas.telemetry import Event, Fix, Status

log = structlog.get_logger()

DONE, FAILED, WRONG_MESSAGE, NOT_SUPPORTED = range(4)
"""Results of 0x8001."""
MAX_BAD_FRAMES = 10
MAX_STRANGE_FRAMES = 10
FRAGMENT_REQUESTS = 3


class EndOfSessionError(Exception):
    """The conversation is over; says why."""


@dataclass(eq=False)
class Session:
    """Driven by `run`; `tick` is called now and then, `stored` when what was handed over is committed."""

    line: Line
    house: House
    terminal: KnownTerminal | None = None
    _boot: int = 0
    _seq: int = 0
    _framer: Framer = field(default_factory=Framer)
    _fragments: Reassembler = field(default_factory=Reassembler)
    _errands: Errands = field(default_factory=Errands)
    _card: tuple[DriverIdentity, datetime] | None = None  # so that a re-send says the same moment
    _bad: int = 0
    _strange: int = 0
    _last_frame: float = field(default_factory=time.monotonic)
    _login_until: float = 0.0

    async def run(self) -> None:
        """Until the peer leaves, is too slow or breaks the rules."""
        self._login_until = time.monotonic() + self.house.settings.gateway_login_s
        try:
            while self.line.open:
                await self._wait_for_room()
                async with asyncio.timeout(self._patience()):
                    data = await self.line.read()
                if not data:
                    break
                for run in self._framer.feed(data):
                    await self._wait_for_room()
                    await self._hear(run)
        except TimeoutError:
            log.info("silent for too long", **self._who())
        except EndOfSessionError as error:
            log.info("connection ended", reason=str(error), **self._who())
        except ConnectionError as error:
            log.info("connection lost", error=str(error), **self._who())
        finally:
            self.line.close()

    def stored(self, awaited: Awaited) -> None:
        """What these frames said is committed (or was put aside): the terminal may forget it."""
        self.line.stored()
        self.line.answer(awaited.message_id, awaited.serials, DONE)

    def tick(self, now: float) -> list[int]:
        """Ask for fragments that did not come; returns commands that were never answered. `now` monotonic."""
        settings = self.house.settings
        for missing in self._fragments.overdue(now, settings.gateway_fragment_s, FRAGMENT_REQUESTS):
            self.line.send(FragmentsAgain(missing.first_serial, missing.numbers[:255]))
        return self._errands.take_overdue(now)

    def take_unanswered(self) -> list[int]:
        """Commands that this connection, now over, will not answer."""
        return self._errands.take_all()

    def command(self, command: Command) -> None:
        """Send it. Raises CommandError."""
        body = body_of(command, self.line.version)
        until = time.monotonic() + self.house.settings.gateway_answer_s
        self._errands.give(self.line.send(body), Errand(command, body, until))

    async def _wait_for_room(self) -> None:
        """Our own slowness is not held against the terminal."""
        started = time.monotonic()
        await self.line.room()
        await self.house.room()
        self._last_frame += time.monotonic() - started

    def _patience(self) -> float:
        """Counts from the last whole frame: bytes dribbling in do not prolong it."""
        until = self._last_frame + self.house.settings.gateway_idle_s
        if self.terminal is None:
            until = min(until, self._login_until)
        return max(until - time.monotonic(), 0)

    async def _hear(self, run: bytes) -> None:
        try:
            frame = read_frame(run)
            if self.terminal is not None and frame.header.phone != self.terminal.code:
                raise EndOfSessionError(f"It speaks for {frame.header.phone} too; one terminal a connection")
            whole = self._fragments.add(frame, time.monotonic())
        except FrameError as error:
            self._bad += 1
            log.warning("frame dropped", reason=str(error), **self._who())
            if self._bad >= MAX_BAD_FRAMES:
                raise EndOfSessionError(f"{self._bad} bad frames one after the other") from error
            return
        self._bad = 0
        self._last_frame = time.monotonic()
        self.line.heard(frame.header)
        if whole is None:
            return
        try:
            await self._understand(whole)
        except DatabaseAwayError as error:
            log.warning("database is away; the terminal is not answered", error=str(error), **self._who())

    async def _understand(self, whole: Whole) -> None:
        try:
            message = read_message(whole.frame)
        except ShortBodyError as error:
            await self._put_aside(whole, "malformed", str(error), WRONG_MESSAGE)
            return
        except MessageError as error:
            log.info("not supported", reason=str(error), **self._who())
            self._stranger_counts()
            self._answer(whole, NOT_SUPPORTED)
            return
        match message.body:
            case Registration():
                await self._register(message, message.body)
            case Authentication():
                await self._authenticate(whole, message.body)
            case _ if self.terminal is None:
                what = "Its terminal is not authenticated"
                await self._put_aside(whole, "unknown_terminal", what, FAILED)
            case _:
                await self._listen(whole, message.body, self.terminal)

    async def _register(self, message: Message, registration: Registration) -> None:
        self._stranger_counts()
        phone = message.header.phone
        result, code = await self.house.desk.register(phone, int(message.version), registration)
        if result:
            log.warning("registration refused", result=result, **self._who())
        self.line.send(RegistrationResponse(message.header.serial, result, code))

    async def _authenticate(self, whole: Whole, said: Authentication) -> None:
        known = await self.house.desk.authenticate(self.line.phone, said)
        if known is None:
            self._answer(whole, FAILED)
            raise EndOfSessionError("Wrong authentication code")
        self.terminal = known
        self._boot = self.house.attach(self, known)
        self._seq = 0
        self.house.hand_over(known.code, Status(online=True, firmware=said.software_version[:64]))
        self._answer(whole, DONE)

    async def _listen(self, whole: Whole, body: Body, terminal: KnownTerminal) -> None:
        match body:
            case Heartbeat():
                self.house.hand_over(terminal.code, Status(online=True))
                self._answer(whole, DONE)
            case LocationReport():
                await self._locations(whole, terminal, [body.location], live=True)
            case LocationBatchReport():
                await self._locations(whole, terminal, body.items, live=False)
            case LocationQueryResponse():
                await self._locations(whole, terminal, [body.location], live=True, answered=False)
                await self._settle(body.response_serial, DONE, show_location(body.location))
            case DriverCard() | DriverIdentity():
                self._hand_over(whole, terminal, card_event(body, self._moment_of(body)))
            case TerminalResponse():
                errand = self._errands.find(body.response_serial)
                if errand is not None and errand.is_settled_by(body.response_id, body.result):
                    await self._settle(body.response_serial, body.result, None)
            case ServerTimeQuery():
                self.line.send(ServerTime(write_digits(f"{self.house.clock.now():%y%m%d%H%M%S}", 6)))
            case Deregistration():
                await self.house.desk.deregister(terminal.id)
                self._answer(whole, DONE)
                raise EndOfSessionError("Deregistered")
            case _:
                self._answer(whole, NOT_SUPPORTED)

    async def _locations(
        self,
        whole: Whole,
        terminal: KnownTerminal,
        locations: list[Location] | tuple[Location, ...],
        *,
        live: bool,
        answered: bool = True,
    ) -> None:
        """A live report was sent when it was taken; of a batch nobody knows when it was sent."""
        now = self.house.clock.now()
        fixes: list[Fix] = []
        for location in locations:
            if location.time is None:
                continue
            sent = location.time if live else now
            fixes.append(fix_of(location, location.time, sent, self._boot, self._seq))
            self._seq += 1
        if len(fixes) < len(locations):
            what = f"{len(locations) - len(fixes)} of {len(locations)} locations have a time that is none"
            await self._put_aside(whole, "too_old", what, None)
        if fixes:
            self._hand_over(whole, terminal, fixes, answered=answered)
        elif answered:
            self._answer(whole, DONE)

    def _hand_over(
        self, whole: Whole, terminal: KnownTerminal, content: list[Fix] | Event, *, answered: bool = True
    ) -> None:
        serials = whole.serials if answered else ()
        awaited = Awaited(self, whole.frame.header.message_id, serials)
        self.line.handed_over()
        self.house.hand_over(terminal.code, content, awaited)

    async def _settle(self, serial: int, result: int, answer: dict[str, object] | None) -> None:
        errand = self._errands.find(serial)
        if errand is not None:
            await self.house.desk.close_command(errand.command.id, outcome_of(result), result, answer)
            self._errands.settle(serial)

    async def _put_aside(self, whole: Whole, reason: Reason, what: str, result: int | None) -> None:
        """The frame becomes a dead letter, then the terminal is told `result` (None: nothing yet)."""
        header = whole.frame.header
        known = self.terminal is not None
        if known or self.house.may_put_strangers_aside():
            letter = Letter(
                received_at=self.house.clock.now(),
                topic=f"{TOPIC_PREFIX}{header.phone}/{header.message_id:04x}",
                payload=_as_one_frame(whole),
                reason=reason,
                detail=explain(reason, what)
                if known
                else f"{what}. It was told so and sends again once it may",
                terminal=header.phone,
            )
            await self.house.desk.put_aside(letter)
        self._stranger_counts()
        if result is not None:
            self._answer(whole, result)

    def _stranger_counts(self) -> None:
        self._strange += 1
        if self.terminal is None and self._strange >= MAX_STRANGE_FRAMES:
            raise EndOfSessionError(f"{self._strange} frames without authentication")

    def _moment_of(self, body: DriverCard | DriverIdentity) -> datetime:
        """Of 2011's card message, which says none: when it was first heard."""
        now = self.house.clock.now()
        if isinstance(body, DriverCard):
            return now
        if self._card is None or self._card[0] != body:
            self._card = (body, now)
        return self._card[1]

    def _answer(self, whole: Whole, result: int) -> None:
        self.line.answer(whole.frame.header.message_id, whole.serials, result)

    def _who(self) -> dict[str, str]:
        return {"terminal": self.line.phone, "peer": self.line.peer}


def _as_one_frame(whole: Whole) -> bytes:
    """The frame as it was; the body alone where fragments gave more than one frame holds."""
    if len(whole.serials) > 1:
        return whole.frame.body
    return write_frame(whole.frame)
