"""A client of the Remora service: is it safe to trade a market?

>>> from remora import RemoraClient
>>> RemoraClient().is_safe("BTC/USDT")  # doctest: +SKIP
True
"""

from remora.assessment import Assessment
from remora.client import RemoraClient
from remora.errors import RemoraError
from remora.watcher import Reading, Watcher

__version__ = "0.1.0"
__all__ = ["Assessment", "Reading", "RemoraClient", "RemoraError", "Watcher"]
