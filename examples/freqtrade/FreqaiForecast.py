"""FreqAI with Remora's forecasts as features, gated by Remora. Use it with config-freqai.json.

    freqtrade backtesting --strategy FreqaiForecast --freqaimodel LightGBMRegressor \
        --config user_data/config.json --config config-freqai.json --timerange 20250101-20250201
"""

from freqtrade.strategy import IStrategy
from remora.freqtrade import RemoraGuard

HOUR = 12  # candles


class FreqaiForecast(RemoraGuard, IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 40
    minimal_roi = {"0": 0.02}
    stoploss = -0.03

    def feature_engineering_expand_basic(self, dataframe, metadata, **kwargs):
        dataframe["%-change"] = dataframe["close"].pct_change()
        dataframe["%-hour_change"] = dataframe["close"].pct_change(HOUR)
        return dataframe

    def feature_engineering_standard(self, dataframe, metadata, **kwargs):
        dataframe["%-hour"] = dataframe["date"].dt.hour
        return self.remora_forecasts(dataframe, metadata, prefix="%-remora_")

    def set_freqai_targets(self, dataframe, metadata, **kwargs):
        dataframe["&-next_hour"] = dataframe["close"].shift(-HOUR) / dataframe["close"] - 1
        return dataframe

    def populate_indicators(self, dataframe, metadata):
        return self.freqai.start(dataframe, metadata, self)

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["do_predict"] == 1) & (dataframe["&-next_hour"] > 0.001), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["&-next_hour"] < 0, "exit_long"] = 1
        return dataframe
