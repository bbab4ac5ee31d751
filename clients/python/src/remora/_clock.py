"""Time as something that is passed in, and elapsed time that is right after a sleep and after the clock was set."""

from __future__ import annotations

import time
from typing import Callable, NamedTuple


class Moment(NamedTuple):
    """One moment, by two clocks."""

    steady: float
    wall: float


class Clock:
    """The steady clock does not move while the machine sleeps; the wall clock can be set back. The longer of the two spans is never too short."""

    def __init__(self, steady: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._steady = steady
        self._wall = wall

    def now(self) -> Moment:
        return Moment(self._steady(), self._wall())

    def since(self, moment: Moment) -> float:
        """Seconds from a moment until now; after the wall clock was set forward it says too much, never too little."""
        steady = self._steady() - moment.steady
        wall = self._wall() - moment.wall
        return steady if steady >= wall else wall
