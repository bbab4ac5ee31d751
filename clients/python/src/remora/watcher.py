"""Keeps the assessments of many pairs in memory, so that a bot never waits for the network."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

from remora._breaker import log
from remora._clock import Clock, Moment
from remora.assessment import Assessment
from remora.client import RemoraClient, check_pair
from remora.errors import RemoraError

_LARGEST_BATCH = 250
_FORGET_UNTRACKED_AFTER = 300.0
_GATHER = 0.25


class Reading(NamedTuple):
    """The current assessment of a pair from local memory."""

    pair: str
    side: str
    safe_to_trade: bool
    answered: bool
    """Whether the service returned it, and it is recent."""
    age_seconds: float | None
    """Seconds since the service returned it; None without an answer."""
    assessment: Assessment | None
    why: str


class Watcher:
    """Sends one batch request per interval and side from a daemon thread.

    Reads take no lock and do no I/O. With ``stream``, a second thread follows the event stream and
    triggers a request when something changes, so that the interval can be long.

    With ``add_pairs``, it asks the service to track pairs that are not tracked, each at most once
    in five minutes.

    A reading older than ``max_age`` seconds, or of a market without data, follows the client's
    ``on_error``. Use a separate client for the watcher.
    """

    def __init__(
        self,
        client: RemoraClient,
        pairs: Iterable[str] = (),
        *,
        sides: tuple[str, ...] = ("long",),
        policy: str | None = None,
        interval: float = 5.0,
        max_age: float | None = None,
        stream: bool = False,
        add_pairs: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if not 0 < interval < 1e6:
            raise ValueError(f"interval {interval!r}: expected seconds above 0")
        if not sides or any(side not in ("long", "short") for side in sides):
            raise ValueError(f"sides {sides!r}: expected long, short or both")
        self._client = client
        self._sides = tuple(sides)
        self._policy = policy
        self._interval = interval
        self._stream = stream
        self._adds_pairs = add_pairs
        self._asked_for: dict[str, Moment] = {}
        self._max_age = max_age if max_age is not None else max(30.0, 3 * (interval + client.timeout))
        self._clock = clock or Clock()
        self._pairs: dict[str, None] = dict.fromkeys(check_pair(pair) for pair in pairs)
        self._known: dict[tuple[str, str], tuple[Assessment, Moment]] = {}
        self._with_data: dict[tuple[str, str], tuple[Assessment, Moment]] = {}
        self._untracked: dict[str, Moment] = {}
        self._last_error = "no request has been sent yet"
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._first_round = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> Watcher:
        """Starts the thread. Further calls do nothing."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="remora-watcher", daemon=True)
                self._thread.start()
                if self._stream:
                    threading.Thread(target=self._follow, name="remora-stream", daemon=True).start()
        return self

    def stop(self) -> None:
        """Ends the thread after its current request. Readings remain available, and age."""
        self._stopping.set()
        self._wake.set()

    def __enter__(self) -> Watcher:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self, seconds: float) -> bool:
        """Waits until the first round of requests ends. Returns False after the timeout."""
        return self._first_round.wait(seconds)

    def track(self, pair: str) -> None:
        """Adds a pair. The thread requests it immediately."""
        if pair in self._pairs:
            return
        with self._lock:
            self._pairs = {**self._pairs, check_pair(pair): None}
        self._wake.set()

    @property
    def pairs(self) -> list[str]:
        """The watched pairs."""
        return list(self._pairs)

    def read(self, pair: str, side: str = "long") -> Reading:
        """Returns the current reading of a pair."""
        found = self._known.get((pair, side))
        if found is not None and (age := self._clock.since(found[1])) <= self._max_age:
            assessment = found[0]
            if not assessment.lacks_market_data:
                return Reading(pair, side, assessment.safe_to_trade, True, age, assessment, assessment.why)
            last = self._last(pair, side, f"there is no current market data for {pair}")
            decided = self._client.decide(assessment)
            return last or Reading(pair, side, decided.safe_to_trade, decided.answered, age, decided, decided.why)
        last = self._last(pair, side, self._last_error)
        if last is not None:
            return last
        return Reading(pair, side, self._client.on_error != "block", False, None, None, self._why_unknown(pair, side))

    def is_safe(self, pair: str, side: str = "long") -> bool:
        """Returns whether to enter, from memory."""
        return self.read(pair, side).safe_to_trade

    def refresh(self) -> None:
        """Sends the requests of one round in the calling thread."""
        wanted = [pair for pair in self._pairs if not self._is_untracked(pair)]
        for side in self._sides:
            for start in range(0, len(wanted), _LARGEST_BATCH):
                part = wanted[start : start + _LARGEST_BATCH]
                asked_at = self._clock.now()
                try:
                    found = self._client.fetch_batch(part, side, self._policy)
                except RemoraError as error:
                    if error.kind != "breaker_open":  # the error that opened it is more useful
                        self._last_error = str(error)
                    if error.is_callers_fault:
                        self._client.log_once(f"The service refuses the watcher's request: {error}")
                    return
                self._last_error = ""
                answers = {(pair, side): (answer, asked_at) for pair, answer in found.items()}
                with_data = {key: answer for key, answer in answers.items() if not answer[0].lacks_market_data}
                self._with_data = {**self._with_data, **with_data}
                self._known = {**self._known, **answers}
                added = self._add([pair for pair in part if pair not in found or "untracked" in found[pair].raw])
                for pair in part:
                    if pair in found or pair in added:
                        self._untracked.pop(pair, None)
                    else:
                        self._untracked[pair] = asked_at
                        self._client.fallback(pair, side, _not_tracked(pair))  # logs it once

    def _add(self, pairs: list[str]) -> set[str]:
        """Asks the service to track pairs, unless that was done lately. Returns those it tracks now."""
        now = self._clock.now()
        wanted = [
            pair
            for pair in pairs
            if pair not in self._asked_for or self._clock.since(self._asked_for[pair]) >= _FORGET_UNTRACKED_AFTER
        ]
        if not wanted or not self._adds_pairs:
            return set()
        self._asked_for.update(dict.fromkeys(wanted, now))
        try:
            reasons = self._client.add_pairs(wanted)
        except RemoraError as error:
            self._client.log_once(f"The service cannot be asked to track pairs: {error}")
            return set()
        for pair, reason in reasons.items():
            if reason is not None:
                self._client.log_once(f"The service does not track {pair}: {reason}")
        added = {pair for pair, reason in reasons.items() if reason is None}
        if added:
            self._wake.set()
        return added

    def _last(self, pair: str, side: str, why: str) -> Reading | None:
        """Returns the last answer with market data if ``on_error`` is 'last' and it is recent."""
        found = self._with_data.get((pair, side)) if self._client.on_error == "last" else None
        if found is None or (age := self._clock.since(found[1])) > self._client.last_seconds:
            return None
        why = f"the answer of {age:.0f} s ago, because {why}"
        return Reading(pair, side, found[0].safe_to_trade, False, age, found[0], why)

    def _is_untracked(self, pair: str) -> bool:
        since = self._untracked.get(pair)
        return since is not None and self._clock.since(since) < _FORGET_UNTRACKED_AFTER

    def _why_unknown(self, pair: str, side: str) -> str:
        if side not in self._sides:
            return f"the watcher does not watch the side {side}"
        if pair not in self._pairs:
            return f"{pair} is not watched"
        if pair in self._untracked:
            return str(_not_tracked(pair))
        return self._last_error or "no request has been sent yet"

    def _follow(self) -> None:
        try:
            for _ in self._client.stream(stop=self._stopping):
                self._wake.set()
        except RemoraError as error:
            self._client.log_once(
                f"The event stream is unavailable: {error}; the service is polled every {self._interval:g} s"
            )
        except Exception:  # the other thread continues
            log.exception(
                "The watcher stopped following the event stream because of a bug; the service is polled every %g s",
                self._interval
            )

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.refresh()
            except Exception:  # the thread must survive a bug; readings age and follow on_error meanwhile
                self._last_error = "the watcher failed"
                log.exception("The watcher failed because of a bug; it retries")
            self._first_round.set()
            if self._wake.wait(self._interval):
                # New pairs often arrive together: one request for all of them.
                self._stopping.wait(min(_GATHER, self._interval))
            self._wake.clear()


def _not_tracked(pair: str) -> RemoraError:
    return RemoraError("not_tracked", f"the service does not track {pair}")
