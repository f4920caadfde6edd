"""What a worker receives from: its share of the ranges, as the roster gives them."""

from __future__ import annotations

from collections.abc import Callable

from ingest.keeper import Keeper
from ingest.range_receiver import RangeReceiver
from ingest.settings import IngestSettings
from schemas.clock import Clock


class Ranges(RangeReceiver):
    """The receiver and the keeper that decides which sessions it has."""

    def __init__(self, settings: IngestSettings, clock: Clock, on_change: Callable[[], None]) -> None:
        super().__init__(on_change)
        self._keeper = Keeper(settings, clock, self)

    def start(self) -> None:
        self._keeper.start()

    def pause(self) -> None:
        self._keeper.stop()
        super().pause()

    def close(self) -> None:
        super().close()
        self._keeper.leave()
