"""A clock that can be replaced, and elapsed time that is correct after a suspension."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple


class Moment(NamedTuple):
    """A moment by two clocks."""

    steady: float
    wall: float


class Clock:
    """Measures elapsed time by two clocks.

    The steady clock stops while the machine sleeps; the wall clock can be set back. The longer of
    the two spans is therefore never too short.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._steady = steady
        self._wall = wall

    def now(self) -> Moment:
        return Moment(self._steady(), self._wall())

    def since(self, moment: Moment) -> float:
        """Returns the seconds since a moment: too many after the wall clock was set forward."""
        steady = self._steady() - moment.steady
        wall = self._wall() - moment.wall
        return steady if steady >= wall else wall
