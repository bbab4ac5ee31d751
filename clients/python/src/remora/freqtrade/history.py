"""A file of assessments for backtests: point-in-time, each used from when it was knowable."""

from __future__ import annotations

import functools
import os
import re
from typing import Any

import numpy as np
import pandas as pd

_COLUMNS = ["as_of", "safe_to_trade", "risk_score", "risk_class", "position_scale"]
_KNOWN_AT = "time"  # in a file of /history: when it was recorded, which can be after the close
_STATE = "state"  # missing in files of versions before 0.2
_MODEL = "model"  # missing in files of versions before 0.2
_BINARY = {".parquet": pd.read_parquet, ".feather": pd.read_feather}
_UNITS = {"s": "s", "m": "min", "h": "h", "d": "D", "w": "W"}


SCALE_BAND = 0.25
"""A scale by the forecast is kept until the new one differs from it by this part of it."""
BANDED_MODEL = "remora-2"


def kept_scale(kept: float | None, scale: float | None) -> float | None:
    """Returns the scale to keep after a new one: the last until the new one differs by a quarter.

    A scale of 0 (blocked) or None (unknown) is not kept.
    """
    if scale is None or not scale > 0:
        return kept
    return scale if kept is None or abs(scale / kept - 1) >= SCALE_BAND - 1e-9 else kept  # scales have six digits


class RemoraHistoryError(ValueError):
    """A history file is missing or invalid."""


class RiskHistory:
    """The assessments of one market and side, by the time each was knowable."""

    def __init__(self, frame: pd.DataFrame, name: str) -> None:
        missing = [column for column in _COLUMNS if column not in frame.columns]
        if missing:
            raise RemoraHistoryError(
                f"{name}: no column {', '.join(missing)}; expected a file of 'remora history build', 'remora replay' "
                "or the service's /history?interval=each"
            )
        if not len(frame):
            raise RemoraHistoryError(f"{name}: no rows")
        as_of = nanoseconds(_times(frame[_KNOWN_AT if _KNOWN_AT in frame.columns else "as_of"], name))
        order = np.argsort(as_of, kind="stable")
        last = np.append(np.diff(as_of[order]) > 0, True)  # the last one of several rows for the same moment
        chosen = order[last]
        self.name = name
        self._as_of = as_of[chosen]
        self._safe = _safe(frame["safe_to_trade"], name)[chosen]
        self._score = _numbers(frame["risk_score"], name)[chosen]
        self._scale = _numbers(frame["position_scale"], name)[chosen]
        self._is_banded = np.zeros(len(chosen), dtype=bool)
        if _MODEL in frame.columns:
            self._is_banded = (frame[_MODEL] == BANDED_MODEL).to_numpy(dtype=bool)[chosen]
        self._lacks_market_data = np.zeros(len(chosen), dtype=bool)
        if _STATE in frame.columns:
            self._lacks_market_data = (frame[_STATE] == "unknown").to_numpy(dtype=bool)[chosen]
        self._class = frame["risk_class"].to_numpy(dtype=object)[chosen]

    @staticmethod
    def read(path: str | os.PathLike[str]) -> RiskHistory:
        """Reads CSV or CSV.gz, or with pyarrow Parquet or Feather. Files are cached."""
        name = os.fspath(path)
        try:
            state = os.stat(name)
        except OSError as error:
            raise RemoraHistoryError(
                f"{name}: {error.strerror}. Create it with 'remora history build' or "
                f"'remora replay CANDLES --pair PAIR --to {name}', or set ungated_backtest to backtest without Remora"
            ) from None
        return _read(name, state.st_mtime_ns, state.st_size)

    def known_at(self, times: Any) -> np.ndarray[Any, Any]:
        """Returns for each time the last row that was knowable; -1 before the first."""
        return np.searchsorted(self._as_of, nanoseconds(_times(times, "date")), side="right") - 1

    def safe(self, rows: Any, unknown: bool) -> np.ndarray[Any, Any]:
        """Returns whether each row is safe to trade.

        The value is ``unknown`` before the first row, and for safe rows without market data.
        """
        return np.where((rows < 0) | (self._lacks_market_data & self._safe)[rows], unknown, self._safe[rows])

    def score(self, rows: Any) -> np.ndarray[Any, Any]:
        """Returns the risk score of each row; NaN while unknown."""
        return np.where(rows >= 0, self._score[rows], np.nan)

    def risk_class(self, rows: Any) -> np.ndarray[Any, Any]:
        """Returns the risk class of each row, or 'unknown'."""
        found = self._class[rows]
        return np.where((rows >= 0) & ~pd.isna(found), found, "unknown")

    def safe_at(self, time: Any, unknown: bool) -> bool:
        """Returns whether the last row that was knowable at a time is safe to trade."""
        return bool(self.safe(self.known_at([time]), unknown)[0])

    def scale_at(self, time: Any) -> float | None:
        """Returns the part of a position to take at a time; None while unknown.

        By the forecast it is kept until it differs by a quarter, as in live mode.
        """
        row = int(self.known_at([time])[0])
        return None if row < 0 or np.isnan(self._scale[row]) else float(self._kept_scales[row])

    @functools.cached_property
    def _kept_scales(self) -> np.ndarray[Any, Any]:
        if not self._is_banded.any():
            return self._scale
        scales, kept = self._scale.tolist(), None
        for row in np.flatnonzero(self._is_banded & (self._scale > 0)).tolist():
            kept = kept_scale(kept, scales[row])
            scales[row] = kept
        return np.array(scales, dtype=float)


