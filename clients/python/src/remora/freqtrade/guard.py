"""The guard for Freqtrade strategies (strategy interface version 3), placed before IStrategy.

The guard is itself an IStrategy: hyperopt pickles the modules of a strategy's base classes by value
and stops at IStrategy. With another base it would pickle the module of that base too. For the same
reason this module has no state.

In live and dry-run mode the guard reads the memory of a Watcher, or the engine inside this process;
in backtest and hyperopt it assesses Freqtrade's stored candles, or reads a history file, and sends
no requests. It wraps the methods of the strategy, so that the guard works
even if the strategy does not call super().
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.strategy import IStrategy

from remora.client import RemoraClient
from remora.freqtrade import candles, decisions
from remora.freqtrade.history import BANDED_MODEL, RemoraHistoryError, RiskHistory, closes, kept_scale
from remora.freqtrade.inside import Inside
from remora.freqtrade.outermost import outermost
from remora.freqtrade.portfolio import BookAnswer, PortfolioLimit, limit_of
from remora.freqtrade.settings import GuardSettings
from remora.watcher import Reading, Watcher

log = logging.getLogger("remora.freqtrade")

_LIVE = ("live", "dry_run")
FORECASTS = tuple(
    f"forecast_{name}_{horizon}" for horizon in ("1h", "4h", "24h")
    for name in ("volatility", "percentile", "relative_to_usual")
)
"""The columns of `RemoraGuard.remora_forecasts`."""
_STAKE = (
    "pair", "current_time", "current_rate", "proposed_stake", "min_stake", "max_stake", "leverage", "entry_tag", "side"
)
_CONFIRM = ("pair", "order_type", "amount", "rate", "time_in_force", "current_time", "entry_tag", "side")
_ADJUST = (
    "trade", "current_time", "current_rate", "current_profit", "min_stake", "max_stake", "current_entry_rate",
    "current_exit_rate", "current_entry_profit",
    "current_exit_profit",
)


@outermost
def _guard_start(self: RemoraGuard, inner: Callable[..., Any], **kwargs: Any) -> Any:
    result = inner(**kwargs)
    settings = self._remora_settings()
    if settings.max_portfolio_var is not None and settings.portfolio_action == "reduce":
        if not getattr(self, "position_adjustment_enable", False):
            raise ValueError("remora: portfolio_action reduce requires position_adjustment_enable = True")
    if self._remora_is_live():
        decisions.start(self)
        watcher = self._remora_watcher()
        for pair in self._remora_whitelist():
            watcher.track(self.remora_pair(pair))
        if watcher.pairs:
            watcher.start().wait(settings.timeout)  # the only place where waiting is allowed
    return result


@outermost
def _guard_loop(self: RemoraGuard, inner: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    result = inner(*args, **kwargs)
    limit = self._remora_limit()
    if limit is not None:
        limit.watch(kwargs["current_time"] if "current_time" in kwargs else args[0])
    return result


@outermost
def _guard_informative(self: RemoraGuard, inner: Callable[..., Any]) -> Any:
    pairs = inner()
    if not self._remora_is_live() or self._remora_settings().engine != "inside":
        return pairs
    timeframe = self._remora_inside().timeframe
    return [*pairs, *((pair, timeframe) for pair in self._remora_whitelist() if self.remora_pair(pair) == pair)]


@outermost
def _guard_entries(self: RemoraGuard, inner: Callable[..., Any], dataframe: Any, metadata: Mapping[str, Any]) -> Any:
    dataframe = inner(dataframe, metadata)
    pair = metadata["pair"]
    if not self._remora_is_live():
        return self._remora_gate(dataframe, pair)
    self._remora_watcher().track(self.remora_pair(pair))
    self._remora_watcher().start()
    if self._remora_settings().scale_stake:
        for side in self._remora_sides():
            self._remora_live_scale(pair, side)  # keeps the scale of each candle, as a backtest does
    if self._remora_settings().tag_entries and len(dataframe):
        for side in self._remora_sides():
            assessment = self._remora_read(pair, side).assessment
            newest = np.arange(len(dataframe)) == len(dataframe) - 1
            risk_class = assessment.risk_class if assessment else None
            self._remora_tag(dataframe, side, newest, risk_class or "unknown")
    return dataframe


@outermost
def _guard_stake(self: RemoraGuard, inner: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    kwargs.update(zip(_STAKE, args))
    stake = inner(**kwargs)
    settings, limit = self._remora_settings(), self._remora_limit()
    if not stake or not (settings.scale_stake or limit):
        return stake
    pair, side, time, least = (kwargs.get(name) for name in ("pair", "side", "current_time", "min_stake"))
    pair, side = str(pair), str(side or "long")
    if self._remora_is_live() and not self._remora_allows(pair, side, time, "entry"):
        return 0.0
    if settings.scale_stake:
        stake = self._remora_scaled(stake, pair, side, time, least)
    if limit is None or settings.portfolio_action == "block":
        return stake
    # Freqtrade rounds amounts down and stakes up to the minimum, and takes no more than is there.
    stake = min(float(stake), float(kwargs.get("max_stake") or stake))
    return limit.scaled(stake, pair, side, float(kwargs.get("leverage") or 1), least, time)


@outermost
def _guard_confirm(self: RemoraGuard, inner: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    kwargs.update(zip(_CONFIRM, args))
    pair, side, time = kwargs["pair"], kwargs.get("side", "long"), kwargs["current_time"]
    if self._remora_is_live() and not self._remora_allows(pair, side, time, "entry"):
        return False
    limit = self._remora_limit()
    if limit is not None and self._remora_settings().portfolio_action == "block":
        if not limit.allows(pair, side, kwargs["amount"] * kwargs["rate"], time):
            return False
    return bool(inner(**kwargs))


@outermost
def _guard_addition(self: RemoraGuard, inner: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Guards additions to a trade, for which Freqtrade calls no other guarded method.

    Reductions (a negative stake) are always allowed.
    """
    kwargs.update(zip(_ADJUST, args))
    answer = inner(**kwargs)
    stake, *tag = (answer or (None,)) if isinstance(answer, tuple) else (answer,)
    settings, limit = self._remora_settings(), self._remora_limit()
    trade, time, least = kwargs["trade"], kwargs["current_time"], kwargs.get("min_stake")
    if limit is not None and settings.portfolio_action == "reduce" and not (stake is not None and stake < 0):
        trim = limit.trimmed(trade, time)
        if trim is not None:
            return trim, "remora_portfolio"
    if stake is None or not stake > 0:
        return answer
    pair, side = trade.pair, "short" if getattr(trade, "is_short", False) else "long"
    if not self._remora_allows(pair, side, time, "addition"):
        return None
    if settings.scale_stake:
        stake = self._remora_scaled(stake, pair, side, time, least)
    if limit is not None:
        leverage = float(getattr(trade, "leverage", None) or 1)
        if settings.portfolio_action != "block":
            stake = limit.scaled(stake, pair, side, leverage, least, time)
        elif not limit.allows(pair, side, stake * leverage, time):
            stake = 0.0
    if not stake:
        return None
    return (stake, *tag) if tag else stake


