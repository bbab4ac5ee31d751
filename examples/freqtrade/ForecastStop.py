"""A stop that one trade of ten is expected to touch within a day, by the forecast at its entry."""

from freqtrade.strategy import IStrategy, stoploss_from_absolute
from remora.freqtrade import RemoraGuard


class ForecastStop(RemoraGuard, IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 50
    minimal_roi = {"0": 0.02}
    stoploss = -0.1  # while there is no forecast
    use_custom_stoploss = True
    touched = 0.1  # the chance within 24 hours: 0.5, 0.3, 0.2, 0.1, 0.05, 0.02 or 0.01

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, after_fill, **kwargs):
        if not after_fill:
            return None  # keeps the stop
        distance = self.remora_stop_distance(pair, trade.trade_direction, current_time, chance=self.touched)
        if distance is None:
            return None
        stop = trade.open_rate * (1 + distance if trade.is_short else 1 - distance)
        return stoploss_from_absolute(stop, current_rate, is_short=trade.is_short, leverage=trade.leverage)

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["close"].shift(12), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["close"].shift(12), "exit_long"] = 1
        return dataframe
