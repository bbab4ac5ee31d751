"""The four strategies of `remora backtest` for Freqtrade, by the rules of docs/methodology.md.

A test copies this file into the bot's folder of strategies.
"""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class Baseline(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    minimal_roi = {"0": 0.10}
    stoploss = -0.10
    startup_candle_count = 200

    def populate_indicators(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, 14)
        dataframe["mean_volume"] = ta.SMA(dataframe["volume"], 20)
        return dataframe


class NFIQuickstart(Baseline):
    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.SMA(dataframe, 20)
        dataframe["slow"] = ta.SMA(dataframe, 50)
        return super().populate_indicators(dataframe, metadata)

    def populate_entry_trend(self, dataframe, metadata):
        rises = qtpylib.crossed_above(dataframe["fast"], dataframe["slow"])
        dataframe.loc[rises & (dataframe["rsi"] < 70) & (dataframe["volume"] > 0), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        falls = qtpylib.crossed_below(dataframe["fast"], dataframe["slow"])
        dataframe.loc[falls | (dataframe["rsi"] > 80), "exit_long"] = 1
        return dataframe


class MACDCross(Baseline):
    def populate_indicators(self, dataframe, metadata):
        found = ta.MACD(dataframe, fastperiod=12, slowperiod=26, signalperiod=9)
        dataframe[["macd", "signal", "histogram"]] = found[["macd", "macdsignal", "macdhist"]]
        return super().populate_indicators(dataframe, metadata)

    def populate_entry_trend(self, dataframe, metadata):
        rises = qtpylib.crossed_above(dataframe["macd"], dataframe["signal"])
        has_volume = dataframe["volume"] > 0.8 * dataframe["mean_volume"]
        enters = rises & (dataframe["histogram"] > 0) & (dataframe["rsi"] < 70) & has_volume
        dataframe.loc[enters, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        falls = qtpylib.crossed_below(dataframe["macd"], dataframe["signal"])
        turns = (dataframe["histogram"] < 0) & (dataframe["histogram"].shift(1) >= 0)
        dataframe.loc[falls | turns, "exit_long"] = 1
        return dataframe


class RSIEMA(Baseline):
    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.EMA(dataframe, 12)
        dataframe["slow"] = ta.EMA(dataframe, 26)
        return super().populate_indicators(dataframe, metadata)

    def populate_entry_trend(self, dataframe, metadata):
        rsi = dataframe["rsi"]
        rises = (rsi > 50) & (rsi.shift(1) <= 50) & (rsi.shift(2) < 45)
        above = (dataframe["close"] > dataframe["fast"]) & (dataframe["fast"] > dataframe["slow"])
        dataframe.loc[above & rises & (dataframe["volume"] > 0), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        falls = qtpylib.crossed_below(dataframe["close"], dataframe["fast"])
        dataframe.loc[falls | (dataframe["rsi"] > 75), "exit_long"] = 1
        return dataframe


class BollingerBreakout(Baseline):
    def populate_indicators(self, dataframe, metadata):
        bands = ta.BBANDS(dataframe, timeperiod=20, nbdevup=2.0, nbdevdn=2.0)
        dataframe[["upper", "middle"]] = bands[["upperband", "middleband"]]
        return super().populate_indicators(dataframe, metadata)

    def populate_entry_trend(self, dataframe, metadata):
        rises = qtpylib.crossed_above(dataframe["close"], dataframe["upper"])
        has_volume = dataframe["volume"] > 0.9 * dataframe["mean_volume"]
        dataframe.loc[rises & (dataframe["rsi"] > 50) & (dataframe["rsi"] < 75) & has_volume, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        falls = qtpylib.crossed_below(dataframe["close"], dataframe["middle"])
        dataframe.loc[falls | (dataframe["rsi"] > 80), "exit_long"] = 1
        return dataframe
