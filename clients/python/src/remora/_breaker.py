"""A circuit breaker: an unavailable service costs one timeout per period, and one log line."""

from __future__ import annotations

import logging
import threading

from remora._clock import Clock, Moment
from remora.errors import RemoraError

_LONGEST_WAIT = 300.0

log = logging.getLogger("remora")


class Breaker:
    """Opens on the first failure; after each period, one call may try.

    Logs the beginning and the end of an outage once each.
    """

    def __init__(self, url: str, period: float, clock: Clock) -> None:
        self._url = url
        self._period = period
        self._clock = clock
        self._lock = threading.Lock()
        self._failed_at: Moment | None = None
        self._wait = period
        self._trying = False
        self._outage: str | None = None
        self._unanswered = 0

    def enter(self) -> None:
        """Returns if the call may proceed; the caller must then call ``leave`` or ``abandon``.

        Raises RemoraError (breaker_open) otherwise.
        """
        with self._lock:
            if self._failed_at is None:
                return
            if self._trying or self._clock.since(self._failed_at) < self._wait:
                self._unanswered += 1
                raise RemoraError("breaker_open", f"no request sent, because of an earlier failure: {self._outage}")
            self._trying = True

    def leave(self, error: RemoraError | None, consequence: str) -> None:
        """Reports the result of the call."""
        with self._lock:
            self._trying = False
            if error is None or error.is_callers_fault:
                if self._outage is not None:
                    log.info("Remora is available again at %s; %d calls had no answer", self._url, self._unanswered)
                self._failed_at, self._outage, self._unanswered = None, None, 0
                return
            self._failed_at = self._clock.now()
            self._wait = min(max(self._period, error.retry_after or 0), _LONGEST_WAIT)
            self._unanswered += 1
            first, self._outage = self._outage is None, str(error)
            if first:
                log.warning("Remora is unavailable: %s. Until it is available, %s", error, consequence)

    def abandon(self) -> None:
        """Reports that the call ended without evidence about the service."""
        with self._lock:
            self._trying = False
