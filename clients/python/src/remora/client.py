"""A client of the Remora service that applies ``on_error`` when the service is unavailable."""

from __future__ import annotations

import http.client
import json
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, TypeVar
from urllib.parse import urlencode

from remora._breaker import log
from remora._clock import Clock, Moment
from remora._services import Services
from remora._values import json_list, json_object, ratio
from remora.assessment import Assessment, ForecastAnswer
from remora.errors import RemoraError
from remora.reports import Reports

DEFAULT_URL = "http://127.0.0.1:8000"
ON_ERROR = {
    "allow": "entries are allowed",
    "block": "entries are blocked",
    "last": "recent answers are used, and entries without one are allowed",
}

_LARGEST_MEMORY = 4096
_SHORTEST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_LONGEST_SILENCE = 60.0
_PAIR = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(:[A-Za-z0-9._-]+)?")
_REUSED_FIELDS = (
    "state", "recommendation", "risk_score", "risk_class", "risk_confidence", "position_scale", "blocked_by",
    "reasoning", "regime", "forecast", "no_forecast"
)
T = TypeVar("T")
Question = tuple[tuple[str, str], ...]


class RemoraClient(Reports):
    """A thread-safe client of a Remora service.

    Any response other than a 200 with a valid assessment follows ``on_error`` and never counts as
    safe by accident. ``on_error`` is 'allow' (fail open), 'block', or 'last' (the last answer to
    the same request while it is younger than ``last_seconds``, then allow). A safe answer whose
    ``state`` is 'unknown' follows ``on_error`` too: the service has no current market data.

    ``base_url`` may be several addresses, separated by commas or as a list: the client stays with
    one, and tries the next one when it does not answer. ``timeout`` covers all of them together.
    """

    def __init__(
        self,
        base_url: str | Iterable[str] | None = None,
        api_key: str | None = None,
        timeout: float = 2.0,
        on_error: str = "allow",
        cache_seconds: float = 5.0,
        *,
        breaker_seconds: float = 10.0,
        last_seconds: float = 900.0,
        clock: Clock | None = None,
    ) -> None:
        if on_error not in ON_ERROR:
            raise ValueError(f"on_error {on_error!r}: expected one of {', '.join(ON_ERROR)}")
        for name, seconds in (
            ("timeout", timeout), ("cache_seconds", cache_seconds), ("breaker_seconds", breaker_seconds),
            ("last_seconds", last_seconds)
        ):
            if not 0 <= seconds < 1e6 or (name == "timeout" and seconds == 0):
                allowed = "above 0" if name == "timeout" else "0 or more"
                raise ValueError(f"{name} {seconds!r}: expected seconds, {allowed}")
        url = base_url or os.environ.get("REMORA_URL") or DEFAULT_URL
        self.on_error = on_error
        self.timeout = timeout
        self.last_seconds = last_seconds
        self._cache_seconds = cache_seconds
        self._clock = clock or Clock()
        self._services = Services(
            url, api_key or os.environ.get("REMORA_API_KEY"), timeout, breaker_seconds, self._clock
        )
        self._lock = threading.Lock()
        self._memory: dict[Question, tuple[Assessment, Moment]] = {}
        self._with_data: dict[Question, tuple[Assessment, Moment]] = {}
        self._logged: dict[str, None] = {}
        self._counts: Counter[str] = Counter()

    @property
    def base_url(self) -> str:
        """The address of the service in use."""
        return self._services.url

    def risk(
        self, pair: str | None = None, side: str | None = None, policy: str | None = None,
        exchange: str | None = None, timeframe: str | None = None
    ) -> Assessment:
        """Returns the assessment of a pair, or of the whole market.

        ``answered`` is whether the service returned it.
        """
        checked = pair if pair is None else check_pair(pair)
        question = _question(pair=checked, side=side, policy=policy, exchange=exchange, timeframe=timeframe)
        known = self._cached(question)
        if known is not None:
            self._count("cached")
            return self.decide(known, self._last(question))
        try:
            answer = self.fetch("/api/v1/risk?" + urlencode(question), lambda answer: _parsed(pair, answer))
        except RemoraError as error:
            return self.fallback(pair, side, error, self._last(question))
        self._cache(question, answer)
        return self.decide(answer, self._last(question))

    def is_safe(self, pair: str | None = None, side: str | None = None, policy: str | None = None) -> bool:
        """Returns whether to enter. Never raises."""
        try:
            return self.risk(pair, side, policy).safe_to_trade
        except Exception as error:  # this method never raises
            self._count("failed_bug")
            entries = "blocked" if self.on_error == "block" else "allowed"
            self.log_once(f"The request for {pair!r} failed: {error!r}; entries are {entries}")
            return self.on_error != "block"

    def get_context(self, pair: str | None = None) -> dict[str, Any]:
        """Returns the answer as a dict.

        Without an answer, the dict has the main keys, with values by ``on_error``, and ``error``.
        """
        found = self.risk(pair)
        if found.answered:
            return dict(found.raw)
        return {
            "pair": pair, "safe_to_trade": found.safe_to_trade, "state": found.state, "risk_score": found.risk_score,
            "risk_class": found.risk_class, "regime": found.regime, "volatility": found.volatility,
            "risk_confidence": found.risk_confidence, "position_scale": found.position_scale,
            "blocked_by": list(found.blocked_by),
            "reasoning": list(found.reasoning), "error": found.error,
        }

    def batch(
        self, pairs: Iterable[str], side: str | None = None, policy: str | None = None
    ) -> dict[str, Assessment]:
        """Returns the assessments of many pairs by their requested names, with one request."""
        wanted = list(dict.fromkeys(pairs))
        questions = {
            pair: _question(pair=check_pair(pair), side=side, policy=policy, exchange=None, timeframe=None)
            for pair in wanted
        }
        found: dict[str, Assessment] = {}
        try:
            found = self.fetch_batch(wanted, side, policy)
            missing = RemoraError("not_tracked", "the service does not track this pair")
        except RemoraError as error:
            missing = error
        for pair, answer in found.items():
            self._cache(questions[pair], answer)
        last = {pair: self._last(questions[pair]) for pair in wanted}
        return {
            pair: self.decide(found[pair], last[pair])
            if pair in found
            else self.fallback(pair, side, missing, last[pair])
            for pair in wanted
        }

    def forecast(
        self, pair: str, horizon: str | None = None, fall: float | None = None, rise: float | None = None,
        exchange: str | None = None, timeframe: str | None = None
    ) -> ForecastAnswer:
        """Returns the forecast of a pair, with the horizon and the thresholds of the request.

        ``horizon`` is 1h, 4h or 24h; None for all. ``fall`` and ``rise`` are ratios in (0, 1), 0.03
        for 3 %: the only threshold of ``probability_of_drawdown`` and ``probability_of_rally``; None
        for the usual ones, as in ``risk(pair).forecast``. ``forecast`` of the answer is None when
        there is none; ``no_forecast`` says why. Raises RemoraError without an answer.
        """
        question = _question(
            pair=check_pair(pair), exchange=exchange, timeframe=timeframe, horizon=horizon, fall=ratio("fall", fall),
            rise=ratio("rise", rise)
        )
        return self.fetch("/api/v1/forecast?" + urlencode(question), lambda answer: _parsed_forecast(pair, answer))

    def history(
        self, pair: str, start: datetime | None = None, end: datetime | None = None, interval: str = "1h",
        policy: str | None = None,
        side: str | None = None,
    ) -> list[dict[str, Any]]:
        """Returns the assessment history of a pair from ``start`` until before ``end``.

        The rows are dicts, oldest first; their ``time`` is a datetime. ``interval`` is the length
        of a bucket (1m, 1h, 6h, 12h or 1d), or each for every assessment. Without ``start``, the
        last thousand rows are returned. The history of the short side begins when the service
        first recorded it. Raises RemoraError without an answer or without stored data.
        """
        rows: list[dict[str, Any]] = []
        begin = _formatted("start", start)
        while True:
            question = _question(
                pair=check_pair(pair), interval=interval, side=side, policy=policy,
                **{"from": begin, "to": _formatted("end", end)}
            )
            try:
                page = self.fetch_stored("/api/v1/history?" + urlencode(question))
            except RemoraError as error:
                if rows and error.status == 400:
                    return rows  # the previous page ended exactly at the end
                raise
            rows += _rows(page)
            begin = page.get("next")
            if begin is None or start is None:  # a thousand rows are one page
                return rows

    def stream(
        self, pairs: Iterable[str] = (), side: str | None = None, policy: str | None = None,
        stop: threading.Event | None = None
    ) -> Iterator[Assessment]:
        """Yields each assessment when it changes, beginning with the current ones.

        Without pairs, yields all tracked ones. Continues after outages, each of which is logged
        once, until ``stop`` is set or the caller stops iterating. Raises RemoraError when the
        service refuses the stream.
        """
        named = ",".join(check_pair(pair) for pair in pairs)
        question = urlencode(_question(pair=named or None, side=side, policy=policy), safe=",/")
        stop, last_id, wait, out = stop or threading.Event(), None, _SHORTEST_WAIT, False
        at, failures, endpoints = self._services.current, 0, self._services.endpoints
        while not stop.is_set():
            url, moves_on = endpoints[at].url, len(endpoints) > 1
            error_text = f"{url} closed the stream"
            try:
                connection = endpoints[at].follow("/api/v1/stream?" + question, self.timeout, last_id, _LONGEST_SILENCE)
                try:
                    for kind, last_id, data in connection:
                        if stop.is_set():
                            return
                        if kind != "assessment":
                            continue
                        found = Assessment.from_json(json.loads(data))
                        if out:
                            log.info("The event stream at %s is connected again", url)
                        wait, out, failures = _SHORTEST_WAIT, False, 0
                        key = _question(pair=found.pair, side=side, policy=policy, exchange=None, timeframe=None)
                        yield self.decide(found, self._last(key))
                finally:
                    connection.close()
            except RemoraError as error:
                if error.is_callers_fault:
                    raise
                error_text, moves_on = str(error), moves_on and error.moves_on
            except (OSError, ValueError, http.client.HTTPException) as error:
                error_text = str(error) or type(error).__name__
            if not out and not stop.is_set():
                log.warning("The event stream is interrupted: %s. Retrying", error_text)
                out = True
            failures += 1
            if moves_on:
                at, last_id = (at + 1) % len(endpoints), None  # ids of events are those of one service
            if not moves_on or failures % len(endpoints) == 0:
                stop.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    def add_pairs(self, pairs: Iterable[str]) -> dict[str, str | None]:
        """Asks the service to track pairs. Returns for each None, or why it is not tracked.

        A key needs the scope ``pairs``. Raises RemoraError without an answer.
        """
        wanted = [check_pair(pair) for pair in pairs]
        path = "/api/v1/pairs?" + urlencode(_question(pairs=",".join(wanted)), safe=",/")
        try:
            answer = self.fetch_stored(path, "POST")
        except RemoraError as error:
            if error.status == 409 and wanted:  # none of them
                return {pair: str(error.problem.get("detail", error)) for pair in wanted}
            raise
        try:
            reasons = {item["pair"].upper(): item["reason"] for item in answer["pairs"]}
            return {pair: reasons[pair.upper()] for pair in wanted}
        except (KeyError, TypeError, AttributeError):
            raise RemoraError("not_an_assessment", "the answer is not a list of pairs") from None

    def fetch_batch(
        self, pairs: list[str], side: str | None = None, policy: str | None = None
    ) -> dict[str, Assessment]:
        """Returns the assessments of those pairs that the service tracks, with one request."""
        asked = [pair for pair in pairs if _PAIR.fullmatch(pair)]
        if not asked:
            return {}
        question = _question(pairs=",".join(asked), side=side, policy=policy)
        try:
            path = "/api/v1/risk/batch?" + urlencode(question, safe=",/")
            return self.fetch(path, lambda answer: _parsed_batch(asked, answer))
        except RemoraError as error:
            if error.status == 404:
                return {}  # the service tracks none of them
            raise

    def fetch(self, path: str, read: Callable[[Any], T], content: Any = None) -> T:
        """Sends one request through the breaker, without the cache, and parses it with ``read``.

        With ``content``, it is posted as JSON.
        """
        self._count("asked")
        method = "GET" if content is None else "POST"
        try:
            answer = self._services.fetch(
                lambda endpoint, timeout: read(endpoint.get(path, timeout, method, content)), ON_ERROR[self.on_error]
            )
        except RemoraError as error:
            self._count("failed_" + error.kind)
            raise
        self._count("answered")
        return answer

    def fetch_stored(self, path: str, method: str = "GET", content: Any = None) -> Any:
        """Sends one request for stored data and returns its JSON.

        It bypasses the breaker: an unavailable store is not evidence about assessments.
        """
        return self._services.fetch(
            lambda endpoint, timeout: endpoint.get(path, timeout, method, content), is_evidence=False
        )

    def fallback(
        self, pair: str | None, side: str | None, error: RemoraError, last: Assessment | None = None
    ) -> Assessment:
        """Returns the assessment by ``on_error`` when there is no answer."""
        if error.is_callers_fault:
            consequence = ON_ERROR[self.on_error].capitalize()
            self.log_once(f"No assessment of {pair or 'the whole market'}: {error}. {consequence}.")
        if last is not None:
            return _reused(last, pair, side, str(error))
        return Assessment(
            pair=pair, side=side, safe_to_trade=self.on_error != "block", answered=False, error=str(error)
        )

    def decide(self, answer: Assessment, last: Assessment | None = None) -> Assessment:
        """Applies ``on_error`` to an answer that allows entries without current market data."""
        if not answer.lacks_market_data or self.on_error == "allow":
            return answer
        why = f"there is no current market data for {answer.pair or 'the whole market'}"
        if answer.reasoning:
            why += f": {answer.reasoning[0]}"
        if self.on_error == "block":
            return replace(
                answer, safe_to_trade=False, recommendation="no_entry", position_scale=0.0, answered=False, error=why
            )
        return answer if last is None else _reused(last, answer.pair, answer.side, why)

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of each event: asked, answered, cached, failed_timeout, failed_status, ..."""
        with self._lock:
            return dict(self._counts)

    def log_once(self, text: str) -> None:
        """Logs a line once."""
        with self._lock:
            if text in self._logged:
                return
            if len(self._logged) >= _LARGEST_MEMORY:
                self._logged.clear()
            self._logged[text] = None
        log.warning("%s", text)

    def _cached(self, question: Question) -> Assessment | None:
        with self._lock:
            return self._recent(self._memory.get(question), self._cache_seconds)

    def _last(self, question: Question) -> Assessment | None:
        """Returns the last answer with market data if ``on_error`` is 'last' and it is recent."""
        if self.on_error != "last":
            return None
        with self._lock:
            return self._recent(self._with_data.get(question), self.last_seconds)

    def _recent(self, found: tuple[Assessment, Moment] | None, seconds: float) -> Assessment | None:
        return found[0] if found is not None and self._clock.since(found[1]) < seconds else None

    def _cache(self, question: Question, answer: Assessment) -> None:
        known = (answer, self._clock.now())
        with self._lock:
            for memory in (self._memory,) if answer.lacks_market_data else (self._memory, self._with_data):
                if len(memory) >= _LARGEST_MEMORY:
                    memory.clear()
                memory[question] = known

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1


def _reused(last: Assessment, pair: str | None, side: str | None, why: str) -> Assessment:
    """Returns the last answer as a replacement for a missing one."""
    values = {name: getattr(last, name) for name in _REUSED_FIELDS}
    return Assessment(
        pair=pair, side=side, safe_to_trade=last.safe_to_trade, answered=False, error=f"the last answer, because {why}",
        as_of=last.as_of, **values
    )


def check_pair(pair: str) -> str:
    """Returns the pair if it is valid; one invalid name makes the service reject a whole batch."""
    _question(pair=pair)
    if "," in pair:
        raise TypeError(f"pair is {pair!r}: expected one pair such as BTC/USDT")
    return pair


def _question(**parameters: object) -> Question:
    question: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if isinstance(value, str) and value:
            question.append((name, value))
        elif value is not None:
            raise TypeError(f"{name} is {value!r}: expected a non-empty string, or None")
    return tuple(question)


def _parsed(pair: str | None, answer: Any) -> Assessment:
    found = Assessment.from_json(answer)
    if pair is not None and (found.pair is None or found.pair.upper() != pair.upper()):
        raise RemoraError("not_an_assessment", f"the answer is for {found.pair}, not {pair}")
    return found


def _parsed_forecast(pair: str, answer: Any) -> ForecastAnswer:
    found = ForecastAnswer.from_json(answer)
    if found.pair.upper() != pair.upper():
        raise RemoraError("not_an_assessment", f"the answer is for {found.pair}, not {pair}")
    return found


def _formatted(name: str, time: datetime | None) -> str | None:
    if time is not None and time.tzinfo is None:
        raise ValueError(f"{name} is {time!r}: expected a datetime with a time zone")
    if time is None:
        return None
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rows(page: Any) -> list[dict[str, Any]]:
    try:
        return [{**row, "time": datetime.fromisoformat(row["time"].replace("Z", "+00:00"))} for row in page["rows"]]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise RemoraError("not_an_assessment", "the answer is not a history") from None


def _parsed_batch(pairs: list[str], answer: Any) -> dict[str, Assessment]:
    items = json_list((json_object(answer) or {}).get("assessments"))
    if items is None:
        raise RemoraError("not_an_assessment", "the answer has no list of assessments")
    found = {item.pair.upper(): item for item in map(Assessment.from_json, items) if item.pair is not None}
    return {pair: found[pair.upper()] for pair in pairs if pair.upper() in found}
