"""The candles of Freqtrade's data folder, and what the engine says about them.

Assessments and forecasts are computed once per pair and process. Hyperopt's workers are processes
of their own, and read the candles themselves.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from remora import _native
from remora.engine import Engine, Side
from remora.errors import EngineError
from remora.freqtrade.history import RemoraHistoryError, RiskHistory, nanoseconds

log = logging.getLogger("remora.freqtrade")

USUAL_TIMEFRAME = "5m"
"""The timeframe of a service with default settings."""
FORECAST_AGE = pd.Timedelta(hours=1)
"""The shortest horizon. An older forecast counts as unknown."""

_COLUMNS = ("as_of", "safe_to_trade", "risk_score", "risk_class", "position_scale", "state", "model")
_LONGEST_BRIDGED_GAP = np.timedelta64(24, "h")  # after a longer one the model warms up again
_MOST_HOURS = 200_000
_said: set[str] = set()


class Folder(NamedTuple):
    """Where Freqtrade stores the candles of a pair."""

    path: Path
    data_format: str
    candle_type: str

    @staticmethod
    def of(config: Mapping[str, Any], pair: str) -> Folder:
        """Returns the folder of a configuration. Raises RemoraHistoryError if it has none."""
        path = config.get("datadir")
        if path is None:
            raise RemoraHistoryError(
                "Freqtrade's configuration has no data folder (datadir): set history to a file of assessments"
            )
        # A spot pair in a futures bot is the spot market, which remora_pair can name.
        futures = str(getattr(config.get("candle_type_def"), "value", config.get("candle_type_def") or "futures"))
        return Folder(
            Path(path), str(config.get("dataformat_ohlcv") or "feather"), futures if ":" in pair else "spot"
        )

    def load(self, pair: str, timeframe: str, *, drop_last: bool = False) -> pd.DataFrame:
        """Returns all stored candles as they are, without filling gaps."""
        from freqtrade.data.history import load_pair_history
        from freqtrade.enums import CandleType

        return load_pair_history(
            pair, timeframe, self.path, fill_up_missing=False, drop_incomplete=drop_last, data_format=self.data_format,
            candle_type=CandleType.from_string(self.candle_type)
        )

    def stamp(self, pair: str, timeframe: str) -> tuple[int, int] | None:
        """Returns time and size of the file of candles; None if there is none."""
        from freqtrade.data.history.datahandlers import get_datahandler
        from freqtrade.enums import CandleType

        handler = get_datahandler(self.path, self.data_format)
        file = handler._pair_data_filename(self.path, pair, timeframe, CandleType.from_string(self.candle_type))
        try:
            state = file.stat()
        except OSError:
            return None
        return state.st_mtime_ns, state.st_size


class Candles(NamedTuple):
    """The stored candles of a pair at the engine's timeframe."""

    folder: Folder
    pair: str
    timeframe: str
    exchange: str
    stamp: tuple[int, int]

    @staticmethod
    def find(config: Mapping[str, Any], pair: str, wanted: str | None, own: str) -> Candles:
        """Finds the candles of a pair.

        ``wanted`` is the engine's timeframe; None takes 5m, or ``own``, the strategy's, if the
        folder has none of 5m. Raises RemoraHistoryError if there are none.
        """
        folder = Folder.of(config, pair)
        exchange = str((config.get("exchange") or {}).get("name", "binance"))
        tried = [wanted] if wanted is not None else list(dict.fromkeys((USUAL_TIMEFRAME, own)))
        for timeframe in tried:
            stamp = folder.stamp(pair, timeframe)
            if stamp is not None:
                if timeframe != tried[0]:
                    say(
                        f"There are no candles of {tried[0]} of {pair} in {folder.path}: Remora assesses those of "
                        f"{timeframe}. A service uses {tried[0]}; set remora's timeframe to choose, or download them"
                    )
                return Candles(folder, pair, timeframe, exchange, stamp)
        raise RemoraHistoryError(
            f"there are no candles of {pair} at {' or '.join(tried)} in {folder.path}: download them with 'freqtrade "
            f"download-data --pairs {pair} --timeframes {tried[0]}', set history to a file of assessments, or set "
            "ungated_backtest to backtest without Remora"
        )

    @property
    def name(self) -> str:
        """What the candles are, for logs."""
        return f"candles of {self.timeframe} in {self.folder.path}"


def history(candles: Candles, side: str, policy: str | None) -> RiskHistory:
    """Returns the assessments of stored candles, each used from the close of its candle."""
    return _assessed(candles, side, policy).history


