"""The limit of all open trades together: max_portfolio_var and portfolio_action.

Who answers is the service, the engine inside this process, or in a backtest the engine over
Freqtrade's stored candles. The trades are read from Freqtrade at each question, so orders that were
placed earlier in the same loop count, filled or not.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from remora.book import BookRisk, book_risk
from remora.client import RemoraClient
from remora.engine import Engine
from remora.errors import EngineError, RemoraError
from remora.freqtrade import candles
from remora.freqtrade.history import RemoraHistoryError
from remora.freqtrade.settings import GuardSettings

log = logging.getLogger("remora.freqtrade")

LEAST_TRIM = 0.05
"""The smallest part of the open trades that `reduce` trims."""
_ROUNDING = 1 + 1e-9
Candidate = tuple[str, str, float]


class BookAnswer(NamedTuple):
    """What the open trades can lose, ratios of the wallet; None is not known."""

    value_at_risk: float | None
    unknown: list[str]
    largest: float | None = None
    """The largest notional of the candidate that keeps the limit."""
    after: float | None = None
    """The value at risk with the candidate."""
    is_hedge: bool = False


Ask = Callable[[Mapping[str, float], float, "Candidate | None", Any], "BookAnswer | None"]
"""Asks about weights by pair, a limit, a candidate and a time. None without an answer."""


class PortfolioLimit:
    """Keeps the value at risk of a strategy's open trades within its limit."""

    def __init__(self, strategy: Any, ask: Ask) -> None:
        settings = strategy._remora_settings()
        self._strategy = strategy
        self._ask = ask
        self._limit: float = settings.max_portfolio_var
        self._is_unknown_allowed = settings.on_error != "block"
        self._hour: Any = None
        self._is_over = False
        self._plan: tuple[Any, float, set[int]] = (None, 1.0, set())
        self._said: dict[Any, Any] = {}
        self.counts: Counter[str] = Counter()
        """hours with open trades, hours_over the limit, entries scaled and blocked, trades trimmed,
        questions without an answer (unknown)."""

    def risk(self, time: Any) -> BookAnswer | None:
        """Returns what the open trades can lose now; None without an answer."""
        weights = self._weights()
        return self._answer(weights, self._limit, None, time) if weights else BookAnswer(0.0, [])

    def fits(self, pair: str, side: str, notional: float, time: Any) -> float | None:
        """Returns the largest notional, up to this one, that the limit lets an entry have.

        A hedge may be so large that the trades are no riskier with it than without, even if they
        are above the limit. None if the answer is not known.
        """
        wallet, weights = self._wallet(), self._weights()
        if not wallet > 0:
            return 0.0
        candidate = self._strategy.remora_pair(pair), side, notional / wallet
        found = self._answer(weights, self._limit, candidate, time)
        if found is not None and found.is_hedge and (found.value_at_risk or 0) > self._limit:
            if found.after is not None and found.after <= found.value_at_risk:  # type: ignore[operator]
                return notional
            found = self._answer(weights, found.value_at_risk or self._limit, candidate, time)
        if found is None or found.largest is None:
            self.counts["unknown"] += 1
            return None
        return min(notional, found.largest * wallet)

    def scaled(self, stake: float, pair: str, side: str, leverage: float, least: float | None, time: Any) -> float:
        """Returns the stake that the limit lets an entry have; 0 if that is below the minimum."""
        largest = self.fits(pair, side, stake * leverage, time)
        if largest is None:
            return stake if self._allows_unknown(pair, side, time) else 0.0
        if largest >= stake * leverage:
            return stake
        if largest / leverage < max(least or 0, 1e-12):
            self._count("blocked", pair, side, time, "blocks")
            return 0.0
        self._count("scaled", pair, side, time, f"scales to {largest / leverage / stake:.0%}")
        return largest / leverage

    def allows(self, pair: str, side: str, notional: float, time: Any) -> bool:
        """Returns whether the limit lets an entry have its whole size."""
        largest = self.fits(pair, side, notional, time)
        if largest is None:
            return self._allows_unknown(pair, side, time)
        if largest * _ROUNDING >= notional:
            return True
        self._count("blocked", pair, side, time, "blocks")
        return False

    def trimmed(self, trade: Any, time: Any) -> float | None:
        """Returns the stake to remove from a trade, below 0; None for nothing.

        Above the limit each trade is reduced by the same part, once an hour: the value at risk is
        proportional to the size of the book.
        """
        hour = _hour(time)
        if self._plan[0] != hour:
            found = self.risk(time)
            risk = None if found is None else found.value_at_risk
            self._plan = (hour, 1.0 if not risk else min(1.0, self._limit / risk), set())
        kept, done = self._plan[1:]
        if kept > 1 - LEAST_TRIM or trade.id in done or not trade.amount or trade.has_open_orders:
            return None
        done.add(trade.id)
        self._count("trimmed", trade.pair, "short" if trade.is_short else "long", time, f"trims by {1 - kept:.0%}")
        return -(1 - kept) * float(trade.stake_amount)

    def watch(self, time: Any) -> None:
        """Counts the hours in which open trades are above the limit, and says when they begin."""
        hour = _hour(time)
        if hour == self._hour:
            return
        self._hour = hour
        found = self.risk(time)
        risk = None if found is None else found.value_at_risk
        if risk is None:
            self.counts["unknown"] += 1
            return
        self.counts["hours"] += risk > 0
        is_over = risk > self._limit * _ROUNDING
        self.counts["hours_over"] += is_over
        if is_over == self._is_over:
            return
        self._is_over = is_over
        so_far = f"{self.counts['hours_over']} of {self.counts['hours']} hours with open trades were above it"
        if is_over:
            text = (
                f"The open trades pass their limit: one day in twenty they lose more than {risk:.1%} of the wallet "
                f"(max_portfolio_var {self._limit:.1%}; {so_far})"
            )
        else:
            text = f"The open trades are within max_portfolio_var again ({so_far})"
        if self._strategy._remora_is_live():
            log.warning("Remora: %s", text)
            self._strategy.dp.send_msg(f"Remora: {text}", always_send=True)
        else:
            log.log(self._level(), "Remora at %s: %s", hour, text)

    def _answer(
        self, weights: Mapping[str, float], limit: float, candidate: Candidate | None, time: Any
    ) -> BookAnswer | None:
        try:
            return self._ask(weights, limit, candidate, time)
        except Exception:  # Freqtrade would take the stake as it is; without an answer on_error decides
            log.exception("no answer about the portfolio")
            return None

    def _weights(self) -> dict[str, float]:
        from freqtrade.persistence import Trade

        wallet = self._wallet()
        weights: dict[str, float] = {}
        for trade in Trade.get_trades_proxy(is_open=True) if wallet > 0 else ():
            pending = sum(order.safe_amount for order in trade.open_orders if order.ft_order_side == trade.entry_side)
            value = (trade.amount + pending) * self._price(trade) / wallet
            pair = self._strategy.remora_pair(trade.pair)
            weights[pair] = weights.get(pair, 0.0) + (-value if trade.is_short else value)
        return {pair: weight for pair, weight in weights.items() if weight}

    def _wallet(self) -> float:
        """Returns what the bot may use, with open trades at their present price."""
        from freqtrade.persistence import Trade

        wallet = float(self._strategy.wallets.get_total_stake_amount())
        for trade in Trade.get_trades_proxy(is_open=True):
            gain = trade.amount * (self._price(trade) - trade.open_rate)
            wallet += -gain if trade.is_short else gain
        return wallet

    def _price(self, trade: Any) -> float:
        frame, _ = self._strategy.dp.get_analyzed_dataframe(trade.pair, self._strategy.timeframe)
        return float(frame["close"].iat[-1]) if len(frame) else float(trade.open_rate)

    def _allows_unknown(self, pair: str, side: str, time: Any) -> bool:
        what = "lets through" if self._is_unknown_allowed else "blocks"
        self._say(pair, side, time, f"cannot tell whether max_portfolio_var holds, and on_error {what}")
        return self._is_unknown_allowed

    def _count(self, name: str, pair: str, side: str, time: Any, what: str) -> None:
        self.counts[name] += 1
        self._say(pair, side, time, f"{what}, by max_portfolio_var,")

    def _say(self, pair: str, side: str, time: Any, what: str) -> None:
        if self._said.get((pair, side)) != (_hour(time), what):  # Freqtrade repeats entries in each loop
            self._said[pair, side] = _hour(time), what
            level = logging.INFO if self._strategy._remora_is_live() else logging.DEBUG
            log.log(level, "Remora %s a %s entry or trade of %s", what, side, pair)

    def _level(self) -> int:
        return logging.INFO if self._strategy._remora_mode() == "backtest" else logging.DEBUG


