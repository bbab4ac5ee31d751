"""Remora: is it safe to trade a market?

``RemoraClient`` asks a service. ``assess``, ``forecast`` and ``Engine`` run the engine
inside this process.

>>> from remora import RemoraClient
>>> RemoraClient().is_safe("BTC/USDT")  # doctest: +SKIP
True
"""

from remora.assessment import Assessment, Forecast, ForecastAnswer, HorizonForecast
from remora.book import BookCandidate, BookRisk, book_risk
from remora.client import RemoraClient
from remora.engine import Engine, assess, forecast
from remora.errors import EngineError, RemoraError
from remora.reports import (
    BookScorecards, Correlations, Decision, DecisionReceipt, Decisions, PortfolioRisk, Position, Scorecard,
)
from remora.watcher import Reading, Watcher

__version__ = "0.2.0"
__all__ = [
    "Assessment", "BookCandidate", "BookRisk", "BookScorecards", "Correlations", "Decision", "DecisionReceipt",
    "Decisions", "Engine", "EngineError", "Forecast", "ForecastAnswer", "HorizonForecast", "PortfolioRisk", "Position",
    "Reading", "RemoraClient", "RemoraError", "Scorecard", "Watcher", "assess", "book_risk", "forecast",
]
