"""Candles from frames of several kinds, and columns of assessments as frames of the same kind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from remora._native import Memory
from remora._values import milliseconds, shown
from remora.errors import EngineError

try:
    import numpy as np
except ImportError:
    raise EngineError(
        "not_installed", "remora.assess, remora.forecast and Engine.assess need numpy: pip install 'remora[engine]'"
    ) from None

_VALUES = ("open", "high", "low", "close", "volume")
_TYPES = {"number": np.float64, "integer": np.int64, "boolean": np.bool_, "time": np.int64}
_CCXT = ("timestamp", *_VALUES)
_MISSING = 255
_MILLISECONDS = np.dtype("datetime64[ms]")


@dataclass(frozen=True)
class Candles:
    """Candles as arrays, and the kind of frame that they come from."""

    times: np.ndarray[Any, np.dtype[np.int64]]
    values: Sequence[np.ndarray[Any, np.dtype[np.float64]]]
    frame: _Frame

    def __len__(self) -> int:
        return len(self.times)

    def memory(self) -> list[Memory]:
        """Returns the arrays as the engine takes them."""
        return [Memory(array.ctypes.data, len(array)) for array in (self.times, *self.values)]

    def pack(self, columns: Mapping[str, Any], kinds: Mapping[str, str], text: Callable[[int], str]) -> Any:
        """Returns filled columns as a frame of the same kind."""
        return self.frame.pack({
            name: (self.frame.times(column) if kinds[name] == "time"
                   else column if kinds[name] in _TYPES else self.frame.texts(*_shortened(column, text)))
            for name, column in columns.items()
        })


def read(frame: Any, times: Sequence[str]) -> Candles:
    """Reads a frame. `times` are the names of the column of open times, the best first."""
    source = _frame(frame)
    names = {str(name).lower(): name for name in reversed(source.names())}
    time = next((names[name] for name in times if name in names), None)
    missing = [name for name in _VALUES if name not in names]
    if missing:
        there = ", ".join(map(shown, source.names())) or "none"
        raise EngineError(
            "argument", f"there is no column '{missing[0]}': there are {there}", column=missing[0]
        )
    opened = source.index() if time is None else source.column(time)
    if opened is None:
        raise EngineError("argument", f"there is no column of open times: expected one of {', '.join(times)}")
    milliseconds = _milliseconds(opened, source)
    return Candles(milliseconds, [_numbers(source.column(names[name]), name) for name in _VALUES], source)


def allocate(kind: str, rows: int) -> Any:
    """Returns a column to fill."""
    return np.empty(rows, _TYPES.get(kind, np.int32))


def memory_of(column: Any) -> Memory:
    """Returns a column as the engine takes it."""
    return Memory(column.ctypes.data, column.nbytes)


class _Frame:
    """A dict of arrays."""

    def __init__(self, columns: Mapping[Any, Any]) -> None:
        self._columns = columns
        self.time_type: Any = _MILLISECONDS

    def names(self) -> list[Any]:
        return list(self._columns)

    def column(self, name: Any) -> Any:
        return self._columns[name]

    def index(self) -> Any:
        return None

    def remember(self, time_type: Any) -> None:
        """Takes the type of the open times, which is also that of the times that are returned."""
        if isinstance(time_type, np.dtype):
            self.time_type = time_type

    def times(self, values: Any) -> Any:
        return values.view(_MILLISECONDS).astype(self.time_type, copy=False)

    def texts(self, codes: Any, names: Sequence[str]) -> Any:
        # The code -1 takes the last one.
        return np.array([*names, None], dtype=object)[codes]

    def pack(self, columns: dict[str, Any]) -> Any:
        return columns


class _Pandas(_Frame):
    def __init__(self, frame: Any) -> None:
        super().__init__(frame)
        self._pandas: Any = sys.modules["pandas"]
        self.time_type: Any = None

    def index(self) -> Any:
        found = cast(Any, self._columns).index
        return found if isinstance(found, self._pandas.DatetimeIndex) else None

    def column(self, name: Any) -> Any:
        column = self._columns[name]
        if getattr(column, "ndim", 1) != 1:
            raise EngineError("argument", f"there is more than one column '{name}'", column=str(name))
        return column

    def remember(self, time_type: Any) -> None:
        self.time_type = time_type

    def times(self, values: Any) -> Any:
        index = self._pandas.DatetimeIndex(values.view(_MILLISECONDS), tz="UTC")
        without_zone = isinstance(self.time_type, np.dtype)
        if without_zone:
            return index.tz_localize(None).astype(self.time_type)
        zone = getattr(self.time_type, "tz", None)
        return index if zone is None else index.tz_convert(zone).astype(self.time_type)

    def texts(self, codes: Any, names: Sequence[str]) -> Any:
        return self._pandas.Categorical.from_codes(codes, categories=list(names))

    def pack(self, columns: dict[str, Any]) -> Any:
        index = self._columns.index  # type: ignore[attr-defined]
        return self._pandas.DataFrame(columns, index=index, copy=False)


class _Arrow(_Frame):
    def __init__(self, frame: Any) -> None:
        try:
            import pyarrow  # type: ignore[import-not-found]
        except ImportError:
            raise EngineError("not_installed", "an Arrow table needs pyarrow: pip install pyarrow") from None
        self._pyarrow: Any = pyarrow
        self._polars: Any = sys.modules.get("polars") if type(frame).__module__.split(".")[0] == "polars" else None
        try:
            table: Any = self._pyarrow.table(frame)
        except (TypeError, ValueError) as error:
            raise EngineError("argument", f"the Arrow stream cannot be read: {error}") from None
        super().__init__(dict(zip(table.column_names, table.columns)))
        self.time_type = self._pyarrow.timestamp("ms", tz="UTC")

    def column(self, name: Any) -> Any:
        column = self._columns[name]
        types = self._pyarrow.types
        if types.is_timestamp(column.type):
            self.time_type = column.type
        elif not (types.is_integer(column.type) or types.is_floating(column.type) or types.is_decimal(column.type)):
            raise EngineError("argument", f"the column '{name}' has the type {column.type}", column=str(name))
        return column.to_numpy()

    def remember(self, time_type: Any) -> None:
        """The Arrow type is known from the column."""

    def times(self, values: Any) -> Any:
        known = values.view(_MILLISECONDS)
        times = self._pyarrow.array(known, mask=np.isnat(known))
        zone = self.time_type.tz
        return times.cast(self._pyarrow.timestamp("ms", tz=zone)).cast(self.time_type)

    def texts(self, codes: Any, names: Sequence[str]) -> Any:
        indices = self._pyarrow.array(codes, mask=codes < 0)
        return self._pyarrow.DictionaryArray.from_arrays(indices, self._pyarrow.array(list(names), "string"))

    def pack(self, columns: dict[str, Any]) -> Any:
        table = self._pyarrow.table(columns)
        return table if self._polars is None else self._polars.from_arrow(table)


def _frame(frame: Any) -> _Frame:
    pandas: Any = sys.modules.get("pandas")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        return _Pandas(frame)
    if isinstance(frame, Mapping):
        return _Frame(cast("Mapping[Any, Any]", frame))
    if isinstance(frame, (list, tuple)):
        return _Frame(_rows(cast("Sequence[Any]", frame)))
    if hasattr(frame, "__arrow_c_stream__"):
        return _Arrow(frame)
    raise EngineError(
        "argument",
        f"candles are {type(cast(object, frame)).__name__}: expected a pandas frame, a dict of arrays, a list of "
        "CCXT's rows, or an Arrow table"
    )


def _rows(rows: Sequence[Any]) -> Mapping[str, Any]:
    """Reads CCXT's rows."""
    for number, row in enumerate(rows):
        if not isinstance(row, (list, tuple)) or len(cast("Sequence[Any]", row)) != len(_CCXT):
            text = shown(cast(object, row))
            raise EngineError("argument", f"row {number} is not a list of six numbers: {text}", row=number)
    return dict(zip(_CCXT, map(list[Any], zip(*rows)))) if rows else {name: [] for name in _CCXT}


