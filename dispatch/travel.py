"""Travel times and distances between locations, injected by the caller."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dispatch.errors import InvalidProblemError


@dataclass(frozen=True, eq=False)
class Travel:
    """Square matrices [from, to]: `seconds` and `metres`, whole numbers; `names` label locations for people.

    Round times up when making them, or plans break by rounding.
    """

    seconds: npt.NDArray[np.int64]
    metres: npt.NDArray[np.int64]
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.seconds.shape
        if len(shape) != 2 or shape[0] != shape[1] or self.metres.shape != shape:
            raise InvalidProblemError(
                "travel",
                f"seconds {shape} and metres {self.metres.shape} are not one square",
                "Give n x n for both",
            )
        if self.names and len(self.names) != shape[0]:
            raise InvalidProblemError(
                "travel.names", f"{len(self.names)} names for {shape[0]} locations", "Name all or none"
            )
        if min(int(self.seconds.min(initial=0)), int(self.metres.min(initial=0))) < 0:
            raise InvalidProblemError(
                "travel", "a time or distance is negative", "Mark unreachable pairs with a large number"
            )
        self.seconds.setflags(write=False)
        self.metres.setflags(write=False)

    @property
    def size(self) -> int:
        return int(self.seconds.shape[0])

    @cached_property
    def seconds_rows(self) -> list[list[int]]:
        """The same as plain lists: indexing them is several times faster than indexing the array."""
        rows: list[list[int]] = self.seconds.tolist()
        return rows

    @cached_property
    def metres_rows(self) -> list[list[int]]:
        rows: list[list[int]] = self.metres.tolist()
        return rows

    def name(self, location: int) -> str:
        return self.names[location] if self.names else f"#{location}"
