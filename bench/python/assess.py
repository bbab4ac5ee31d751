#!/usr/bin/env python3
"""Times remora.assess beside TA-Lib, and measures its memory and growth.

    bench/python/assess.py CANDLES.csv.gz [ROUNDS]

Needs remora, pandas and TA-Lib (ta_lib on PyPI). Both sides run in turn, in one process, on the
same arrays, on one thread; the seconds are those of the processor.
"""

import resource
import statistics
import sys
import time

import numpy as np
import pandas as pd
import talib

import remora

PAIR = "BTC/USDT"
NAMES = ("open", "high", "low", "close", "volume")
GROWTH = (100_000, 1_000_000, 10_000_000)


def twelve(c):
    """The indicators of the model and their usual neighbours."""
    o, h, l, close, volume = (c[name].to_numpy() for name in NAMES)
    return pd.DataFrame({
        "rsi": talib.RSI(close), "atr": talib.ATR(h, l, close), "adx": talib.ADX(h, l, close),
        "plus": talib.PLUS_DI(h, l, close), "minus": talib.MINUS_DI(h, l, close), "macd": talib.MACD(close)[2],
        "bands": talib.BBANDS(close)[0], "ema50": talib.EMA(close, 50), "ema200": talib.EMA(close, 200),
        "sma": talib.SMA(close, 200), "deviation": talib.STDDEV(close, 20), "obv": talib.OBV(close, volume),
    })


def timed(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(path, rounds):
    candles = pd.read_csv(path)
    remora.assess(candles.head(100), pair=PAIR)  # loads the library
    twelve(candles.head(1000))
    before = peak()
    remora.assess(candles, pair=PAIR)
    print(f"{len(candles):,} candles; peak memory {before:.0f} MB before, {peak():.0f} MB after")
    pairs = [(timed(lambda: twelve(candles)), timed(lambda: remora.assess(candles, pair=PAIR))) for _ in range(rounds)]
    ratios = sorted(ours / theirs for theirs, ours in pairs)
    theirs, ours = (statistics.median(column) for column in zip(*pairs))
    print(f"TA-Lib, twelve indicators: {theirs:.3f} s (best {min(t for t, _ in pairs):.3f})")
    print(f"assess, all columns:       {ours:.3f} s (best {min(o for _, o in pairs):.3f}), "
          f"{ours / len(candles) * 1e9:.0f} ns per candle")
    print(f"ratio: median {statistics.median(ratios):.1f}, {ratios[0]:.1f} to {ratios[-1]:.1f} in {rounds} rounds")

    step = int(np.diff(candles["timestamp"].to_numpy()).min())
    for rows in GROWTH:
        prices = {name: np.resize(candles[name].to_numpy(), rows) for name in NAMES}
        prices["timestamp"] = np.arange(rows, dtype=np.int64) * step
        took = min(timed(lambda: remora.assess(prices, pair=PAIR)) for _ in range(2 if rows > 1_000_000 else 3))
        print(f"{rows:>10,} rows: {took:.3f} s, {took / rows * 1e9:.0f} ns per row, peak memory {peak():.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 9)
