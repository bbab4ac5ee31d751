"""Freqtrade's strategy interface, or a test double of the parts that the guard uses.

The test double follows the published interface, version 3. ``signals`` and ``enter`` call a
strategy in the documented order.
"""

import importlib.util
import sys
import types
from enum import Enum

import pandas as pd

if importlib.util.find_spec("freqtrade") is not None:
    from freqtrade.enums import RunMode
    from freqtrade.strategy import IStrategy
else:

    class RunMode(Enum):
        LIVE = "live"
        DRY_RUN = "dry_run"
        BACKTEST = "backtest"
        HYPEROPT = "hyperopt"

    class IStrategy:
        INTERFACE_VERSION = 3
        can_short = False

        def __init__(self, config):
            self.config = config

        def bot_start(self, **kwargs):
            pass

        def bot_loop_start(self, current_time, **kwargs):
            pass

        def populate_indicators(self, dataframe, metadata):
            return dataframe

        def populate_entry_trend(self, dataframe, metadata):
            return dataframe

        def populate_exit_trend(self, dataframe, metadata):
            return dataframe

        def custom_stake_amount(
            self, pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, entry_tag, side,
            **kwargs
        ):
            return proposed_stake

        def confirm_trade_entry(
            self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs
        ):
            return True

        def adjust_trade_position(
            self, trade, current_time, current_rate, current_profit, min_stake, max_stake, current_entry_rate,
            current_exit_rate, current_entry_profit, current_exit_profit, **kwargs
        ):
            return None

    class Trade:
        @staticmethod
        def get_trades_proxy(*, is_open=None):
            return []

    _package, _strategy, _persistence = (
        types.ModuleType(name) for name in ("freqtrade", "freqtrade.strategy", "freqtrade.persistence")
    )
    _package.strategy, _strategy.IStrategy, _persistence.Trade = _strategy, IStrategy, Trade
    # Imported by the guard and the examples.
    sys.modules.update({module.__name__: module for module in (_package, _strategy, _persistence)})


class DataProvider:
    def __init__(self, whitelist):
        self._whitelist = whitelist

    def current_whitelist(self):
        return list(self._whitelist)


def make(strategy, mode, whitelist=("BTC/USDT",), **remora):
    bot = strategy({"runmode": mode, "remora": remora})
    bot.dp = DataProvider(whitelist)
    return bot


def signals(bot, dataframe, pair="BTC/USDT"):
    """Calls indicators, entries and exits over the whole frame, like a backtest."""
    metadata = {"pair": pair}
    frame = bot.populate_indicators(dataframe.copy(), metadata)
    return bot.populate_exit_trend(bot.populate_entry_trend(frame, metadata), metadata)


def enter(bot, pair="BTC/USDT", side="long", stake=100.0, now=None, min_stake=5.0, max_stake=1000.0):
    """Calls stake and confirmation, as on a signal. Returns the stake, or None without an entry."""
    now = now or pd.Timestamp("2026-01-01", tz="UTC")
    amount = bot.custom_stake_amount(
        pair=pair, current_time=now, current_rate=1.0, proposed_stake=stake, min_stake=min_stake,
        max_stake=max_stake, leverage=1.0, entry_tag=None, side=side
    )
    if not amount:
        return None
    confirmed = bot.confirm_trade_entry(
        pair=pair, order_type="limit", amount=amount, rate=1.0, time_in_force="GTC", current_time=now, entry_tag=None,
        side=side
    )
    return amount if confirmed else None


def adjust(bot, pair="BTC/USDT", is_short=False, now=None, min_stake=5.0, trade=None):
    """Calls the position adjustment of an open trade.

    Returns the stake to add, a negative stake to remove or None, and the tag of the order.
    """
    answer = bot.adjust_trade_position(
        trade=trade or types.SimpleNamespace(pair=pair, is_short=is_short),
        current_time=now or pd.Timestamp("2026-01-01", tz="UTC"), current_rate=1.0, current_profit=-0.1,
        min_stake=min_stake, max_stake=1000.0, current_entry_rate=1.0, current_exit_rate=1.0, current_entry_profit=-0.1,
        current_exit_profit=-0.1,
    )
    return answer if isinstance(answer, tuple) else (answer, "")
