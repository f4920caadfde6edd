"""A JT/T 808 terminal of these tests: one TCP connection, its own serial numbers, what it was answered."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeVar

from ingest.jt808.framing import Framer
from ingest.jt808.header import Frame, Header, Part, Version, read_frame, write_frame
from ingest.jt808.layout import Body
from ingest.jt808.messages.platform import GeneralResponse, RegistrationResponse
from ingest.jt808.messages.registry import Message, read_message, write_body
from ingest.jt808.messages.terminal import Authentication, Registration

PATIENCE_S = 30.0
B = TypeVar("B", bound=Body)


@dataclass
class Terminal:
    """Speaks `version` as `phone`."""

    port: int
    phone: str
    version: Version = Version.V2013
    device: str = "D1"
    serial: int = 0
    _framer: Framer = field(default_factory=Framer)
    _inbox: list[Message] = field(default_factory=list)

    def __enter__(self) -> Terminal:
        self._socket = socket.create_connection(("127.0.0.1", self.port))
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, body: Body) -> int:
        """Returns the serial number under which it went."""
        serial = self.serial
        self.send_bytes(self.frame(body, serial))
        self.serial = (serial + 1) & 0xFFFF
        return serial

    def frame(self, body: Body, serial: int, part: Part | None = None, data: bytes | None = None) -> bytes:
        protocol = 1 if self.version is Version.V2019 else 0
        version = Version.V2019 if protocol else Version.V2013
        header = Header(body.ID, self.phone, serial, version, protocol, part=part)
        return write_frame(Frame(header, write_body(body, self.version) if data is None else data))

    def send_bytes(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self, kind: type[B], seconds: float = PATIENCE_S) -> B | None:
        """The next message of this kind; None if it does not come in time or the connection ends."""
        until = time.monotonic() + seconds
        while True:
            for index, message in enumerate(self._inbox):
                if isinstance(message.body, kind):
                    del self._inbox[index]
                    self.heard_serial = message.header.serial
                    return message.body
            if not self._read(until - time.monotonic()):
                return None

    def is_answered(self, serial: int, result: int = 0, seconds: float = PATIENCE_S) -> bool:
        """Whether 0x8001 with this result comes for the frame of that number."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            answer = self.receive(GeneralResponse, left)
            if answer is None:
                return False
            if answer.response_serial == serial:
                return answer.result == result
        return False

    def is_closed_by_the_gateway(self) -> bool:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            self._socket.settimeout(until - time.monotonic())
            try:
                if not self._socket.recv(4096):
                    return True
            except ConnectionError:
                return True
            except TimeoutError:
                return False
        return False

    def register(self) -> RegistrationResponse | None:
        self.send(Registration(37, 100, "MAKER", "MP-1", self.device, 2, "示A·10088"))
        return self.receive(RegistrationResponse)

    def log_in(self) -> None:
        """Register and authenticate."""
        answer = self.register()
        assert answer is not None and answer.result == 0
        assert self.authenticate(answer.auth_code)

    def authenticate(self, code: str) -> bool:
        return self.is_answered(self.send(Authentication(code, "123456789012345", "v1.2")))

    def _read(self, seconds: float) -> bool:
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(4096)
        except TimeoutError:
            return False
        self._inbox += [read_message(read_frame(run)) for run in self._framer.feed(data)]
        return bool(data)