def limit_of(strategy: Any, settings: GuardSettings) -> PortfolioLimit | None:
    """Returns the limit of a strategy; None without one, and in a backtest without Remora."""
    is_live = strategy._remora_is_live()
    if settings.max_portfolio_var is None or (settings.ungated_backtest and not is_live):
        return None
    if not is_live:
        ask = by_engines(lambda pairs, time: contextlib.nullcontext((_stored(strategy, pairs), time)))
    elif settings.engine == "inside":
        ask = by_engines(lambda pairs, time: _newest(strategy, pairs))
    else:
        ask = by_service(RemoraClient(settings.url, settings.api_key, settings.timeout, settings.on_error))
    return PortfolioLimit(strategy, ask)


def by_service(client: Any) -> Ask:
    """Returns what asks a service."""

    def position(pair: str, weight: float) -> dict[str, Any]:
        return {"pair": pair, "side": "long" if weight > 0 else "short", "notional": abs(weight)}

    def ask(weights: Mapping[str, float], limit: float, candidate: Candidate | None, time: Any) -> BookAnswer | None:
        held = [position(pair, weight) for pair, weight in weights.items()]
        added = None if candidate is None else dict(zip(("pair", "side", "notional"), candidate))
        try:
            if held:
                return _answered(client.portfolio(1.0, held, limit=limit, candidate=added))
        except RemoraError as error:
            if error.status != 404 or added is None:
                log.debug("no answer about the portfolio: %s", error)
                return None
        if added is None:
            return BookAnswer(0.0, [])
        try:  # no position is known: the candidate alone, whose value at risk is proportional to its size
            alone = client.portfolio(1.0, [added], limit=limit)["value_at_risk"]["0.95"]
        except RemoraError as error:
            log.debug("no answer about the portfolio: %s", error)
            return None
        return BookAnswer(0.0, list(weights), added["notional"] * limit / alone if alone else None, alone)

    return ask


