"""The engine inside this process: candles in, assessments out, without a service."""

from __future__ import annotations

import json
import os
import weakref
from array import array
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, Iterable, List, Literal, Mapping, Optional, Sequence, Tuple, Union, cast

from remora import _native
from remora._values import iso, listed, milliseconds, shown
from remora.assessment import Assessment
from remora.errors import EngineError

Side = Literal["long", "short"]
Policy = Union[str, "os.PathLike[str]", Mapping[str, Any]]
Calendar = Union[str, "os.PathLike[str]", Iterable[Tuple[Any, Any, str]], Literal[False]]
Outside = Mapping[str, Union[str, "os.PathLike[str]", Tuple[Iterable[Any], Iterable[Any]]]]

_SIDES = ("long", "short")


def assess(
    frame: Any, *, pair: str, timeframe: Optional[str] = None, side: Side = "long", policy: Optional[Policy] = None,
    calendar: Optional[Calendar] = None, outside: Optional[Outside] = None
) -> Any:
    """Assess each candle of a frame, as the service would have done at its close.

    A row says only what was known at the close of its candle. Join by ``as_of``, the time of that
    close, never by the time at which the candle opened: the row of a candle is not known while the
    candle is open.

    Parameters
    ----------
    frame : pandas.DataFrame, dict of arrays, list of lists, or an Arrow table
        Closed candles of one market, ascending, shape (n,) for each column: the open time
        (``date``, ``timestamp``, ``open_time``, ...; datetimes, or integers of Unix milliseconds;
        for pandas also the index), ``open``, ``high``, ``low``, ``close`` in the quote currency and
        ``volume`` in the base currency. A list has CCXT's rows of six numbers. An Arrow table is
        any object with ``__arrow_c_stream__``, and needs pyarrow.
    pair : str
        The pair, for example ``BTC/USDT``.
    timeframe : str, optional
        The length of a candle, for example ``5m``. By default the shortest step between the first
        thousand candles.
    side : {"long", "short"}
        The side of the entry.
    policy : str, path or dict, optional
        The name of a built-in policy, a policy file, or its content. By default ``remora-1``.
    calendar : path, iterable of (time, announced, name), or False, optional
        Scheduled events for the flag and for forecasts: a calendar file, or events. Forecasts also
        use the dates that the engine ships; False leaves out these too.
    outside : dict, optional
        Outside values, each used from the moment at which it became knowable. A key is a kind such
        as ``fear_greed_daily``, or a kind and a currency such as ``funding8h:BTC``. A value is a
        file, or a pair of times and values.

    Returns
    -------
    same kind as `frame`
        One row per candle, in order, with the columns of a history file (``date``, ``as_of``,
        ``safe_to_trade``, ``risk_score``, ``regime``, ...). A list gives a dict of arrays. Scores,
        parts of the score, ``risk_confidence``, ``position_scale`` and ``volatility`` are in
        [0, 1]. An unknown number is NaN, an unknown time NaT, an unknown text None or NaN: the
        model knows a market after 30 days of candles. Texts are categoricals in pandas, objects in
        arrays and dictionaries in Arrow; lists such as ``blocked_by`` are texts with ``|`` between
        the items. Times have the type of the frame's times.

    Raises
    ------
    EngineError
        An argument or a candle is invalid; the message names the row and the column. Or numpy, or
        the engine's library, is not installed.

    Notes
    -----
    The values are those of ``remora replay``, bit for bit. Source of the formulas: docs/model.md.
    Other threads run meanwhile.

    Examples
    --------
    >>> risk = remora.assess(candles, pair="BTC/USDT")  # doctest: +SKIP
    >>> trades = pandas.merge_asof(                     # doctest: +SKIP
    ...     trades, risk[["as_of", "safe_to_trade"]], left_on="opened", right_on="as_of")
    """
    with Engine(pair, timeframe, policies=policy, calendar=calendar, outside=outside) as engine:
        return engine.assess(frame, side=side)


