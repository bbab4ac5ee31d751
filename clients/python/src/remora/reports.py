"""What the service reports beside assessments: books, correlations and the track record.

The answers are dicts as the service gives them; these types name their keys. An unknown value is
None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from math import isfinite
from typing import Any, TypedDict
from urllib.parse import urlencode

from remora._values import json_object
from remora.errors import RemoraError

Table = dict[str, float | None]


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

    volatility: float | None
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
    volatility: float | None
    share: float
    share_percent: float | None
    without: Figures
    stop: Touch | None
    liquidation: Touch | None
    stale: bool


class CandidateRisk(TypedDict, total=False):
    """What a position that might be added would do."""

    pair: str
    side: str
    notional: float | None
    is_hedge: bool
    largest_notional: float | None
    fits: bool | None


class UnknownPosition(TypedDict):
    """A position that is not counted: not_tracked, or no_forecast."""

    pair: str
    exposure: float | None
    reason: str


class Stress(TypedDict, total=False):
    """What the book would gain or lose on a day of the past, or with correlation_one."""

    name: str
    money: float | None
    return_at_low: float | None
    by_beta: list[str]


class PortfolioRisk(TypedDict, total=False):
    """What all positions of a book can lose together; ratios of the wallet, losses are positive."""

    summary: str
    as_of: str | None
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
    independent_bets: float | None
    limit: float | None
    over_limit: bool | None
    positions: list[PositionRisk]
    candidate: CandidateRisk | None
    unknown: list[UnknownPosition]
    stress: list[Stress]
    notes: list[str]


class Correlations(TypedDict, total=False):
    """How pairs move together: a matrix by rows, in the order of ``pairs``."""

    as_of: str | None
    half_life_hours: int
    enough_hours: int
    pairs: list[str]
    correlations: list[list[float]]
    hours: list[list[int]]
    assumed: list[list[bool]]


class HitScore(TypedDict):
    """Losses beyond a value at risk, over horizons that do not overlap."""

    hits: int
    n: int
    share: float | None
    kupiec_p: float | None
    christoffersen_p: float | None


class ModelScore(TypedDict):
    """The accuracy of a model; a lower qlike is better."""

    r2: float | None
    qlike: float | None


class ReliabilityGroup(TypedDict):
    """Hours with similar forecasts, and what came."""

    predicted: float | None
    observed: float | None
    n: int


class DrawdownScore(TypedDict):
    """The record of the probability of a fall."""

    n: int
    predicted: float | None
    observed: float | None
    brier_score: float | None
    reliability: list[ReliabilityGroup]


class HorizonScorecard(TypedDict):
    """The track record of one horizon."""

    hours: int
    graded: int
    independent: int
    compared: int
    models: dict[str, ModelScore]
    volatility: list[ReliabilityGroup]
    probability_of_drawdown: dict[str, DrawdownScore]
    value_at_risk: dict[str, HitScore]
    not_graded: dict[str, dict[str, int]]
    vintages: list[dict[str, Any]]


class RecordAlarm(TypedDict):
    """Whether the record contradicts the claims of the forecasts."""

    raised: bool
    raised_on: str | None
    evidence: float | None
    highest: float | None
    threshold: float
    false_alarms_per_year: float
    days: list[dict[str, Any]]


Scorecard = TypedDict(
    "Scorecard",
    {
        "pair": str, "exchange": str, "timeframe": str, "since": str | None, "from": str, "to": str,
        "horizons": dict[str, HorizonScorecard], "alarm": RecordAlarm,
    },
)
"""The track record of a pair: how its published forecasts met what came."""


class RoiStep(TypedDict):
    """The profit at which a bot closes a trade from an age on."""

    minutes: float
    profit: float


class Decision(TypedDict, total=False):
    """An entry that a bot wanted: ``verdict`` is allowed, refused or locked.

    ``id``, ``bot``, ``pair``, ``at`` (ISO-8601) and ``verdict`` are required. Ratios are of the
    stake: ``stop_loss`` -0.1 is a loss of 10 %.
    """

    id: str
    bot: str
    strategy: str
    pair: str
    exchange: str
    side: str
    at: str
    verdict: str
    blocked_by: list[str]
    price: float
    stake: float
    leverage: float
    fee: float
    tag: str
    stop_loss: float
    roi: list[RoiStep]


class DecisionReceipt(TypedDict):
    """How many decisions were new, and how many were known."""

    stored: int
    known: int


class EntryOutcome(TypedDict):
    """What became of an entry, or would have become of it.

    ``state`` is unknown, open, ended, time_limit or no_exit. Profits are ratios of the stake.
    """

    state: str
    entered_at: str | None
    entry_price: float | None
    horizons: Table
    exited_at: str | None
    exit_price: float | None
    exit_reason: str | None
    profit: float | None
    excursion: float | None
    missing_candles: int
    is_over: bool


class FollowedDecision(TypedDict):
    """A decision and its outcome."""

    report: Decision
    exchange: str | None
    timeframe: str | None
    outcome: EntryOutcome


class EntryGroup(TypedDict):
    """The refused or the allowed entries."""

    entries: int
    ended: int
    open: int
    losers: int
    mean_profit: float | None
    horizons: Table


class DecisionSummary(TypedDict):
    """What refused entries saved and missed; ratios of one stake, and by currency."""

    refused: EntryGroup
    allowed: EntryGroup
    overlapping: int
    saved: float
    missed: float
    money: list[dict[str, Any]]
    equal_count: dict[str, dict[str, float | None]]


Decisions = TypedDict(
    "Decisions",
    {
        "from": str, "to": str, "now": str, "sentence": str, "is_complete": bool, "summary": DecisionSummary,
        "decisions": list[FollowedDecision],
    },
)
"""The decisions of a span and what became of them."""


class BookHitScore(TypedDict):
    """The record of the value at risk of a book, over horizons that do not overlap."""

    hits: int
    expected: float
    n: int
    kupiec_p: float | None
    shortfall: float | None


class BookScorecard(TypedDict):
    """How what was said about a book met what came within 24 hours."""

    name: str
    followed: bool
    since: str
    hours: int
    graded: int
    independent: int
    bias: float | None
    value_at_risk: dict[str, BookHitScore]
    not_graded: dict[str, int]


BookScorecards = TypedDict(
    "BookScorecards", {"from": str | None, "to": str, "horizon": str, "books": list[BookScorecard]}
)
"""The track record of three fixed books and those of followed bots."""


class Reports:
    """The calls of a client that return reports."""

    fetch: Callable[..., Any]
    fetch_stored: Callable[..., Any]

    def portfolio(
        self, wallet: float, positions: Iterable[Position], horizon: str | None = None,
        limit: float | None = None, candidate: Position | None = None
    ) -> PortfolioRisk:
        """Returns what all positions of a book can lose together.

        ``wallet`` is the balance, open positions included. ``horizon`` is 4h or 24h; None is 24h.
        ``limit`` is the highest value at risk at 95 %, a ratio: with a ``candidate``, the answer
        says how large that may be. Raises RemoraError without an answer; its text names the field
        that is wrong, and its status is 404 if no pair has a forecast.
        """
        if isinstance(wallet, bool) or not isfinite(wallet) or wallet <= 0:
            raise ValueError(f"wallet is {wallet!r}: expected a number above 0")
        book: dict[str, Any] = {"wallet": wallet, "positions": list(positions)}
        book.update({
            name: value for name, value in (("horizon", horizon), ("limit", limit), ("candidate", candidate))
            if value is not None
        })
        found: PortfolioRisk = self.fetch(
            "/api/v1/portfolio/risk", _with("value_at_risk", "positions"), book
        )
        return found

    def correlations(self, pairs: Iterable[str] = ()) -> Correlations:
        """Returns how pairs move together; without pairs, all tracked ones. Raises RemoraError."""
        named = ",".join(pairs)
        path = "/api/v1/correlations" + ("?" + urlencode({"pairs": named}, safe=",/") if named else "")
        found: Correlations = self.fetch(path, _with("pairs", "correlations"))
        return found

    def scorecard(
        self, pair: str, horizon: str | None = None, start: datetime | None = None,
        end: datetime | None = None
    ) -> Scorecard:
        """Returns how the published forecasts of a pair met what came.

        ``horizon`` is 1h, 4h or 24h; None for all. Raises RemoraError without an answer or without
        stored data.
        """
        question = {"pair": pair, "horizon": horizon, "from": _time("start", start), "to": _time("end", end)}
        path = "/api/v1/scorecard?" + urlencode({name: value for name, value in question.items() if value})
        found: Scorecard = self.fetch(path, _with("horizons", "alarm"))
        return found

    def report_decisions(self, decisions: Iterable[Decision | Mapping[str, Any]]) -> DecisionReceipt:
        """Reports entries that a bot wanted, at most 100; they are stored when this returns.

        A decision whose ``id`` is known changes nothing. Raises RemoraError; its text names the
        field that is wrong.
        """
        answer = self.fetch_stored("/api/v1/decisions", "POST", {"decisions": list(decisions)})
        found: DecisionReceipt = _with("stored", "known")(answer)
        return found

    def decisions(
        self, start: datetime | None = None, end: datetime | None = None, limit: int | None = None
    ) -> Decisions:
        """Returns entries that bots wanted and what became of them, the newest first.

        By default those of the last seven days, at most 100. Raises RemoraError.
        """
        question = {"from": _time("start", start), "to": _time("end", end), "limit": limit}
        path = "/api/v1/decisions?" + urlencode({name: value for name, value in question.items() if value is not None})
        found: Decisions = _with("summary", "decisions")(self.fetch_stored(path))
        return found

    def book_scorecards(self, start: datetime | None = None, end: datetime | None = None) -> BookScorecards:
        """Returns how what was said about books met what came within 24 hours.

        Raises RemoraError without an answer or without stored data.
        """
        question = {"from": _time("start", start), "to": _time("end", end)}
        given = urlencode({name: value for name, value in question.items() if value})
        found: BookScorecards = self.fetch(
            "/api/v1/scorecard/books" + (f"?{given}" if given else ""), _with("books", "horizon")
        )
        return found


def _time(name: str, time: datetime | None) -> str | None:
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(f"{name} is {time!r}: expected a datetime with a time zone")
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with(*names: str) -> Callable[[Any], Any]:
    """Returns what reads an object that has these fields."""
    def read(answer: Any) -> Any:
        found = json_object(answer)
        if found is None or not all(name in found for name in names):
            raise RemoraError("not_an_assessment", f"the answer has no {' and '.join(names)}")
        return found

    return read
