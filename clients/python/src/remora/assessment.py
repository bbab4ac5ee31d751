"""The assessment and the forecast that the service returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from remora._values import json_list, json_object
from remora.errors import RemoraError


@dataclass(frozen=True)
class HorizonForecast:
    """The forecast of one horizon.

    Unknown values are None: those that compare with the market's past before 30 days of it, and
    those of probabilities, losses and distances outside the tested range. Ratios of prices are
    relative to the close. Keys of tables are numbers as text, such as ``"0.02"``.
    """

    volatility: float | None
    """Expected size of the move: standard deviation of the log return over the horizon, a ratio."""
    annualized_volatility: float | None
    """The volatility over a year of 365 days, a ratio."""
    percentile: float | None
    """The share of the market's own last 180 days with a smaller forecast, [0, 1]."""
    median_volatility: float | None
    """The median forecast of the market's last 180 days, a ratio."""
    relative_to_usual: float | None
    """The volatility divided by the usual one: the product of ``factors``; 1 is usual."""
    factors: Mapping[str, float | None]
    """What each group of inputs multiplies the volatility by, by name; 1 is usual."""
    probability_of_drawdown: Mapping[str, float | None]
    """The probability, [0, 1], that the price falls below the close by more than a ratio at any
    time within the horizon, by that ratio: 0.01, 0.02, 0.05 and 0.1, or the requested one."""
    probability_of_rally: Mapping[str, float | None]
    """The same of a rise above the close."""
    value_at_risk: Mapping[str, float | None]
    """The loss at the end of the horizon that is not exceeded with a probability of 0.95 and 0.99,
    a positive ratio."""
    expected_shortfall: Mapping[str, float | None]
    """The loss of the mean log return beyond the value at risk, a positive ratio."""
    return_quantiles: Mapping[str, float | None]
    """Quantiles of the return at the end of the horizon, ratios, by probability."""
    stop_distances: Mapping[str, float | None]
    """The distance of a stop below the close, a ratio, by the probability, 0.5 to 0.01, that it is
    touched within the horizon."""
    short_stop_distances: Mapping[str, float | None]
    """The same above the close, for stops of short positions."""


@dataclass(frozen=True)
class Forecast:
    """How large a market's next moves will be. The same for every policy and side.

    Unknown values are None.
    """

    model: str | None
    as_of: datetime | None
    """The close at which the forecast was made and its horizons begin."""
    coefficients: str | None
    """Id of the coefficients: the day from which they are valid, and a hash."""
    in_sample: bool | None
    """Whether the coefficients were fitted on data that includes this moment."""
    history_days: float | None
    """The days of past that the forecast is based on."""
    confidence: float | None
    """How far to rely on the forecast, [0, 1]; half outside the tested range."""
    in_tested_range: bool | None
    """Whether the market is like those that the coefficients were fitted on."""
    calendar_known_until: date | None
    """The last day (UTC) for which the calendar knows all events."""
    horizons: Mapping[str, HorizonForecast] = field(hash=False)
    """The forecast of each horizon: 1h, 4h and 24h, or the requested one."""

    @staticmethod
    def from_json(answer: Mapping[str, Any]) -> Forecast:
        """Parses a forecast. Raises RemoraError for anything that is not a valid one."""
        horizons = _object(answer, "horizons") or {}
        return Forecast(
            model=_text(answer, "model"), as_of=_time(answer, "as_of"), coefficients=_text(answer, "coefficients"),
            in_sample=_flag(answer, "in_sample"), history_days=_number(answer, "history_days"),
            confidence=_number(answer, "confidence"), in_tested_range=_flag(answer, "in_tested_range"),
            calendar_known_until=_date(answer, "calendar_known_until"),
            horizons={name: _horizon(_object(horizons, name) or {}) for name in horizons}
        )

    def value(self, column: str) -> float | None:
        """Returns the value of a numeric column of `remora.forecast`.

        For example ``forecast_volatility_24h`` or ``forecast_stop_distances_0.1_24h``. None while
        it is unknown. Raises ValueError for a name that is not such a column.
        """
        name, _, horizon = column[len(_COLUMN) :].rpartition("_")
        found = self.horizons.get(horizon) if column.startswith(_COLUMN) else None
        if found is None:
            raise ValueError(
                f"{column!r} is not a column of a forecast: expected forecast_NAME_HORIZON, HORIZON one of "
                f"{', '.join(self.horizons) or 'the horizons of an answer, which has none'}"
            )
        if name in _HORIZON_NUMBERS:
            return cast("float | None", getattr(found, name))
        for table in _TABLES:
            key = name[len(table) + 1 :]
            if name.startswith(table + "_") and key:
                values: Mapping[str, float | None] = getattr(found, table)
                if values and key not in values:
                    raise ValueError(f"{column!r} is not a column of a forecast: {table} has {', '.join(values)}")
                return values.get(key)
        raise ValueError(
            f"{column!r} is not a column of a forecast: NAME is one of {', '.join((*_HORIZON_NUMBERS, *_TABLES))}, "
            "the latter with a key"
        )


@dataclass(frozen=True)
class ForecastAnswer:
    """The forecast of a market, or why there is none."""

    pair: str
    forecast: Forecast | None
    no_forecast: str | None
    """Why there is no forecast: warming_up, timeframe_too_long, no_movement or turned_off."""
    exchange: str | None
    timeframe: str | None
    as_of: datetime | None
    age_seconds: float | None
    stale: bool | None
    state: str | None
    """Whether the forecast can be relied on: ok, warming_up, stale or unknown."""
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)
    """The complete answer."""

    @staticmethod
    def from_json(answer: Any) -> ForecastAnswer:
        """Parses an answer. Raises RemoraError for anything that is not a valid forecast."""
        found = json_object(answer)
        if found is None or not isinstance(found.get("pair"), str) or "forecast" not in found:
            raise _unexpected("it is not a forecast")
        return ForecastAnswer(
            pair=found["pair"], forecast=_forecast(found), no_forecast=_text(found, "no_forecast"),
            exchange=_text(found, "exchange"), timeframe=_text(found, "timeframe"), as_of=_time(found, "as_of"),
            age_seconds=_number(found, "age_seconds"), stale=_flag(found, "stale"), state=_text(found, "state"),
            raw=found
        )


