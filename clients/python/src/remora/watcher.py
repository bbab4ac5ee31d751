"""Keeps many pairs fresh in memory, so that a bot's order path never waits for a network."""

from __future__ import annotations

import threading
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from remora._breaker import log
from remora._clock import Clock, Moment
from remora.assessment import Assessment
from remora.client import RemoraClient, check_pair
from remora.errors import RemoraError

_LARGEST_BATCH = 250
_FORGET_UNTRACKED_AFTER = 300.0
_GATHER = 0.25


class Reading(NamedTuple):
    """What is known of a pair now, from local memory."""

    pair: str
    side: str
    safe_to_trade: bool
    answered: bool
    """Whether the service said it, recently enough."""
    age_seconds: Optional[float]
    """Since the service said it; None where it has not."""
    assessment: Optional[Assessment]
    why: str


class Watcher:
    """One daemon thread, one batch request per interval and side. Reads take no lock and do no I/O.

    With ``stream`` a second thread follows the event stream and has the first ask at once when something has changed, so that the interval can be long.

    A reading older than ``max_age`` seconds, or of a market that the service knows nothing of, follows the client's ``on_error``. Give the watcher a client of its own.
    """

    def __init__(
        self,
        client: RemoraClient,
        pairs: Iterable[str] = (),
        *,
        sides: Tuple[str, ...] = ("long",),
        policy: Optional[str] = None,
        interval: float = 5.0,
        max_age: Optional[float] = None,
        stream: bool = False,
        clock: Optional[Clock] = None,
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
        self._max_age = max_age if max_age is not None else max(30.0, 3 * (interval + client.timeout))
        self._clock = clock or Clock()
        self._pairs: Dict[str, None] = dict.fromkeys(check_pair(pair) for pair in pairs)
        self._known: Dict[Tuple[str, str], Tuple[Assessment, Moment]] = {}
        self._informed: Dict[Tuple[str, str], Tuple[Assessment, Moment]] = {}
        self._untracked: Dict[str, Moment] = {}
        self._trouble = "the service has not been asked yet"
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._first_round = threading.Event()
        self._stopping = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def start(self) -> "Watcher":
        """Starts the thread; again is harmless."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="remora-watcher", daemon=True)
                self._thread.start()
                if self._stream:
                    threading.Thread(target=self._follow, name="remora-stream", daemon=True).start()
        return self

    def stop(self) -> None:
        """Ends the thread after its present request. What is known stays readable, and ages."""
        self._stopping.set()
        self._wake.set()

    def __enter__(self) -> "Watcher":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self, seconds: float) -> bool:
        """Waits for the end of the first round, for programs that want to begin with knowledge."""
        return self._first_round.wait(seconds)

    def track(self, pair: str) -> None:
        """Adds a pair; the thread asks for it at once."""
        if pair in self._pairs:
            return
        with self._lock:
            self._pairs = {**self._pairs, check_pair(pair): None}
        self._wake.set()

    @property
    def pairs(self) -> List[str]:
        """What is watched."""
        return list(self._pairs)

    def read(self, pair: str, side: str = "long") -> Reading:
        """What is known now."""
        found = self._known.get((pair, side))
        if found is not None and (age := self._clock.since(found[1])) <= self._max_age:
            assessment = found[0]
            if not assessment.is_blind:
                return Reading(pair, side, assessment.safe_to_trade, True, age, assessment, assessment.why)
            last = self._last(pair, side, f"nothing is known of {pair}")
            decided = self._client.decide(assessment)
            return last or Reading(pair, side, decided.safe_to_trade, decided.answered, age, decided, decided.why)
        last = self._last(pair, side, self._trouble)
        if last is not None:
            return last
        return Reading(pair, side, self._client.on_error != "block", False, None, None, self._why_unknown(pair, side))

    def is_safe(self, pair: str, side: str = "long") -> bool:
        """Whether to enter, from memory."""
        return self.read(pair, side).safe_to_trade

    def refresh(self) -> None:
        """One round in the calling thread: what the watcher's own thread does every interval."""
        wanted = [pair for pair in self._pairs if not self._is_untracked(pair)]
        for side in self._sides:
            for start in range(0, len(wanted), _LARGEST_BATCH):
                part = wanted[start : start + _LARGEST_BATCH]
                asked_at = self._clock.now()
                try:
                    found = self._client.fetch_batch(part, side, self._policy)
                except RemoraError as error:
                    if error.kind != "breaker_open":  # what opened it says more
                        self._trouble = str(error)
                    if error.is_callers_fault:
                        self._client.say_once(f"Remora refuses the watcher's question: {error}")
                    return
                self._trouble = ""
                answers = {(pair, side): (answer, asked_at) for pair, answer in found.items()}
                self._informed = {**self._informed, **{key: answer for key, answer in answers.items() if not answer[0].is_blind}}
                self._known = {**self._known, **answers}
                for pair in part:
                    if pair in found:
                        self._untracked.pop(pair, None)
                    else:
                        self._untracked[pair] = asked_at
                        self._client.fallback(pair, side, _not_tracked(pair))  # says it once

    def _last(self, pair: str, side: str, why: str) -> Optional[Reading]:
        """The last answer that knew something, where the client's ``on_error`` wants it and it is young enough to count."""
        found = self._informed.get((pair, side)) if self._client.on_error == "last" else None
        if found is None or (age := self._clock.since(found[1])) > self._client.last_seconds:
            return None
        return Reading(pair, side, found[0].safe_to_trade, False, age, found[0], f"the answer of {age:.0f} s ago, because {why}")

    def _is_untracked(self, pair: str) -> bool:
        since = self._untracked.get(pair)
        return since is not None and self._clock.since(since) < _FORGET_UNTRACKED_AFTER

    def _why_unknown(self, pair: str, side: str) -> str:
        if side not in self._sides:
            return f"the watcher does not ask about {side}"
        if pair not in self._pairs:
            return f"{pair} is not watched"
        return str(_not_tracked(pair)) if pair in self._untracked else self._trouble or "the service has not been asked yet"

    def _follow(self) -> None:
        try:
            for _ in self._client.stream(stop=self._stopping):
                self._wake.set()
        except RemoraError as error:
            self._client.say_once(f"Remora has no event stream to follow: {error}; it is asked every {self._interval:g} s")
        except Exception:  # the other thread goes on by itself
            log.exception("Remora's watcher cannot follow the stream any longer; it asks every %g s", self._interval)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.refresh()
            except Exception:  # the thread must outlive a fault of its own; reads age and follow on_error meanwhile
                self._trouble = "the watcher failed"
                log.exception("Remora's watcher failed; it goes on")
            self._first_round.set()
            if self._wake.wait(self._interval):
                self._stopping.wait(min(_GATHER, self._interval))  # new pairs come in crowds: one request for all of them
            self._wake.clear()


def _not_tracked(pair: str) -> RemoraError:
    return RemoraError("not_tracked", f"the service does not track {pair}")
