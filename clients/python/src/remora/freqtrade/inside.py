"""The engine inside a bot, in place of a service: live and dry-run mode without Remora running.

Each pair has an engine. It is warmed from the candles of Freqtrade's data folder, or from those of
the exchange; from then on it takes the candles that the bot has fetched. Candles that the data
folder does not have are saved at once, in user_data/remora/state, so that the next start continues
from the same state without fetching the past again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from remora import _native
from remora.assessment import Assessment
from remora.client import RemoraClient
from remora.engine import Engine, Side
from remora.freqtrade.candles import FORECAST_AGE, USUAL_TIMEFRAME, Folder, known_at
from remora.freqtrade.history import timeframe_length
from remora.freqtrade.settings import GuardSettings
from remora.watcher import Reading

log = logging.getLogger("remora.freqtrade")

_VALUES = ("open", "high", "low", "close", "volume")
_RECORD = np.dtype([("time", "<i8"), *((name, "<f8") for name in _VALUES)])
_DAY = 86_400_000
_RETRY = 60.0  # seconds after a failed warm-up
_BOOK_HOURS = 720  # that the correlations of a portfolio need
_MOST_FORECASTS = 120_000  # rows that are kept per pair: more than a year of 5m


class Inside:
    """The engines of a bot's pairs, with the interface of a Watcher."""

    def __init__(
        self, config: Mapping[str, Any], provider: Any, settings: GuardSettings, now: Callable[[], float] = time.time
    ) -> None:
        self._config = config
        self._provider = provider
        self._settings = settings
        self._now = now
        self._timeframe = settings.timeframe or USUAL_TIMEFRAME
        self._client = RemoraClient("http://127.0.0.1:8000", on_error=settings.on_error)  # only decides; never asked
        self._markets: dict[str, _Market] = {}
        timeframe_length(self._timeframe)  # refuses another text
        _native.library()  # says what is missing at the start of the bot, not at its first entry

    @property
    def timeframe(self) -> str:
        """The timeframe of the engines."""
        return self._timeframe

    @property
    def pairs(self) -> list[str]:
        """The tracked pairs."""
        return list(self._markets)

    def start(self) -> Inside:
        """Does nothing: there is no thread."""
        return self

    def wait(self, seconds: float) -> bool:
        """Returns True: `track` has waited."""
        return True

    def stop(self) -> None:
        """Frees the engines. All candles are saved already."""
        for market in self._markets.values():
            market.close()

    def track(self, pair: str) -> None:
        """Takes the newest candles of a pair, and warms up a pair that is new."""
        self._market(pair).advance()

    def read(self, pair: str, side: str = "long") -> Reading:
        """Returns the assessment of this moment."""
        market = self._market(pair)
        market.advance()
        now = self._now()
        assessment = market.assessment(side, now)
        if assessment is None:
            safe = self._settings.on_error != "block"
            return Reading(pair, side, safe, False, None, None, market.problem)
        if not assessment.lacks_market_data:
            market.with_data[side] = (assessment, now)
            return Reading(pair, side, assessment.safe_to_trade, True, 0.0, assessment, assessment.why)
        last, at = market.with_data.get(side, (None, 0.0))
        if now - at > self._client.last_seconds:
            last = None
        decided = self._client.decide(assessment, last)
        return Reading(pair, side, decided.safe_to_trade, decided.answered, 0.0, decided, decided.why)

    def is_safe(self, pair: str, side: str = "long") -> bool:
        """Returns whether to enter."""
        return self.read(pair, side).safe_to_trade

    def forecasts(self, pair: str, columns: Sequence[str], closes: pd.DatetimeIndex) -> pd.DataFrame:
        """Returns columns of forecasts as they were known at these moments; see `known_at`."""
        market = self._market(pair)
        market.keep(columns)
        market.advance()
        return known_at(market.forecasts(columns), closes)

    @contextlib.contextmanager
    def engines(self, pairs: Sequence[str]) -> Iterator[list[Engine]]:
        """Returns the engines of pairs for `remora.book_risk`, and keeps other threads from them.

        One without candles, or whose last one is too old for a forecast, is left out.
        """
        markets = [self._market(pair) for pair in sorted(set(pairs))]
        with contextlib.ExitStack() as held:
            for market in markets:
                market.advance()
            yield [engine for market in markets if (engine := held.enter_context(market.held())) is not None]

    def _market(self, pair: str) -> _Market:
        market = self._markets.get(pair)
        if market is None:
            made = _Market(self._config, self._provider, self._settings, pair, self._timeframe, self._now)
            market = self._markets.setdefault(pair, made)
        return market


