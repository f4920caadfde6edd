"""How ordered runs are really driven: mostly as they should be, some faster, some not ended in the bay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from schemas.api.runs import Run
from schemas.clock import Clock
from simulators.misconduct import LEAST_PARKED, Habit, TruthLine, habit_truth, run_truth, write_truth
from simulators.play.diary import Diary
from simulators.play.garage import Garage, UnitWheel
from simulators.terminals.drive import Style
from simulators.terminals.roads import Lonlat


class RunWheel:
    """The car of one run; a driver with a bad habit parks somewhere else than the run says."""

    def __init__(self, run: Run, wheel: UnitWheel, habit: Habit | None) -> None:
        self.run = run
        self.habit = habit
        self.wheel = wheel
        bay = run.stops[-1]
        self._bay = (bay.lon, bay.lat)

    def place(self) -> Lonlat:
        return self.wheel.place()

    def odometer_km(self) -> float:
        return self.wheel.odometer_km()

    def engine_off(self, at: datetime) -> None:
        self.wheel.engine_off(at)

    async def drive_to(self, lon: float, lat: float) -> datetime:
        if (lon, lat) == self._bay and self.habit and self.habit.parks_at:
            lon, lat = self.habit.parks_at
        return await self.wheel.drive_to(lon, lat)


class Manners:
    """Hands out wheels and writes down afterwards what really happened."""

    def __init__(self, garage: Garage, habits: Sequence[Habit], clock: Clock, diary: Diary) -> None:
        self._garage = garage
        self._habits = habits
        self._clock = clock
        self._diary = diary
        self._astray: dict[str, tuple[Habit, datetime]] = {}

    def take_over(self, run: Run) -> RunWheel:
        """The car for this run."""
        self.car_leaves(run.plate)
        habit = self._habit(run.plate)
        style = Style(habit.share_of_limit) if habit and habit.share_of_limit else None
        return RunWheel(run, self._garage.wheel(run.plate, style), habit)

    def hand_back(self, wheel: RunWheel) -> None:
        """The run is over: note its drives, and where the car was left."""
        driven = wheel.wheel.driven
        if not driven:
            return
        plate, habit = wheel.run.plate, wheel.habit
        write_truth(self._diary.truth, run_truth(plate, driven[0].departed_at, driven[-1].arrived_at))
        if habit is None:
            return
        if habit.parks_at:
            self._astray[plate] = (habit, driven[-1].arrived_at)
            return
        self._note(
            habit_truth(habit, drive.departed_at, drive.arrived_at, seconds_over=drive.seconds_over)
            for drive in driven
        )

    def car_leaves(self, plate: str) -> None:
        """Somebody drives off: a parking elsewhere ends."""
        if plate in self._astray:
            habit, since = self._astray.pop(plate)
            self._note([habit_truth(habit, since, self._clock.now())])

    async def tick(self) -> None:
        """A car that has stood elsewhere for long enough is in the truth from then on, wherever it goes."""
        now = self._clock.now()
        for plate, (habit, since) in list(self._astray.items()):
            if now - since >= LEAST_PARKED:
                del self._astray[plate]
                self._note([habit_truth(habit, since, None)])

    def close(self) -> None:
        """The run of the simulation ends: cars left elsewhere stand there still."""
        self._note(habit_truth(habit, since, None) for habit, since in self._astray.values())
        self._astray.clear()

    def _habit(self, plate: str) -> Habit | None:
        now = self._clock.now()
        return next((h for h in self._habits if h.plate == plate and h.starts_at <= now < h.ends_at), None)

    def _note(self, lines: Iterable[TruthLine]) -> None:
        write_truth(self._diary.truth, lines)
