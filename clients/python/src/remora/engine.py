"""The engine inside this process: candles in, assessments out, without a service."""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, cast

from remora import _native
from remora._options import (
    Calendar, Outside, Policy, calendar_options, checked, name_of, outside_options, policy_texts, with_file
)
from remora._values import listed, milliseconds, ratio, shown
from remora.assessment import Assessment
from remora.errors import EngineError

Side = Literal["long", "short"]
_SIDES = ("long", "short")
_PERCENTILE = "forecast_percentile_"
_FALLS = "forecast_probability_of_drawdown_"
_RISES = "forecast_probability_of_rally_"


def assess(
    frame: Any, *, pair: str, timeframe: str | None = None, side: Side = "long", policy: Policy | None = None,
    calendar: Calendar | None = None, outside: Outside | None = None, columns: Sequence[str] | None = None
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
    columns : list of str, optional
        The columns to return, of this function and of `forecast`. Fewer columns take less time and
        memory. By default those of a history file.

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
        return engine.assess(frame, side=side, columns=columns)


def forecast(
    frame: Any, *, pair: str, timeframe: str | None = None, calendar: Calendar | None = None,
    horizon: str | None = None, fall: float | None = None, rise: float | None = None
) -> Any:
    """Forecast at each candle how large the next moves will be, as the service would have done.

    A row says only what was known at the close of its candle, its ``as_of``. Join by ``as_of``, as
    for `assess`. Forecasts are the same for every policy and side.

    Parameters
    ----------
    frame, pair, timeframe, calendar
        See `assess`. There are no forecasts at timeframes of 2h and longer.
    horizon : {"1h", "4h", "24h"}, optional
        The only horizon. By default all: more than a hundred columns.
    fall, rise : float, optional
        The only threshold of ``probability_of_drawdown`` and of ``probability_of_rally``, a ratio
        in (0, 1): 0.03 for 3 %. By default 0.01, 0.02, 0.05 and 0.1.

    Returns
    -------
    same kind as `frame`
        One row per candle, in order. ``date``, ``as_of``, ``state``, ``no_forecast`` (why there is
        none), ``forecast_as_of``, ``forecast_coefficients``, ``forecast_in_sample`` (1 if the
        coefficients were fitted on this moment, so that the row proves nothing, else 0),
        ``forecast_history_days``, ``forecast_confidence`` and ``forecast_in_tested_range``. For
        each horizon, here 4h: ``forecast_volatility_4h``, the standard deviation of the log return,
        a ratio; ``forecast_annualized_volatility_4h``; ``forecast_percentile_4h``, the share of the
        last 180 days with a smaller forecast, [0, 1]; ``forecast_median_volatility_4h``;
        ``forecast_relative_to_usual_4h`` and its factors such as ``forecast_factors_level_4h``, 1
        is usual; and the tables of a forecast with their key, such as
        ``forecast_probability_of_drawdown_0.02_4h``, ``forecast_value_at_risk_0.95_4h``,
        ``forecast_expected_shortfall_0.95_4h``, ``forecast_return_quantiles_0.05_4h``,
        ``forecast_stop_distances_0.1_4h`` and ``forecast_short_stop_distances_0.1_4h``: see
        `remora.HorizonForecast`. Unknown values are NaN, NaT or None: all of them in the first day;
        percentiles, medians and factors in the first 30 days; probabilities, losses and distances
        outside the tested range.

    Raises
    ------
    EngineError
        See `assess`.

    Notes
    -----
    The values are those of the service, bit for bit. Source of the formulas: docs/model.md.

    Examples
    --------
    >>> ahead = remora.forecast(candles, pair="BTC/USDT", horizon="4h", fall=0.03)  # doctest: +SKIP
    >>> ahead["forecast_probability_of_drawdown_0.03_4h"].max()                     # doctest: +SKIP
    """
    with Engine(pair, timeframe, calendar=calendar) as engine:
        return engine.forecast(frame, horizon=horizon, fall=fall, rise=rise)


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
    book_hours : int
        The hours to keep for `remora.book_risk`: 720 to ask about the newest candle, all since a
        past moment to ask about that one. By default none.

    Raises
    ------
    EngineError
        An argument is invalid, or the engine's library is not installed.
    """

    def __init__(
        self, pair: str, timeframe: str | None = None, *, policies: Policy | Sequence[Policy] | None = None,
        calendar: Calendar | None = None, outside: Outside | None = None, exchange: str = "binance",
        book_hours: int = 0
    ) -> None:
        self._library = _native.library()
        given = policy_texts(policies)
        options: dict[str, Any] = {
            "pair": pair, "timeframe": timeframe, "exchange": exchange, "policies": given,
            "outside": outside_options(outside), "book_hours": book_hours, **calendar_options(calendar)
        }
        try:
            self._handle = self._library.create(checked(options))
        except EngineError as error:
            raise with_file(error, policies) from None
        self._names = [name_of(text) for text in given or [self._library.description["policies"][0]]]
        self._texts: list[str] = []
        self._free = weakref.finalize(self, self._library.free, self._handle)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the engine. Later calls raise EngineError."""
        self._free()

    @property
    def handle(self) -> int:
        """The number of this engine in the C interface."""
        return self._handle

    @property
    def policies(self) -> tuple[str, ...]:
        """The names of the policies, the default first."""
        return tuple(self._names)

    def seed(self, *, hourly: Any = None, daily: Any = None) -> None:
        """Give the engine longer candles from before its first candle.

        With 220 daily candles, 30 days of candles give the answers that otherwise need 220 days.
        The service starts in this way.

        Parameters
        ----------
        hourly, daily : frame, optional
            Closed candles of one hour and of one day; see `remora.assess`. Those that reach beyond
            the first candle are ignored.

        Raises
        ------
        EngineError
            A candle is invalid, or the engine has candles or a seed already.
        """
        from remora import _frames

        longer = [
            _frames.read([] if frame is None else frame, self._library.description["candle_times"])
            for frame in (hourly, daily)
        ]
        self._library.seed(self._handle, *(candles.memory() for candles in longer))

    def assess(
        self, frame: Any, *, side: Side = "long", policy: str | None = None, columns: Sequence[str] | None = None
    ) -> Any:
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
        columns : list of str, optional
            See `remora.assess`.

        Returns
        -------
        same kind as `frame`

        Raises
        ------
        EngineError
            An argument or a candle is invalid, the engine is closed, or numpy is not installed.
        """
        names = [column["name"] for column in self._library.description["columns"]] if columns is None else columns
        return self._columns(frame, names, _side(side), self._policy(policy))

    def forecast(
        self, frame: Any, *, horizon: str | None = None, fall: float | None = None, rise: float | None = None
    ) -> Any:
        """Apply the next candles and return their forecasts, like `remora.forecast`.

        Parameters
        ----------
        frame
            The next candles; see `Engine.assess`.
        horizon, fall, rise
            See `remora.forecast`.

        Returns
        -------
        same kind as `frame`

        Raises
        ------
        EngineError
            An argument or a candle is invalid, the engine is closed, or numpy is not installed.
        """
        names = [column["name"] for column in self._library.description["forecast_columns"]]
        return self._columns(frame, _chosen(names, horizon, fall, rise), 0, 0)

    def apply(self, candle: Sequence[Any], *, side: Side = "long", policy: str | None = None) -> Assessment:
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
            self._handle, [_native.Memory(column.buffer_info()[0], 1) for column in columns], [], place[0]
        )
        return Assessment.from_json(self._library.assessment(self._handle, *place, None))

    def assessment(
        self, *, side: Side = "long", policy: str | None = None, at: datetime | None = None
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
        self._library.observe(self._handle, checked(outside_options(outside)))

    def _columns(self, frame: Any, names: Sequence[str], side: int, policy: int) -> Any:
        from remora import _frames

        description = self._library.description
        kinds: dict[str, str] = {
            column["name"]: column["kind"] for column in (*description["columns"], *description["forecast_columns"])
        }
        wanted = _column_names(names)
        candles = _frames.read(frame, description["candle_times"])
        # A name that is not described is an entry of a forecast's table, or refused.
        columns = {name: _frames.allocate(kinds.setdefault(name, "number"), len(candles)) for name in wanted}
        outputs = [_native.Column(name, side, _frames.memory_of(column)) for name, column in columns.items()]
        self._library.apply(self._handle, candles.memory(), outputs, policy)
        return candles.pack(columns, kinds, self._text)

    def _policy(self, name: str | None) -> int:
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


def _column_names(names: object) -> list[str]:
    """Returns names of columns without NUL and lone surrogates, which have no form in C."""
    given: Sequence[object] = ()
    if isinstance(names, Sequence) and not isinstance(names, str):
        given = cast("Sequence[object]", names)
    try:
        wanted = [name for name in given if isinstance(name, str) and b"\0" not in name.encode()]
    except UnicodeError:
        wanted = []
    if not wanted or len(wanted) != len(given):
        raise EngineError("argument", f"columns is {shown(cast(object, names))}: expected a list of names")
    return wanted


def _chosen(names: Sequence[str], horizon: str | None, fall: float | None, rise: float | None) -> list[str]:
    """Returns the names of the chosen columns of forecasts."""
    horizons = [name[len(_PERCENTILE):] for name in names if name.startswith(_PERCENTILE)]
    if horizon is not None and horizon not in horizons:
        raise EngineError("argument", f"horizon is {shown(horizon)}: expected {listed(horizons)}")
    try:
        keys = {_FALLS: ratio("fall", fall), _RISES: ratio("rise", rise)}
    except (TypeError, ValueError) as error:
        raise EngineError("argument", str(error)) from None
    chosen: dict[str, None] = {}
    for name in names:
        own = next((own for own in horizons if name.endswith("_" + own)), None)
        if own is not None and horizon not in (None, own):
            continue
        key = next(((table, key) for table, key in keys.items() if key is not None and name.startswith(table)), None)
        chosen[name if key is None else f"{key[0]}{key[1]}_{own}"] = None
    return list(chosen)