def timeframe_length(timeframe: str) -> pd.Timedelta:
    """Returns the length of a candle."""
    match = re.fullmatch(r"([1-9][0-9]*)([smhdw])", timeframe)
    if match is None:
        raise RemoraHistoryError(f"timeframe {timeframe!r}: expected a fixed length such as 5m, 1h, 1d")
    return pd.Timedelta(int(match[1]), unit=_UNITS[match[2]])


def closes(dates: Any, timeframe: str) -> pd.DatetimeIndex:
    """Returns the closes of candles that open at these dates."""
    return _times(dates, "date") + timeframe_length(timeframe)


@functools.lru_cache(maxsize=64)
def _read(name: str, _modified: int, _size: int) -> RiskHistory:
    try:
        binary = _BINARY.get(os.path.splitext(name)[1].lower())
        if binary is not None:
            return RiskHistory(binary(name), name)
        header = pd.read_csv(name, nrows=0).columns
        columns = [column for column in [*_COLUMNS, _KNOWN_AT, _STATE, _MODEL] if column in header]
        frame = pd.read_csv(name, usecols=columns, dtype={"risk_class": "category", _MODEL: "category"})
    except RemoraHistoryError:
        raise
    except ImportError:
        raise RemoraHistoryError(
            f"{name}: Parquet and Feather require pyarrow, which is not installed (Freqtrade includes it): "
            "install it, or use a CSV file"
        ) from None
    except (ValueError, OSError, EOFError) as error:
        raise RemoraHistoryError(f"{name}: not readable: {error}") from None
    return RiskHistory(frame, name)


def _times(values: Any, name: str) -> pd.DatetimeIndex:
    try:
        times = pd.DatetimeIndex(pd.to_datetime(values, utc=True))
    except (ValueError, TypeError) as error:
        raise RemoraHistoryError(f"{name}: not a time: {error}") from None
    if times.hasnans:
        raise RemoraHistoryError(f"{name}: a time is missing")
    return times


def nanoseconds(times: pd.DatetimeIndex) -> np.ndarray[Any, Any]:
    """Returns times as numbers of nanoseconds."""
    return (times.as_unit("ns") if hasattr(times, "as_unit") else times).asi8


def _numbers(column: Any, name: str) -> np.ndarray[Any, Any]:
    try:
        return column.to_numpy(dtype=float)
    except (ValueError, TypeError) as error:
        raise RemoraHistoryError(f"{name}: {column.name}: {error}") from None


def _safe(column: Any, name: str) -> np.ndarray[Any, Any]:
    if column.dtype == bool:
        return column.to_numpy()
    text = column.astype(str).str.lower()
    safe = (text == "true").to_numpy()
    wrong = ~(safe | (text == "false").to_numpy())
    if wrong.any():
        raise RemoraHistoryError(f"{name}: safe_to_trade is {column.to_numpy()[wrong][0]!r}: expected true or false")
    return safe