def say_missing_past(candles: Candles, side: str, policy: str | None, first: Any) -> None:
    """Logs how much of the past is missing at a first moment, once per pair."""
    closes, states = _assessed(candles, side, policy)[1:]
    first = np.datetime64(pd.Timestamp(first).tz_convert("UTC").tz_localize(None), "ms")
    row = int(np.searchsorted(closes, first, side="right")) - 1
    known = closes[: row + 1]
    gaps = np.flatnonzero(np.diff(known) > _LONGEST_BRIDGED_GAP)
    begin = (known[gaps[-1] + 1] if len(gaps) else known[0]) if len(known) else closes[0]
    description = _native.library().description
    days = description["daily_history_days"]
    missing = days - (first - begin) / np.timedelta64(1, "D")
    if missing <= 0:
        return
    text = (
        f"The past of {candles.pair} is too short for Remora: the {candles.name} reach back without a gap of a day to "
        f"{_day(begin)}, the first entry is at {_day(first)}. The engine compares with {days} days; {missing:.0f} days "
        "are missing"
    )
    later = np.flatnonzero((np.arange(len(closes)) >= row) & (states == "ok"))
    if row < 0 or states[row] != "ok":
        until = f"until {_day(closes[later[0]])}" if len(later) else "to the end"
        text += f", and its answers are 'warming_up' {until} (less than {description['base_history_days']} days)"
    say(text + ". Download earlier candles, or begin later")


def forecasts(candles: Candles, columns: Sequence[str], closes: pd.DatetimeIndex) -> pd.DataFrame:
    """Returns columns of forecasts as they were known at these moments; see `known_at`."""
    return known_at(_forecast(candles, tuple(columns)), closes)


def known_at(rows: pd.DataFrame, closes: pd.DatetimeIndex) -> pd.DataFrame:
    """Returns for each moment the last row whose ``as_of`` is not later, without ``as_of``.

    A row that is older than the shortest horizon of a forecast counts as unknown.
    """
    as_of = nanoseconds(pd.DatetimeIndex(rows["as_of"]))
    moments = nanoseconds(closes)
    found = np.searchsorted(as_of, moments, side="right") - 1
    is_known = found >= 0
    is_known[is_known] &= moments[is_known] - as_of[found[is_known]] <= FORECAST_AGE.value
    columns = {
        name: np.where(is_known, rows[name].to_numpy(dtype=float, na_value=np.nan)[found], np.nan)
        for name in rows if name != "as_of"
    } if len(rows) else {name: np.full(len(closes), np.nan) for name in rows if name != "as_of"}
    return pd.DataFrame(columns)


class _Assessed(NamedTuple):
    history: RiskHistory
    closes: Any
    states: Any


@functools.lru_cache(maxsize=64)
def _assessed(candles: Candles, side: str, policy: str | None) -> _Assessed:
    found = _run(candles, policy, _COLUMNS, side)
    closes = pd.DatetimeIndex(found["as_of"]).tz_localize(None).to_numpy().astype("datetime64[ms]")
    return _Assessed(RiskHistory(found, f"{candles.name}, side {side}"), closes, found["state"].to_numpy(dtype=object))


@functools.lru_cache(maxsize=64)
def _forecast(candles: Candles, columns: tuple[str, ...]) -> pd.DataFrame:
    return _run(candles, None, ("as_of", *columns), "long")


@functools.lru_cache(maxsize=256)
def book_engine(candles: Candles) -> Engine:
    """Returns the engine after all stored candles, which answers `remora.book_risk` for past hours."""
    frame = candles.folder.load(candles.pair, candles.timeframe)
    if not len(frame):
        raise RemoraHistoryError(f"the file of {candles.pair} with {candles.name} is empty")
    engine = Engine(candles.pair, candles.timeframe, exchange=candles.exchange, book_hours=_MOST_HOURS)
    try:
        engine.assess(frame, columns=("as_of",))
    except EngineError as error:
        engine.close()
        raise RemoraHistoryError(f"{candles.pair}, {candles.name}: {error}") from None
    return engine


def _run(candles: Candles, policy: str | None, columns: Sequence[str], side: str) -> pd.DataFrame:
    frame = candles.folder.load(candles.pair, candles.timeframe)
    if not len(frame):
        raise RemoraHistoryError(f"the file of {candles.pair} with {candles.name} is empty")
    try:
        with Engine(candles.pair, candles.timeframe, policies=policy, exchange=candles.exchange) as engine:
            return engine.assess(frame, side=cast(Side, side), columns=columns)
    except EngineError as error:
        raise RemoraHistoryError(f"{candles.pair}, {candles.name}: {error}") from None


def say(text: str) -> None:
    """Logs a warning once per process."""
    if text not in _said:
        _said.add(text)
        log.warning("%s", text)


def _day(moment: Any) -> str:
    return f"{pd.Timestamp(moment):%Y-%m-%d %H:%M}"