class Engine:
    """The engine of one market, for a stream of candles.

    Many candles at once and one candle at a time give the same assessments, bit for bit. An engine
    is for one thread at a time; several engines can run in parallel.

    Parameters
    ----------
    pair : str
        The pair, for example ``BTC/USDT``.
    timeframe : str, optional
        The length of a candle. By default the shortest step between the first candles, so the
        first call needs at least two.
    policies : policy or list of policies, optional
        Names of built-in policies, policy files, or their contents. The first is the default of
        this engine. By default ``remora-1``.
    calendar, outside
        See `assess`.
    exchange : str
        The exchange's CCXT id, which assessments name.

    Raises
    ------
    EngineError
        An argument is invalid, or the engine's library is not installed.
    """

    def __init__(
        self, pair: str, timeframe: Optional[str] = None, *, policies: Union[Policy, Sequence[Policy], None] = None,
        calendar: Optional[Calendar] = None, outside: Optional[Outside] = None, exchange: str = "binance"
    ) -> None:
        self._library = _native.library()
        given = _policies(policies)
        options: Dict[str, Any] = {
            "pair": pair, "timeframe": timeframe, "exchange": exchange, "policies": given,
            "outside": _outside(outside), **_calendar(calendar)
        }
        try:
            self._handle = self._library.create(_checked(options))
        except EngineError as error:
            raise _with_file(error, policies) from None
        self._names = [_name_of(text) for text in given or [self._library.description["policies"][0]]]
        self._texts: List[str] = []
        self._free = weakref.finalize(self, self._library.free, self._handle)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the engine. Later calls raise EngineError."""
        self._free()

    @property
    def policies(self) -> Tuple[str, ...]:
        """The names of the policies, the default first."""
        return tuple(self._names)

    def assess(self, frame: Any, *, side: Side = "long", policy: Optional[str] = None) -> Any:
        """Apply the next candles and return one row for each, like `remora.assess`.

        Parameters
        ----------
        frame
            The next candles; see `remora.assess`. The first is later than the last one applied.
            If one is invalid, none is applied.
        side : {"long", "short"}
            The side of the entry.
        policy : str, optional
            The name of one of the engine's policies.

        Returns
        -------
        same kind as `frame`

        Raises
        ------
        EngineError
            An argument or a candle is invalid, the engine is closed, or numpy is not installed.
        """
        from remora import _frames

        place = self._policy(policy), _side(side)
        candles = _frames.read(frame, self._library.description["candle_times"])
        columns = {
            column["name"]: _frames.allocate(column["kind"], len(candles))
            for column in self._library.description["columns"]
        }
        self._library.apply(
            self._handle, candles.memory(), {name: _frames.memory_of(column) for name, column in columns.items()},
            *place
        )
        kinds = {column["name"]: column["kind"] for column in self._library.description["columns"]}
        return candles.pack(columns, kinds, self._text)

    def apply(self, candle: Sequence[Any], *, side: Side = "long", policy: Optional[str] = None) -> Assessment:
        """Apply the next closed candle and return its assessment. Does not need numpy.

        Parameters
        ----------
        candle : sequence of six values
            Open time (Unix milliseconds or a datetime), open, high, low, close and volume, as CCXT
            returns them.
        side, policy
            See `assess`.

        Returns
        -------
        Assessment
            At the close of the candle; ``raw`` has every field.

        Raises
        ------
        EngineError
            An argument or the candle is invalid. The engine is then unchanged.
        """
        try:
            time, *values = candle
            numbers = [float(value) for value in values]
        except (TypeError, ValueError, OverflowError):
            raise EngineError("argument", f"a candle is six numbers, not {shown(candle)}") from None
        if len(numbers) != 5:
            raise EngineError("argument", f"a candle is six numbers, not {len(numbers) + 1}")
        place = self._policy(policy), _side(side)
        columns = [array("q", [milliseconds(time)]), *(array("d", [number]) for number in numbers)]
        self._library.apply(
            self._handle, [_native.Memory(column.buffer_info()[0], 1) for column in columns], {}, *place
        )
        return Assessment.from_json(self._library.assessment(self._handle, *place, None))

    def assessment(
        self, *, side: Side = "long", policy: Optional[str] = None, at: Optional[datetime] = None
    ) -> Assessment:
        """Return the newest assessment.

        Parameters
        ----------
        side, policy
            See `assess`.
        at : datetime, optional
            The moment to assess: candles age, and outside values expire. By default the close of
            the last candle.

        Raises
        ------
        EngineError
            No candle was applied yet, or an argument is invalid.
        """
        now = None if at is None else milliseconds(at)
        return Assessment.from_json(self._library.assessment(self._handle, self._policy(policy), _side(side), now))

    def observe(self, outside: Outside) -> None:
        """Add outside values, which are used from the next candle on.

        Parameters
        ----------
        outside : dict
            See `remora.assess`. Its kinds must be in the ``outside`` with which the engine was
            made, there with values or with ``([], [])``.

        Raises
        ------
        EngineError
            A value is invalid, or its kind was not named when the engine was made.
        """
        self._library.observe(self._handle, _checked(_outside(outside)))

    def _policy(self, name: Optional[str]) -> int:
        if name is None:
            return 0
        if name not in self._names:
            raise EngineError(
                "argument", f"{shown(name)} is not a policy of this engine: expected {listed(self._names)}"
            )
        return self._names.index(name)

    def _text(self, code: int) -> str:
        while code >= len(self._texts):
            self._texts.append(self._library.text(self._handle, len(self._texts)))
        return self._texts[code]


def _side(side: object) -> int:
    if side not in _SIDES:
        raise EngineError("argument", f"side is {shown(side)}: expected {listed(_SIDES)}")
    return _SIDES.index(cast(str, side))


def _policies(policies: Union[Policy, Sequence[Policy], None]) -> Optional[List[str]]:
    if policies is None:
        return None
    several = isinstance(policies, Sequence) and not isinstance(policies, str)
    given = cast("Sequence[Policy]", policies) if several else [cast(Policy, policies)]
    return [_policy_text(policy) for policy in given]


def _policy_text(policy: object) -> str:
    """Returns the name of a built-in policy, or the JSON of another one."""
    if isinstance(policy, Mapping):
        return json.dumps(_checked(dict(cast("Mapping[str, Any]", policy))))
    if not isinstance(policy, (str, os.PathLike)):
        raise EngineError("argument", f"a policy is {shown(policy)}: expected a name, a file or a dict")
    known: Sequence[str] = _native.library().description["policies"]
    name = os.fspath(cast("Union[str, os.PathLike[str]]", policy))
    if name in known:
        return name
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise EngineError(
            "argument", f"{shown(name)} is not a policy: expected {listed(known)}, or a policy file ({error})"
        ) from None


def _with_file(error: EngineError, policies: object) -> EngineError:
    """Names the file of an invalid policy."""
    if error.kind == "options" and str(error).startswith("policy: ") and isinstance(policies, (str, os.PathLike)):
        return EngineError(error.kind, f"{os.fspath(cast(str, policies))}: {error}")
    return error


def _name_of(policy: str) -> str:
    if not policy.lstrip().startswith("{"):
        return policy
    content: Mapping[str, Any] = json.loads(policy)
    known: Sequence[str] = _native.library().description["policies"]
    return str(content.get("name", known[0]))


def _calendar(calendar: Any) -> Dict[str, Any]:
    if calendar is None:
        return {}
    if calendar is False:
        return {"shipped_calendar": False}
    if isinstance(calendar, (str, os.PathLike)):
        return {"calendar_file": os.path.abspath(cast("Union[str, os.PathLike[str]]", calendar))}
    try:
        return {
            "calendar": [
                {"time": iso(time), "announced": iso(announced), "name": name}
                for time, announced, name in calendar
            ]
        }
    except (TypeError, ValueError):
        raise EngineError(
            "argument", f"calendar is {shown(calendar)}: expected a file, events of (time, announced, name), or False"
        ) from None


def _outside(outside: Any) -> List[Dict[str, Any]]:
    if outside is None:
        return []
    if not isinstance(outside, Mapping):
        raise EngineError("argument", f"outside is {shown(outside)}: expected a dict of kinds")
    return [_source(name, source) for name, source in cast("Mapping[Any, Any]", outside).items()]


def _source(name: object, source: Any) -> Dict[str, Any]:
    kind, _, base = str(name).partition(":")
    option: Dict[str, Any] = {"kind": kind, "base": base or None}
    if isinstance(source, (str, os.PathLike)):
        return {**option, "file": os.path.abspath(cast("Union[str, os.PathLike[str]]", source))}
    try:
        times, values = source
        numbers = [float(value) for value in values]
        return {
            **option, "times": [milliseconds(time) for time in times],
            "values": [None if number != number else number for number in numbers]
        }
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, EngineError):
            raise
        raise EngineError(
            "argument", f"outside['{name}'] is {shown(source)}: expected a file, or a pair of times and values"
        ) from None


def _checked(options: Any) -> Any:
    """Returns options that JSON can hold."""
    try:
        json.dumps(options, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError, UnicodeError) as error:
        raise EngineError("argument", f"an argument has a value that is not allowed: {error}") from None
    return options
