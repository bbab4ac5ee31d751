"""A circuit breaker: an unavailable service costs one timeout per period, and one log line."""

from __future__ import annotations

import logging
import threading

from remora._clock import Clock, Moment
from remora.errors import RemoraError

_LONGEST_WAIT = 300.0

log = logging.getLogger("remora")


class Breaker:
    """The breaker of one service. Opens on the first failure; after each period, one call may try."""

    def __init__(self, period: float, clock: Clock) -> None:
        self._period = period
        self._clock = clock
        self._lock = threading.Lock()
        self._failed_at: Moment | None = None
        self._wait = period
        self._trying = False
        self._failure: RemoraError | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a call may proceed."""
        with self._lock:
            return self._failed_at is None or not (
                self._trying or self._clock.since(self._failed_at) < self._wait
            )

    def enter(self) -> None:
        """Returns if the call may proceed; the caller must then call ``leave`` or ``abandon``.

        Raises RemoraError (breaker_open) otherwise.
        """
        with self._lock:
            if self._failed_at is None:
                return
            if self._trying or self._clock.since(self._failed_at) < self._wait:
                raise RemoraError(
                    "breaker_open", f"no request sent, because of an earlier failure: {self._failure}"
                ) from self._failure
            self._trying = True

    def leave(self, error: RemoraError | None) -> None:
        """Reports the result of the call."""
        with self._lock:
            self._trying = False
            if error is None or error.is_callers_fault:
                self._failed_at, self._failure = None, None
                return
            self._failed_at = self._clock.now()
            self._wait = min(max(self._period, error.retry_after or 0), _LONGEST_WAIT)
            self._failure = error

    def abandon(self) -> None:
        """Reports that the call ended without evidence about the service."""
        with self._lock:
            self._trying = False


class Outage:
    """Logs the beginning and the end of a time without answers, once each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unanswered = 0

    def add(self, error: RemoraError, consequence: str) -> None:
        """Reports a call that no service answered."""
        with self._lock:
            self._unanswered += 1
            if self._unanswered == 1:
                log.warning("Remora is unavailable: %s. Until it is available, %s", error, consequence)

    def end(self, url: str) -> None:
        """Reports an answer."""
        with self._lock:
            if self._unanswered > 0:
                log.info("Remora is available again at %s; %d calls had no answer", url, self._unanswered)
            self._unanswered = 0
