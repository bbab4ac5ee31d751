"""What several open positions can lose together, by the engine inside this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from remora import _native
from remora._options import checked
from remora._values import milliseconds
from remora.engine import Engine


class BookCandidate(TypedDict):
    """What a candidate does to a book. Ratios of the wallet; None is not known."""

    largest_size: float | None
    is_hedge: bool
    value_at_risk_after: float | None


class BookRisk(TypedDict):
    """What a book can lose. Ratios of the wallet; None is not known."""

    as_of: str | None
    kind: str | None
    volatility: float | None
    value_at_risk: dict[str, float | None]
    expected_shortfall: dict[str, float | None]
    unknown: list[str]
    assumed: int
    candidate: BookCandidate | None


def book_risk(
    engines: Sequence[Engine], positions: Mapping[str, float], *, limit: float | None = None,
    candidate: tuple[str, str, float | None] | None = None, horizon: str = "24h", at: datetime | None = None
) -> BookRisk:
    """Return what a book can lose, by the model of docs/portfolio.md.

    Parameters
    ----------
    engines : list of Engine
        One for each market of the book, made with ``book_hours``, with its candles applied. Those
        of other markets are not used.
    positions : dict
        The weight of each pair: its notional divided by the wallet, below 0 for a short position.
    limit : float, optional
        The value at risk at 95 % to keep, a ratio of the wallet above 0.
    candidate : (pair, side, size), optional
        A position that could be added. Its size is a ratio of the wallet; None to ask only how
        large it may be, which needs a limit.
    horizon : {"24h", "4h"}
        How far to look ahead.
    at : datetime, optional
        A past moment: the answer uses only what was known then. By default each engine's newest
        candle.

    Returns
    -------
    dict
        ``volatility``; ``value_at_risk`` and ``expected_shortfall`` by ``"0.95"`` and ``"0.99"``,
        positive ratios of the wallet; ``kind`` of book; ``unknown``, the pairs without an engine or
        a forecast that is less than an hour old, which no figure counts; ``assumed``, the number of
        correlations that are assumed; and ``candidate`` with ``largest_size``, ``is_hedge`` and
        ``value_at_risk_after``. None where a figure is not known: see docs/portfolio.md.

    Raises
    ------
    EngineError
        An argument is invalid, or an engine was made without ``book_hours``.

    Notes
    -----
    Correlations are those of the 30 days before. A service counts older hours too; at a half-life
    of four days they weigh 0.6 %.
    """
    question: dict[str, Any] = {
        "horizon": horizon, "limit": limit,
        "positions": [{"pair": pair, "weight": weight} for pair, weight in positions.items() if weight != 0],
        "candidate": None if candidate is None else dict(zip(("pair", "side", "size"), candidate))
    }
    when = None if at is None else milliseconds(at)
    found: BookRisk = _native.library().book([engine.handle for engine in engines], when, checked(question))
    return found