@dataclass(frozen=True)
class Assessment:
    """The assessment of an entry. Unknown values are None.

    When ``answered`` is False, the client decided by ``on_error``, and ``error`` is the reason.
    """

    pair: str | None
    safe_to_trade: bool
    answered: bool = True
    error: str | None = None
    side: str | None = None
    recommendation: str | None = None
    risk_score: float | None = None
    risk_class: str | None = None
    risk_confidence: float | None = None
    position_scale: float | None = None
    blocked_by: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    regime: str | None = None
    volatility: float | None = None
    volatility_classification: str | None = None
    trend_classification: str | None = None
    momentum_classification: str | None = None
    exchange: str | None = None
    timeframe: str | None = None
    as_of: datetime | None = None
    age_seconds: float | None = None
    stale: bool | None = None
    state: str | None = None
    """Whether the assessment can be relied on: ok, warming_up, stale or unknown.

    None from a service that does not report it.
    """
    policy: str | None = None
    model: str | None = None
    forecast: Forecast | None = field(default=None, repr=False)
    """How large the next moves will be. None when there is no forecast, for the whole market, and
    from a service without forecasts."""
    no_forecast: str | None = None
    """Why there is no forecast: warming_up, timeframe_too_long, no_movement or turned_off."""
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)
    """The complete answer."""

    @property
    def lacks_market_data(self) -> bool:
        """Whether the answer allows entries without current market data."""
        return self.safe_to_trade and self.state == "unknown"

    @property
    def why(self) -> str:
        """The assessment as one line for a log."""
        if self.error:
            return self.error
        what = ", ".join(self.blocked_by)
        return ": ".join(part for part in (what, *self.reasoning[:1]) if part)

    @staticmethod
    def from_json(answer: Any) -> Assessment:
        """Parses an answer. Raises RemoraError for anything that is not a valid assessment."""
        found = json_object(answer)
        if found is None:
            raise _unexpected("the answer is not an object")
        safe = found.get("safe_to_trade")
        if not isinstance(safe, bool):
            raise _unexpected(f"safe_to_trade is {safe!r}, expected true or false")
        values: dict[str, Any] = {name: _text(found, name) for name in _TEXTS}
        values.update({name: _number(found, name) for name in _NUMBERS})
        scale = values["position_scale"]
        if scale is not None and not 0 <= scale <= 1:
            raise _unexpected(f"position_scale is {scale!r}, expected 0 to 1")
        return Assessment(
            safe_to_trade=safe, stale=_flag(found, "stale"), as_of=_time(found, "as_of"),
            blocked_by=_texts(found, "blocked_by"), reasoning=_texts(found, "reasoning"),
            forecast=_forecast(found), raw=found, **values
        )


_TEXTS = (
    "pair", "side", "recommendation", "risk_class", "regime", "volatility_classification", "trend_classification",
    "momentum_classification", "exchange", "timeframe",
    "state", "policy", "model", "no_forecast",
)
_NUMBERS = ("risk_score", "risk_confidence", "position_scale", "volatility", "age_seconds")
_COLUMN = "forecast_"
_HORIZON_NUMBERS = (
    "volatility", "annualized_volatility", "percentile", "median_volatility", "relative_to_usual",
)
_TABLES = (
    "factors", "probability_of_drawdown", "probability_of_rally", "value_at_risk", "expected_shortfall",
    "return_quantiles", "stop_distances", "short_stop_distances",
)


def _unexpected(what: str) -> RemoraError:
    return RemoraError("not_an_assessment", f"the answer is not an assessment: {what}")


def _forecast(answer: Mapping[str, Any]) -> Forecast | None:
    found = _object(answer, "forecast")
    return None if found is None else Forecast.from_json(found)


def _horizon(answer: Mapping[str, Any]) -> HorizonForecast:
    values: dict[str, Any] = {name: _number(answer, name) for name in _HORIZON_NUMBERS}
    for name in _TABLES:
        table = _object(answer, name) or {}
        values[name] = {key: _number(table, key) for key in table}
    return HorizonForecast(**values)


def _object(answer: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = answer.get(name)
    found = json_object(value)
    if value is not None and found is None:
        raise _unexpected(f"{name} is {value!r}, expected an object")
    return found


def _flag(answer: Mapping[str, Any], name: str) -> bool | None:
    value = answer.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise _unexpected(f"{name} is {value!r}, expected true or false")


def _text(answer: Mapping[str, Any], name: str) -> str | None:
    value = answer.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _unexpected(f"{name} is {value!r}, expected a string")


def _number(answer: Mapping[str, Any], name: str) -> float | None:
    value = answer.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _unexpected(f"{name} is {value!r}, expected a number")
    return float(value)


def _texts(answer: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = answer.get(name)
    if value is None:
        return ()
    items = json_list(value)
    if items is None or not all(isinstance(item, str) for item in items):
        raise _unexpected(f"{name} is {value!r}, expected a list of strings")
    return tuple(items)


def _time(answer: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(answer, name)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise _unexpected(f"{name} is {text!r}, expected a time") from None


def _date(answer: Mapping[str, Any], name: str) -> date | None:
    text = _text(answer, name)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise _unexpected(f"{name} is {text!r}, expected a day") from None
