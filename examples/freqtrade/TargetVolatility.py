"""Stakes by the forecast: each trade is expected to move the wallet by the same ratio in a day.

A forecast of 2 % for 24 hours gives a quarter of the wallet, one of 5 % a tenth.
"""

from freqtrade.strategy import IStrategy
from remora.freqtrade import RemoraGuard


class TargetVolatility(RemoraGuard, IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 50
    minimal_roi = {"0": 0.02}
    stoploss = -0.05
    daily_move = 0.005  # of the wallet

    def custom_stake_amount(
        self, pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, entry_tag, side,
        **kwargs
    ):
        volatility = self.remora_forecast(pair, "forecast_volatility_24h", current_time)
        if not volatility:
            return 0  # no entry without a forecast
        stake = self.daily_move * self.wallets.get_total_stake_amount() / (volatility * leverage)
        return min(max(stake, min_stake or 0), max_stake)

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["close"].shift(12), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["close"].shift(12), "exit_long"] = 1
        return dataframe
