"""Remora in a Freqtrade strategy: ``class MyStrategy(RemoraGuard, IStrategy)``. Needs pandas, which Freqtrade brings."""

from remora.freqtrade.guard import RemoraGuard
from remora.freqtrade.history import RemoraHistoryError, RiskHistory

__all__ = ["RemoraGuard", "RemoraHistoryError", "RiskHistory"]
