"""Both sides, scaled stakes, tags, own confirmation, futures gated by their spot market."""

from freqtrade.strategy import IStrategy
from remora.freqtrade import RemoraGuard


class AdvancedGuarded(RemoraGuard, IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = True
    startup_candle_count = 200
    minimal_roi = {"0": 0.03, "120": 0.01}
    stoploss = -0.04

    remora = {
        "on_error": "last",
        "scale_stake": True,
        "tag_entries": True,
        "history": "user_data/remora/{pair}.csv",  # without files, the guard assesses Freqtrade's candles
        "history_short": "user_data/remora/{pair}-short.csv",
    }

    def remora_pair(self, pair):
        return pair.split(":")[0]  # BTC/USDT:USDT uses the assessment of BTC/USDT

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = dataframe["close"].ewm(span=20, min_periods=20).mean()
        dataframe["slow"] = dataframe["close"].ewm(span=100, min_periods=100).mean()
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        above = dataframe["fast"] > dataframe["slow"]
        before = above.shift(1, fill_value=False)
        known = dataframe["slow"].shift(1).notna() & (dataframe["volume"] > 0)
        dataframe.loc[known & above & ~before, ["enter_long", "enter_tag"]] = (1, "cross_up")
        dataframe.loc[known & ~above & before, ["enter_short", "enter_tag"]] = (1, "cross_down")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["fast"] < dataframe["slow"], "exit_long"] = 1
        dataframe.loc[dataframe["fast"] > dataframe["slow"], "exit_short"] = 1
        return dataframe

    def custom_stake_amount(
        self, pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, entry_tag, side,
        **kwargs
    ):
        return proposed_stake * (0.5 if side == "short" else 1)  # Remora scales the result

    def confirm_trade_entry(
        self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs
    ):
        return not (current_time.weekday() == 4 and current_time.hour >= 20)  # asked only when Remora does not object
