"""Remora in a Freqtrade strategy: ``class MyStrategy(RemoraGuard, IStrategy)``. Needs pandas, which Freqtrade brings; RemoraGuard needs Freqtrade."""

from typing import TYPE_CHECKING, Any

from remora.freqtrade.history import RemoraHistoryError, RiskHistory

if TYPE_CHECKING:
    from remora.freqtrade.guard import RemoraGuard

__all__ = ["RemoraGuard", "RemoraHistoryError", "RiskHistory"]


def __getattr__(name: str) -> Any:
    """Imports the guard on first use, so that RiskHistory can be read where Freqtrade is not installed."""
    if name != "RemoraGuard":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from remora.freqtrade.guard import RemoraGuard

    return RemoraGuard