class _Market:
    """The engine of one pair. Freqtrade's REST interface and FreqAI call from threads of their own."""

    def __init__(
        self, config: Mapping[str, Any], provider: Any, settings: GuardSettings, pair: str, timeframe: str,
        now: Callable[[], float]
    ) -> None:
        self._config = config
        self._provider = provider
        self._policy = settings.policy
        self._book_hours = 0 if settings.max_portfolio_var is None else _BOOK_HOURS
        self._pair = pair
        self._timeframe = timeframe
        self._now = now
        self._step = int(timeframe_length(timeframe) / pd.Timedelta("1ms"))
        self._exchange = str((config.get("exchange") or {}).get("name", "binance"))
        self._lock = threading.RLock()
        self._engine: Engine | None = None
        self._last = -1  # open time of the last candle
        self._retry_at = 0.0
        self._columns: tuple[str, ...] = ()
        self._forecasts: list[pd.DataFrame] = []
        self.problem = "no candles yet"
        self.with_data: dict[str, tuple[Assessment, float]] = {}
        self._state = _State(config, self._exchange, pair, timeframe)

    def close(self) -> None:
        with self._lock:
            if self._engine is not None:
                self._engine.close()
            self._engine = None

    @contextlib.contextmanager
    def held(self) -> Iterator[Engine | None]:
        """Returns the engine, and keeps other threads from it; None if its forecast is too old."""
        with self._lock:
            is_old = self._now() * 1000 - self._last - self._step > FORECAST_AGE / pd.Timedelta("1ms")
            yield None if is_old else self._engine

    def keep(self, columns: Sequence[str]) -> None:
        """Keeps columns of forecasts. Those of the past need another warm-up."""
        with self._lock:
            if set(columns) <= set(self._columns):
                return
            self._columns = tuple(dict.fromkeys((*self._columns, *columns)))
            self.close()
            self._retry_at = 0.0

    def forecasts(self, columns: Sequence[str]) -> pd.DataFrame:
        with self._lock:
            names = ["as_of", *columns]
            if not self._forecasts:
                return pd.DataFrame({"as_of": pd.DatetimeIndex([], tz="UTC"), **{name: [] for name in columns}})
            if len(self._forecasts) > 1:
                self._forecasts = [pd.concat(self._forecasts, ignore_index=True).tail(_MOST_FORECASTS)]
            return self._forecasts[0][names]

    def assessment(self, side: str, now: float) -> Assessment | None:
        with self._lock:
            if self._engine is None:
                return None
            at = max(int(now * 1000), self._last + self._step)
            return self._engine.assessment(side=cast(Side, side), at=cast(Any, at))

    def advance(self) -> None:
        """Applies the candles that have closed. A failure is logged, and answers age meanwhile."""
        with self._lock:
            now = int(self._now() * 1000)
            if now / 1000 < self._retry_at or (self._engine is not None and now < self._last + 2 * self._step):
                return
            try:
                if self._engine is None:
                    self._warm_up(now)
                self._follow(self._engine, now)
                self.problem = ""
            except Exception as error:  # of the exchange, of files, or an invalid candle
                self._retry_at = now / 1000 + _RETRY
                problem = f"the candles of {self._pair} at {self._timeframe} are unavailable: {error}"
                if problem != self.problem:
                    log.warning("%s; on_error applies until they are back", problem)
                self.problem = problem

    def _warm_up(self, now: int) -> None:
        folder = Folder.of(self._config, self._pair)
        is_stored = folder.stamp(self._pair, self._timeframe) is not None
        stored = _records(folder.load(self._pair, self._timeframe, drop_last=True) if is_stored else [])
        saved = self._state.read("base")
        days = _native.library().description["base_history_days"]
        seeds = self._state.read("hourly"), self._state.read("daily")
        base = saved
        if len(stored) and (not len(saved) or stored["time"][0] <= saved["time"][0] <= stored["time"][-1] + self._step):
            base = np.concatenate([stored, saved[saved["time"] > stored["time"][-1]]])
        needed = now - days * _DAY
        is_short = not len(base) or (base["time"][0] > needed and base is not saved) or base["time"][-1] < needed
        if is_short or (base["time"][0] > needed and not len(seeds[1])):
            base, seeds = self._fetch_all(now)
        engine = Engine(
            self._pair, self._timeframe, policies=self._policy, exchange=self._exchange, book_hours=self._book_hours
        )
        engine.seed(hourly=_frame(seeds[0]), daily=_frame(seeds[1]))  # those after the first candle are ignored
        self._forecasts = []
        self._apply(engine, base[base["time"] <= now - self._step])
        self._engine = engine
        log.info(
            "Remora's engine for %s has %d candles of %s, from %s on", self._pair, len(base), self._timeframe,
            pd.Timestamp(int(base["time"][0]), unit="ms", tz="UTC")
        )

    def _fetch_all(self, now: int) -> Any:
        """Fetches what a service fetches at its start, and saves it."""
        description = _native.library().description
        since = (now - description["base_history_days"] * _DAY) // _DAY * _DAY
        daily = self._fetch("1d", (now - description["daily_history_days"] * _DAY) // _DAY * _DAY)
        hourly = self._fetch("1h", since)
        base = self._fetch(self._timeframe, since)
        base = base[base["time"] <= now - self._step]
        if not len(base):
            raise ValueError("the exchange has none")
        for name, candles in (("hourly", hourly), ("daily", daily), ("base", base)):
            self._state.write(name, candles)
        return base, (hourly, daily)

    def _follow(self, engine: Engine, now: int) -> None:
        """Applies the candles that the bot has fetched, or those that it has not from the exchange."""
        fetched = _records(self._provider.ohlcv(self._pair, self._timeframe, copy=False))
        if not len(fetched) or fetched["time"][0] > self._last + self._step:
            fetched = self._fetch(self._timeframe, self._last + self._step)
            self._retry_at = now / 1000 + _RETRY / 10
        new = fetched[(fetched["time"] > self._last) & (fetched["time"] <= now - self._step)]
        if len(new):
            self._apply(engine, new)
            self._state.append("base", new)

    def _fetch(self, timeframe: str, since: int) -> Any:
        """Fetches candles from the exchange, as FreqAI does."""
        from freqtrade.enums import CandleType

        candle_type = CandleType.from_string(Folder.of(self._config, self._pair).candle_type)
        fetched = self._provider._exchange.get_historic_ohlcv(
            pair=self._pair, timeframe=timeframe, since_ms=since, candle_type=candle_type
        )
        return _records(fetched)

    def _apply(self, engine: Engine, candles: Any) -> None:
        if not len(candles):
            return
        found = engine.assess(_frame(candles), columns=["as_of", *self._columns])
        if self._columns:
            as_of = pd.DatetimeIndex(found["as_of"]).tz_localize("UTC")
            self._forecasts.append(pd.DataFrame({**found, "as_of": as_of}))
        self._last = int(candles["time"][-1])


class _State:
    """Candles in files of records: open time in Unix milliseconds, open, high, low, close, volume."""

    def __init__(self, config: Mapping[str, Any], exchange: str, pair: str, timeframe: str) -> None:
        folder = config.get("user_data_dir")
        self._folder = None if folder is None else Path(folder) / "remora/state"
        self._start = f"{exchange}-{pair.replace('/', '_').replace(':', '_')}-{timeframe}-"

    def read(self, name: str) -> Any:
        """Returns the saved candles, ascending; none without a file."""
        if self._folder is None:
            return np.empty(0, _RECORD)
        try:
            content = (self._folder / f"{self._start}{name}.bin").read_bytes()
        except OSError:
            return np.empty(0, _RECORD)
        # A record that a crash cut short is left out.
        candles = np.frombuffer(content[: len(content) // _RECORD.itemsize * _RECORD.itemsize], _RECORD)
        if len(content) % _RECORD.itemsize:
            self.write(name, candles)
        return candles[np.unique(candles["time"], return_index=True)[1]]

    def write(self, name: str, candles: Any) -> None:
        """Replaces the saved candles."""
        if self._folder is None:
            return
        file = self._folder / f"{self._start}{name}.bin"
        part = file.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(candles.tobytes())
            os.replace(part, file)
        except OSError as error:
            self._give_up(error)

    def append(self, name: str, candles: Any) -> None:
        """Adds candles."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with open(self._folder / f"{self._start}{name}.bin", "ab") as file:
                file.write(candles.tobytes())
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        log.warning("Remora cannot save candles, and fetches them again at the next start: %s", error)
        self._folder = None


def _records(frame: Any) -> Any:
    """Returns the candles of a frame of Freqtrade."""
    candles = np.empty(len(frame), _RECORD)
    if len(frame):
        candles["time"] = pd.DatetimeIndex(frame["date"]).as_unit("ms").asi8
        for name in _VALUES:
            candles[name] = frame[name]
    return candles


def _frame(candles: Any) -> dict[str, Any]:
    """Returns records as the engine takes them."""
    return {"timestamp": candles["time"], **{name: candles[name] for name in _VALUES}}