def _numbers(column: Any, name: str) -> Any:
    try:
        if getattr(column, "dtype", None) is not None and getattr(column.dtype, "kind", "O") in "iufO":
            column = column.to_numpy(dtype=np.float64, na_value=np.nan) if hasattr(column, "to_numpy") else column
        array = np.asarray(column)
        if array.dtype.kind not in "iufO":
            raise TypeError(f"the type is {array.dtype}")
        array = np.ascontiguousarray(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise EngineError("argument", f"the column '{name}' is not numbers: {error}", column=name) from None
    return _flat(array, name)


def _milliseconds(column: Any, source: _Frame) -> Any:
    try:
        dtype: Any = getattr(column, "dtype", None)
        if getattr(dtype, "kind", "") == "M":
            source.remember(dtype)
        if hasattr(dtype, "tz"):  # pandas with a time zone
            column = column.to_numpy(dtype=f"M8[{dtype.unit}]")
        array: Any = np.asarray(column)
        if array.dtype.kind == "O":
            array = np.array([milliseconds(value) for value in array.ravel()], np.int64).reshape(array.shape)
        if array.dtype.kind == "M":
            whole = array.astype(_MILLISECONDS)
            if not np.array_equal(whole.astype(array.dtype), array, equal_nan=True):
                raise ValueError("a time is not a whole millisecond, or out of range")
            array = whole.view(np.int64)
        elif array.dtype.kind == "f":
            with np.errstate(invalid="ignore"):
                whole = array.astype(np.int64)
            if not np.array_equal(whole, array):
                raise ValueError("a time is missing or not a whole number of milliseconds")
            array = whole
        elif array.dtype.kind not in "iu" or (array.dtype == np.uint64 and array.size and array.max() >= 2**63):
            raise TypeError(f"the type is {array.dtype}")
        array = np.ascontiguousarray(array, dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise EngineError(
            "argument", f"the column of open times is not datetimes or integers of Unix milliseconds: {error}",
            column="timestamp"
        ) from None
    return _flat(array, "timestamp")


def _flat(array: Any, name: str) -> Any:
    if array.ndim != 1:
        raise EngineError("argument", f"the column '{name}' has {array.ndim} dimensions, expected 1", column=name)
    return array


def _shortened(codes: Any, text: Callable[[int], str]) -> Any:
    """Returns codes that count the texts that occur, and these texts in order."""
    if len(codes) and codes.max() < _MISSING:
        return _shortened_bytes(bytearray(codes.astype(np.uint8).tobytes()), int(codes.max()) + 1, text)
    counts = np.bincount(codes + 1) if len(codes) else np.zeros(1, np.int64)
    names = sorted((text(code), code) for code in map(int, np.flatnonzero(counts[1:])))
    short = np.full(len(counts), -1, np.int16 if len(names) < 2**15 else np.int32)
    short[[code + 1 for _, code in names]] = range(len(names))
    return short[codes + 1], [name for name, _ in names]


def _shortened_bytes(codes: bytearray, count: int, text: Callable[[int], str]) -> Any:
    """The same for codes of one byte, an order of magnitude faster. 255 is the code -1."""
    names = sorted((text(code), code) for code in range(count) if codes.find(code) >= 0)
    table = bytearray([_MISSING] * 256)
    for position, (_, code) in enumerate(names):
        table[code] = position
    short = np.frombuffer(codes.translate(table), np.uint8)
    if len(names) < 128:
        return short.view(np.int8), [name for name, _ in names]
    return np.where(short == _MISSING, -1, short.astype(np.int16)), [name for name, _ in names]
