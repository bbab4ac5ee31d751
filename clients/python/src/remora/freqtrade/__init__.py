"""Remora in a Freqtrade strategy: ``class MyStrategy(RemoraGuard, IStrategy)``.

Requires pandas, which Freqtrade installs. RemoraGuard requires Freqtrade.
"""

from typing import TYPE_CHECKING, Any

from remora.freqtrade.history import RemoraHistoryError, RiskHistory

if TYPE_CHECKING:
    from remora.freqtrade.guard import RemoraGuard

__all__ = ["RemoraGuard", "RemoraHistoryError", "RiskHistory"]


def __getattr__(name: str) -> Any:
    """Imports the guard at its first use, so that RiskHistory works without Freqtrade."""
    if name != "RemoraGuard":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from remora.freqtrade.guard import RemoraGuard

    return RemoraGuard
