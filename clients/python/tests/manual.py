"""A clock that tests advance."""

from remora._clock import Clock


class ManualClock(Clock):
    def __init__(self):
        self.steady = 1000.0
        self.wall = 1.7e9
        super().__init__(lambda: self.steady, lambda: self.wall)

    def pass_seconds(self, seconds):
        self.steady += seconds
        self.wall += seconds

    def sleep_machine(self, seconds):
        """Advances only the wall clock."""
        self.wall += seconds
