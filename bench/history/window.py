"""The baseline: recomputes the indicators with pandas over the last 200 candles of each row.

It computes less than the engine does (no ranks, regime, score, decision), so the ratio to it is a lower bound.
"""

import sys
import time

import numpy as np
import pandas as pd

WINDOW = 200


def wilder(series, length):
    return series.ewm(alpha=1 / length, adjust=False).mean()


def assess(frame):
    close, high, low = frame["close"], frame["high"], frame["low"]
    change = close.diff()
    rsi = 100 - 100 / (1 + wilder(change.clip(lower=0), 14) / wilder(-change.clip(upper=0), 14))
    true_range = pd.concat([high - low, (high - close.shift()).abs(), (low - close.shift()).abs()], axis=1).max(axis=1)
    atr = wilder(true_range, 14)
    up, down = high.diff(), -low.diff()
    plus = 100 * wilder(up.where((up > down) & (up > 0), 0.0), 14) / atr
    minus = 100 * wilder(down.where((down > up) & (down > 0), 0.0), 14) / atr
    adx = wilder(100 * (plus - minus).abs() / (plus + minus), 14)
    macd = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    signal = macd.ewm(span=9, adjust=False).mean()
    middle, sigma = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    dispersion = np.log(close / close.shift()).rolling(20).std()
    means = close.rolling(50).mean(), close.rolling(200).mean()
    columns = [rsi, atr, plus, minus, adx, macd, signal, 4 * sigma / middle, dispersion, *means]
    return [column.iloc[-1] for column in columns]


def main():
    candles = pd.read_csv(sys.argv[1], nrows=WINDOW + 20_000)
    columns = {name.lower(): name for name in candles.columns}
    wanted = ("open", "high", "low", "close", "volume")
    candles = candles.rename(columns={columns[name]: name for name in wanted if name in columns})
    for end in range(WINDOW, WINDOW + 50):
        assess(candles.iloc[end - WINDOW : end])
    rows, started = 0, time.perf_counter()
    while time.perf_counter() - started < 10:
        assess(candles.iloc[rows : rows + WINDOW])
        rows += 1
    print(f"rows={rows} rows_per_second={rows / (time.perf_counter() - started):.0f}")


main()