def _answered(answer: Any) -> BookAnswer:
    added = answer.get("candidate") or {}
    after = (added.get("with") or {}).get("value_at_risk", {}).get("0.95")
    return BookAnswer(
        answer["value_at_risk"]["0.95"], [one["pair"] for one in answer["unknown"]], added.get("largest_notional"),
        after, bool(added.get("is_hedge"))
    )


def by_engines(engines: Callable[[list[str], Any], Any]) -> Ask:
    """Returns what asks the engine.

    ``engines`` returns a context of the engines of pairs, and the moment to ask about.
    """

    def ask(weights: Mapping[str, float], limit: float, candidate: Candidate | None, time: Any) -> BookAnswer | None:
        pairs = sorted({*weights, *([candidate[0]] if candidate else [])})
        try:
            with engines(pairs, time) as (found, at):
                risk = book_risk(found, weights, limit=limit, candidate=candidate, at=at)
        except EngineError as error:
            log.warning("no answer about the portfolio: %s", error)
            return None
        return _of_engine(risk, candidate)

    return ask


def _of_engine(risk: BookRisk, candidate: Candidate | None) -> BookAnswer:
    added = risk["candidate"]
    at_risk = risk["value_at_risk"]["0.95"]
    if added is None:
        return BookAnswer(at_risk, risk["unknown"])
    return BookAnswer(
        at_risk, risk["unknown"], added["largest_size"], added["value_at_risk_after"], added["is_hedge"]
    )


@contextlib.contextmanager
def _newest(strategy: Any, pairs: list[str]) -> Iterator[tuple[list[Engine], None]]:
    with strategy._remora_inside().engines(pairs) as engines:
        yield engines, None


def _stored(strategy: Any, pairs: list[str]) -> list[Engine]:
    """Returns the engines of stored candles; none for a pair without candles."""
    engines = []
    for pair in pairs:
        try:
            engines.append(candles.book_engine(strategy._remora_candles(pair)))
        except RemoraHistoryError as error:
            candles.say(f"{error}. max_portfolio_var does not count {pair}")
    return engines


def _hour(time: Any) -> Any:
    return pd.Timestamp(time).floor("h")
