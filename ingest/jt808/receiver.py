"""The gateway as a source of messages for the writer: an event loop on its own thread, and the bridge."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Gauge

from ingest.jt808.gateway import Gateway
from ingest.jt808.settings import GatewaySettings
from ingest.message import Message
from schemas.telemetry import Ack

log = structlog.get_logger()

GATHER_STEP_S = 0.005
START_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 3.0


class GatewayReceiver:
    """A terminal is told by 0x8001 to the very frame, so `acknowledge` does what MQTT needs `tell` for."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._limit = 2 * settings.ingest_receive_maximum
        self._queue: deque[Message] = deque()
        self._arrived = threading.Event()
        self._paused = False
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="gateway", daemon=True)
        self.gateway: Gateway | None = None
        self.port = 0

    def start(self) -> None:
        """Raises GatewayAddressError."""
        self._thread.start()
        try:
            self.port = self._call(self._open(), START_TIMEOUT_S)
        except BaseException:
            self._end_loop()
            raise

    def count_in(self, registry: CollectorRegistry) -> None:
        """What Prometheus may ask of the gateway besides what it asks of every worker."""
        connections = Gauge("ingest_gateway_connections", "Open connections", registry=registry)
        connections.set_function(lambda: self.gateway.connections if self.gateway else 0)
        terminals = Gauge("ingest_gateway_terminals", "Authenticated terminals", registry=registry)
        terminals.set_function(lambda: self.gateway.terminals if self.gateway else 0)

    def take(self, limit: int, window_s: float) -> list[Message]:
        if not self._arrived.wait(window_s):
            return []
        until = time.monotonic() + window_s
        while not self._paused and len(self._queue) < limit and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, GATHER_STEP_S))
        self._arrived.clear()
        taken = [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]
        if self._queue:
            self._arrived.set()
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        numbers = [message.mid for message in messages if message.mid]
        if numbers and self.gateway is not None:
            self._loop.call_soon_threadsafe(self.gateway.committed, numbers)

    def tell(self, acks: Iterable[tuple[str, Ack]]) -> None:
        """Nothing: boot and sequence numbers are ours alone (decision 8)."""

    def pause(self) -> None:
        self._paused = True
        if self.gateway is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self.gateway.pause)

    def close(self) -> None:
        if self.gateway is not None and self._loop.is_running():
            try:
                self._call(self.gateway.close(), CLOSE_TIMEOUT_S)
            except TimeoutError:
                log.warning("connections did not close in time; they are cut off")
        self._end_loop()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def receiving(self) -> bool:
        return bool(self.port) and not self._paused

    async def _open(self) -> int:
        self.gateway = Gateway(self._settings, self._settings.the_clock, self._put)
        return await self.gateway.open()

    def _put(self, message: Message) -> bool:
        """False if it is not taken. What awaits an answer is bounded by the gateway, the rest here."""
        if self._paused or (not message.mid and len(self._queue) >= self._limit):
            return False
        self._queue.append(message)
        if not self._arrived.is_set():
            self._arrived.set()
        return True

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work: Coroutine[Any, Any, int | None], timeout_s: float) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def _end_loop(self) -> None:
        if not self._thread.is_alive():
            self._loop.close()
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_TIMEOUT_S)
        if not self._thread.is_alive():
            self._loop.close()
