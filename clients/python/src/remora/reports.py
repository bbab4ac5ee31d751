"""What the service reports beside assessments: books, correlations and the track record.

The answers are dicts as the service gives them; these types name their keys. An unknown value is
None.
"""

from __future__ import annotations

from datetime import datetime, timezone
from math import isfinite
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, TypedDict
from urllib.parse import urlencode

from remora.errors import RemoraError

Table = Dict[str, Optional[float]]


class Position(TypedDict, total=False):
    """A position of a book.

    Its size is ``notional``, or ``amount`` times ``price`` times ``leverage``.
    """

    pair: str
    side: str
    notional: float
    amount: float
    price: float
    leverage: float
    stop_price: float
    liquidation_price: float


class Figures(TypedDict):
    """The figures of a book; losses by probability: 0.95 and 0.99."""

    volatility: Optional[float]
    value_at_risk: Table
    expected_shortfall: Table


class Touch(TypedDict):
    """The chance that a price is touched within 4h and 24h."""

    price: float
    probability: Table


class PositionRisk(TypedDict):
    """A position within its book. ``share`` adds up to the volatility; below 0 for a hedge."""

    pair: str
    market: str
    side: str
    notional: float
    exposure: float
    volatility: Optional[float]
    share: float
    share_percent: Optional[float]
    without: Figures
    stop: Optional[Touch]
    liquidation: Optional[Touch]
    stale: bool


class CandidateRisk(TypedDict, total=False):
    """What a position that might be added would do."""

    pair: str
    side: str
    notional: Optional[float]
    is_hedge: bool
    largest_notional: Optional[float]
    fits: Optional[bool]


class UnknownPosition(TypedDict):
    """A position that is not counted: not_tracked, or no_forecast."""

    pair: str
    exposure: Optional[float]
    reason: str


class Stress(TypedDict, total=False):
    """What the book would gain or lose on a day of the past, or with correlation_one."""

    name: str
    money: Optional[float]
    return_at_low: Optional[float]
    by_beta: List[str]


class PortfolioRisk(TypedDict, total=False):
    """What all positions of a book can lose together; ratios of the wallet, losses are positive."""

    summary: str
    as_of: Optional[str]
    horizon: str
    wallet: float
    book: str
    gross_exposure: float
    net_exposure: float
    volatility: float
    value_at_risk: Table
    expected_shortfall: Table
    money: Figures
    added_volatility: float
    independent_bets: Optional[float]
    limit: Optional[float]
    over_limit: Optional[bool]
    positions: List[PositionRisk]
    candidate: Optional[CandidateRisk]
    unknown: List[UnknownPosition]
    stress: List[Stress]
    notes: List[str]


class Correlations(TypedDict, total=False):
    """How pairs move together: a matrix by rows, in the order of ``pairs``."""

    as_of: Optional[str]
    half_life_hours: int
    enough_hours: int
    pairs: List[str]
    correlations: List[List[float]]
    hours: List[List[int]]
    assumed: List[List[bool]]


class HitScore(TypedDict):
    """Losses beyond a value at risk, over horizons that do not overlap."""

    hits: int
    n: int
    share: Optional[float]
    kupiec_p: Optional[float]
    christoffersen_p: Optional[float]


class ModelScore(TypedDict):
    """The accuracy of a model; a lower qlike is better."""

    r2: Optional[float]
    qlike: Optional[float]


class ReliabilityGroup(TypedDict):
    """Hours with similar forecasts, and what came."""

    predicted: Optional[float]
    observed: Optional[float]
    n: int


class DrawdownScore(TypedDict):
    """The record of the probability of a fall."""

    n: int
    predicted: Optional[float]
    observed: Optional[float]
    brier_score: Optional[float]
    reliability: List[ReliabilityGroup]


class HorizonScorecard(TypedDict):
    """The track record of one horizon."""

    hours: int
    graded: int
    independent: int
    compared: int
    models: Dict[str, ModelScore]
    volatility: List[ReliabilityGroup]
    probability_of_drawdown: Dict[str, DrawdownScore]
    value_at_risk: Dict[str, HitScore]
    not_graded: Dict[str, Dict[str, int]]
    vintages: List[Dict[str, Any]]


class RecordAlarm(TypedDict):
    """Whether the record contradicts the claims of the forecasts."""

    raised: bool
    raised_on: Optional[str]
    evidence: Optional[float]
    highest: Optional[float]
    threshold: float
    false_alarms_per_year: float
    days: List[Dict[str, Any]]


Scorecard = TypedDict(
    "Scorecard",
    {
        "pair": str, "exchange": str, "timeframe": str, "since": Optional[str], "from": str, "to": str,
        "horizons": Dict[str, HorizonScorecard], "alarm": RecordAlarm,
    },
)
"""The track record of a pair: how its published forecasts met what came."""


class Reports:
    """The calls of a client that return reports."""

    fetch: Callable[..., Any]

    def portfolio(
        self, wallet: float, positions: Iterable[Position], horizon: Optional[str] = None,
        limit: Optional[float] = None, candidate: Optional[Position] = None
    ) -> PortfolioRisk:
        """Returns what all positions of a book can lose together.

        ``wallet`` is the balance, open positions included. ``horizon`` is 4h or 24h; None is 24h.
        ``limit`` is the highest value at risk at 95 %, a ratio: with a ``candidate``, the answer
        says how large that may be. Raises RemoraError without an answer; its text names the field
        that is wrong, and its status is 404 if no pair has a forecast.
        """
        if isinstance(wallet, bool) or not isfinite(wallet) or wallet <= 0:
            raise ValueError(f"wallet is {wallet!r}: expected a number above 0")
        book: Dict[str, Any] = {"wallet": wallet, "positions": list(positions)}
        book.update({
            name: value for name, value in (("horizon", horizon), ("limit", limit), ("candidate", candidate))
            if value is not None
        })
        found: PortfolioRisk = self.fetch(
            "/api/v1/portfolio/risk", lambda answer: _with(answer, "value_at_risk", "positions"), book
        )
        return found

    def correlations(self, pairs: Iterable[str] = ()) -> Correlations:
        """Returns how pairs move together; without pairs, all tracked ones. Raises RemoraError."""
        named = ",".join(pairs)
        path = "/api/v1/correlations" + ("?" + urlencode({"pairs": named}, safe=",/") if named else "")
        found: Correlations = self.fetch(path, lambda answer: _with(answer, "pairs", "correlations"))
        return found

    def scorecard(
        self, pair: str, horizon: Optional[str] = None, start: Optional[datetime] = None,
        end: Optional[datetime] = None
    ) -> Scorecard:
        """Returns how the published forecasts of a pair met what came.

        ``horizon`` is 1h, 4h or 24h; None for all. Raises RemoraError without an answer or without
        stored data.
        """
        question = {"pair": pair, "horizon": horizon, "from": _time("start", start), "to": _time("end", end)}
        path = "/api/v1/scorecard?" + urlencode({name: value for name, value in question.items() if value})
        found: Scorecard = self.fetch(path, lambda answer: _with(answer, "horizons", "alarm"))
        return found


def _time(name: str, time: Optional[datetime]) -> Optional[str]:
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(f"{name} is {time!r}: expected a datetime with a time zone")
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with(answer: Any, *names: str) -> Mapping[str, Any]:
    if not isinstance(answer, dict) or not all(name in answer for name in names):
        raise RemoraError("not_an_assessment", f"the answer has no {' and '.join(names)}")
    return answer