_guard_stake = decisions.reported(_guard_stake, _STAKE)
_guard_confirm = decisions.reported(_guard_confirm, _CONFIRM)
_GUARDS = {
    "bot_start": _guard_start,
    "bot_loop_start": _guard_loop,
    "informative_pairs": _guard_informative,
    "populate_entry_trend": _guard_entries,
    "custom_stake_amount": _guard_stake,
    "confirm_trade_entry": _guard_confirm,
    "adjust_trade_position": _guard_addition,
}


class RemoraGuard(IStrategy):
    """Gates entries and additions to open trades, and optionally scales stakes.

    Exits and reductions are never changed.
    """

    remora: Mapping[str, Any] = {}
    """Settings, see GuardSettings. Freqtrade's configuration overrides them under "remora"."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, guard in _GUARDS.items():
            if name in cls.__dict__:
                setattr(cls, name, guard(cls.__dict__[name]))

    @_guard_start
    def bot_start(self, **kwargs: Any) -> None:
        super().bot_start(**kwargs)

    @_guard_loop
    def bot_loop_start(self, *args: Any, **kwargs: Any) -> None:
        super().bot_loop_start(*args, **kwargs)

    @_guard_informative
    def informative_pairs(self) -> Any:
        return super().informative_pairs()

    @_guard_entries
    def populate_entry_trend(self, dataframe: Any, metadata: Mapping[str, Any]) -> Any:
        return super().populate_entry_trend(dataframe, metadata)

    @_guard_stake
    def custom_stake_amount(self, *args: Any, **kwargs: Any) -> float:
        return super().custom_stake_amount(*args, **kwargs)

    @_guard_confirm
    def confirm_trade_entry(self, *args: Any, **kwargs: Any) -> bool:
        return super().confirm_trade_entry(*args, **kwargs)

    @_guard_addition
    def adjust_trade_position(self, *args: Any, **kwargs: Any) -> Any:
        return super().adjust_trade_position(*args, **kwargs)

    def is_pair_locked(self, pair: str, *, side: str = "*", **kwargs: Any) -> bool:
        locked = bool(super().is_pair_locked(pair, side=side, **kwargs))
        if locked:
            decisions.report_lock(self, pair, side)
        return locked

    def remora_pair(self, pair: str) -> str:
        """Returns the service's name of a pair.

        Override it if the names differ, for example to use the spot market of a future.
        """
        return pair

    def remora_forecasts(
        self, dataframe: Any, metadata: Mapping[str, Any], *, prefix: str = "remora_",
        columns: Sequence[str] = FORECASTS
    ) -> Any:
        """Adds columns of forecasts to a data frame, for example in populate_indicators.

        Each row gets what was known at the close of its candle; NaN before the first forecast, and
        an hour after the last one. Their names begin with ``prefix``; FreqAI takes features that
        begin with ``%``, so there use ``prefix="%-remora_"``. ``columns`` are numeric columns of
        `remora.forecast`. The engine inside computes them in every mode, also beside a service.
        """
        pair = self.remora_pair(metadata["pair"])
        length = metadata.get("tf") or getattr(self, "timeframe", "")
        known_by = closes(dataframe["date"], str(length))
        if self._remora_is_live():
            found = self._remora_inside().forecasts(pair, columns, known_by)
        else:
            found = candles.forecasts(self._remora_candles(pair), columns, known_by)
        found.index = dataframe.index
        return pd.concat([dataframe, found.add_prefix(prefix)], axis=1)

    def remora_forecast(self, pair: str, column: str, current_time: Any) -> float | None:
        """Returns one value of the forecast, for example in custom_stake_amount.

        ``column`` is that of one horizon of `remora.forecast`, such as ``forecast_volatility_24h``.
        In a backtest it is what was known at ``current_time``; in live and dry-run mode it is the
        newest one in memory, and no request is sent. None while it is unknown: before the first
        forecast, outside the tested range, without an answer, and an hour after the last close.
        """
        if not self._remora_is_live():
            moment = pd.DatetimeIndex([pd.Timestamp(current_time)])
            value = candles.forecasts(self._remora_candles(self.remora_pair(pair)), (column,), moment)[column].iloc[0]
            return None if pd.isna(value) else float(value)
        reading = self._remora_read(pair, "long")  # forecasts are the same for both sides
        assessment = reading.assessment
        if assessment is None or assessment.forecast is None or assessment.age_seconds is None:
            return None
        age = pd.Timedelta(seconds=assessment.age_seconds + (reading.age_seconds or 0))
        return assessment.forecast.value(column) if age <= candles.FORECAST_AGE else None

    def remora_stop_distance(
        self, pair: str, side: str, current_time: Any, *, chance: float = 0.1, horizon: str = "24h"
    ) -> float | None:
        """Returns the distance of a stop from the price, a ratio, for example in custom_stoploss.

        The price touches such a stop within the horizon with the probability ``chance``: 0.5, 0.3,
        0.2, 0.1, 0.05, 0.02 or 0.01. ``side`` is long or short. None as for `remora_forecast`.
        """
        table = "short_stop_distances" if side == "short" else "stop_distances"
        return self.remora_forecast(pair, f"forecast_{table}_{chance:g}_{horizon}", current_time)

    def remora_portfolio(self, current_time: Any) -> BookAnswer | None:
        """Returns what all open trades can lose within 24 hours, a ratio of the wallet.

        None without max_portfolio_var in the settings, and without an answer. In live mode with a
        service it sends a request.
        """
        limit = self._remora_limit()
        return None if limit is None else limit.risk(current_time)

    def remora_portfolio_counts(self) -> Mapping[str, int]:
        """Returns how often max_portfolio_var mattered; see docs/freqtrade.md."""
        limit = self._remora_limit()
        return {} if limit is None else dict(limit.counts)

    def _remora_limit(self) -> PortfolioLimit | None:
        """Returns the limit of all open trades together; None without one."""
        limit: PortfolioLimit | None = self.__dict__.get("_remora_limit_made")
        if limit is None:
            limit = self.__dict__["_remora_limit_made"] = limit_of(self, self._remora_settings())
        return limit

    def _remora_settings(self) -> GuardSettings:
        settings: GuardSettings | None = self.__dict__.get("_remora_settings_read")
        if settings is None:
            settings = GuardSettings.of(self.remora, (getattr(self, "config", None) or {}).get("remora", {}))
            self.__dict__["_remora_settings_read"] = settings
        return settings

    def _remora_mode(self) -> str:
        mode = (getattr(self, "config", None) or {}).get("runmode", "")
        return str(getattr(mode, "value", mode))

    def _remora_is_live(self) -> bool:
        return self._remora_mode() in _LIVE

    def _remora_sides(self) -> list[str]:
        return ["long", "short"] if getattr(self, "can_short", False) else ["long"]

    def _remora_whitelist(self) -> list[str]:
        provider = getattr(self, "dp", None)
        try:
            return list(provider.current_whitelist()) if provider is not None else []
        except Exception:  # raised by a pairlist that is not ready; pairs are tracked later too
            return []

    def _remora_inside(self) -> Inside:
        inside: Inside | None = self.__dict__.get("_remora_inside_made")
        if inside is None:
            inside = Inside(self.config, getattr(self, "dp", None), self._remora_settings())
            self.__dict__["_remora_inside_made"] = inside
            weakref.finalize(self, inside.stop)
        return inside

    def _remora_watcher(self) -> Watcher | Inside:
        settings = self._remora_settings()
        if settings.engine == "inside":
            return self._remora_inside()
        watcher: Watcher | None = self.__dict__.get("_remora_watcher_made")
        if watcher is None:
            client = RemoraClient(settings.url, settings.api_key, settings.timeout, settings.on_error)
            watcher = Watcher(
                client, sides=tuple(self._remora_sides()), policy=settings.policy, interval=settings.interval,
                max_age=settings.max_age, add_pairs=settings.add_pairs
            )
            self.__dict__["_remora_watcher_made"] = watcher
            weakref.finalize(self, watcher.stop)  # Freqtrade creates a new strategy when it reloads
        return watcher

    def _remora_read(self, pair: str, side: str) -> Reading:
        return self._remora_watcher().read(self.remora_pair(pair), side)

    def _remora_allows(self, pair: str, side: str, time: Any, what: str) -> bool:
        """Returns whether a trade can be opened or enlarged; in a backtest, at that time."""
        settings = self._remora_settings()
        if not self._remora_is_live():
            if settings.ungated_backtest:
                return True
            return self._remora_history(pair, side).safe_at(time, unknown=settings.on_error != "block")
        reading = self._remora_read(pair, side)
        if not reading.safe_to_trade:
            self._remora_log_block(pair, side, reading, what)
        return reading.safe_to_trade

    def _remora_scaled(self, stake: float, pair: str, side: str, time: Any, least: float | None) -> float:
        """Returns the stake times position_scale, at least the minimum of the exchange."""
        if self._remora_is_live():
            scale = self._remora_live_scale(pair, side)
        elif self._remora_settings().ungated_backtest:
            scale = None
        else:
            scale = self._remora_history(pair, side).scale_at(time)
        return stake if scale is None or scale >= 1 else min(stake, max(stake * scale, least or 0))

    def _remora_live_scale(self, pair: str, side: str) -> float | None:
        """Returns position_scale; by the forecast, the kept one until it differs by a quarter."""
        assessment = self._remora_read(pair, side).assessment
        scale = assessment.position_scale if assessment else None
        if assessment is None or assessment.model != BANDED_MODEL or scale is None or not scale > 0:
            return scale
        kept: dict[Any, float | None] = self.__dict__.setdefault("_remora_kept", {})
        kept[pair, side] = kept_scale(kept.get((pair, side)), scale)
        return kept[pair, side]

    def _remora_log_block(self, pair: str, side: str, reading: Reading, what: str) -> None:
        """Logs a blocked entry once per reason and candle, because Freqtrade repeats it."""
        logged: dict[Any, Any] = self.__dict__.setdefault("_remora_logged", {})
        reason = (reading.assessment.as_of, reading.assessment.blocked_by) if reading.assessment else reading.why
        if logged.get((pair, side, what)) != reason:
            logged[pair, side, what] = reason
            log.info("Remora blocks a %s %s of %s: %s", side, what, pair, reading.why)

    def _remora_history(self, pair: str, side: str) -> RiskHistory:
        settings = self._remora_settings()
        path = settings.history if side == "long" else settings.history_short
        if path is None and (settings.history or settings.history_short):
            what = "history" if side == "long" else "history_short (a file of 'remora history build --side short')"
            raise RemoraHistoryError(
                f"a backtest with a history file of one side requires {what} in the settings of remora; without files, "
                "the guard assesses Freqtrade's candles"
            )
        if path is None:
            return candles.history(self._remora_candles(self.remora_pair(pair)), side, settings.policy)
        return RiskHistory.read(path.replace("{pair}", self.remora_pair(pair).replace("/", "_").replace(":", "_")))

    def _remora_candles(self, pair: str) -> candles.Candles:
        own = str(getattr(self, "timeframe", ""))
        return candles.Candles.find(self.config, pair, self._remora_settings().timeframe, own)

    def _remora_gate(self, dataframe: Any, pair: str) -> Any:
        settings = self._remora_settings()
        if settings.ungated_backtest:
            return dataframe
        known_by = closes(dataframe["date"], str(getattr(self, "timeframe", "")))
        if len(known_by) and not (settings.history or settings.history_short):
            own = self._remora_candles(self.remora_pair(pair))
            candles.say_missing_past(own, "long", settings.policy, known_by[0])
        for side in self._remora_sides():
            history = self._remora_history(pair, side)
            rows = history.known_at(known_by)
            safe = history.safe(rows, unknown=settings.on_error != "block")
            ending = "" if side == "long" else "_short"
            dataframe["remora_safe" + ending] = safe
            dataframe["remora_risk_score" + ending] = history.score(rows)
            column = "enter_" + side
            if column not in dataframe:
                continue
            entries = dataframe[column].to_numpy() == 1
            dataframe.loc[entries & ~safe, column] = 0
            if settings.tag_entries:
                self._remora_tag(dataframe, side, safe, history.risk_class(rows))
            level = logging.INFO if self._remora_mode() == "backtest" else logging.DEBUG
            blocked, all_entries = int((entries & ~safe).sum()), int(entries.sum())
            log.log(
                level, "Remora blocks %d of %d %s entries of %s (%s)", blocked, all_entries, side, pair, history.name
            )
        return dataframe

    @staticmethod
    def _remora_tag(dataframe: Any, side: str, rows: Any, risk_class: Any) -> None:
        column = "enter_" + side
        if column not in dataframe:
            return
        chosen = np.flatnonzero((dataframe[column].to_numpy() == 1) & rows)
        tags = np.full(len(dataframe), None, dtype=object)
        if "enter_tag" in dataframe:
            has_tag = dataframe["enter_tag"].notna().to_numpy()
            tags[has_tag] = dataframe["enter_tag"].to_numpy(dtype=object)[has_tag]
        classes = np.broadcast_to(np.asarray(risk_class, dtype=object), len(dataframe))
        for row in chosen:
            own = tags[row] if isinstance(tags[row], str) and tags[row] else ""
            tags[row] = f"{own} remora_{classes[row]}".strip()
        # Not as strings, in which pandas 3 would convert None to NaN.
        dataframe["enter_tag"] = pd.Series(tags, index=dataframe.index, dtype=object)
