"""The smallest guarded strategy: an RSI dip, and two lines for Remora (marked)."""

from freqtrade.strategy import IStrategy
from remora.freqtrade import RemoraGuard  # 1


class SimpleGuarded(RemoraGuard, IStrategy):  # 2
    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 50
    minimal_roi = {"0": 0.02}
    stoploss = -0.05

    def populate_indicators(self, dataframe, metadata):
        change = dataframe["close"].diff()
        up = change.clip(lower=0).ewm(alpha=1 / 14, min_periods=14).mean()
        down = (-change).clip(lower=0).ewm(alpha=1 / 14, min_periods=14).mean()
        dataframe["rsi"] = 100 * up / (up + down)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["rsi"] < 30) & (dataframe["volume"] > 0), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["rsi"] > 70, "exit_long"] = 1
        return dataframe
