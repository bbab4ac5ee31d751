#!/usr/bin/env python3
"""Measures the memory of a bot's engines: Remora inside Freqtrade, for many pairs.

    bench/python/inside.py CANDLES.csv.gz [PAIRS] [DAYS]

Needs remora, pandas and Freqtrade. The process imports what a bot has imported anyway, then warms
an engine per pair with the last DAYS of the candles and follows two candles.
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.strategy import IStrategy  # noqa: F401  a bot has it

STEP = 300_000


def resident():
    """Returns the resident memory, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


class Provider:
    """The candles that a bot has fetched: the last thousand."""

    def __init__(self, frame):
        self.frame, self.now = frame, len(frame) - 10

    def clock(self):
        return self.frame["date"].iloc[self.now - 1].timestamp() + STEP / 1000 + 1

    def ohlcv(self, pair, timeframe, copy=True, candle_type=""):
        return self.frame.iloc[self.now - 1000:self.now]


def main(path, pairs, days):
    frame = pd.read_csv(path).tail(days * 288)
    frame.insert(0, "date", pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True))
    frame = frame.reset_index(drop=True)
    provider = Provider(frame)
    with tempfile.TemporaryDirectory() as folder:
        stored = frame.iloc[:-500]
        for pair in range(pairs):
            stored.to_feather(Path(folder) / f"P{pair}_USDT-5m.feather", compression="lz4")
        from freqtrade.data.history import load_pair_history

        load_pair_history("P0/USDT", "5m", Path(folder), data_format="feather")  # a bot has read candles before
        before = resident()
        from remora.freqtrade.inside import Inside
        from remora.freqtrade.settings import GuardSettings

        config = {
            "datadir": Path(folder), "user_data_dir": Path(folder), "dataformat_ohlcv": "feather",
            "candle_type_def": CandleType.SPOT
        }
        inside = Inside(config, provider, GuardSettings(), provider.clock)
        for number in range(pairs):
            inside.track(f"P{number}/USDT")
        warm = resident()
        for _ in range(2):
            provider.now += 1
            safe = sum(inside.is_safe(f"P{number}/USDT") for number in range(pairs))
        print(f"{pairs} pairs, {days} days: {before:.0f} MB before, {warm - before:.0f} MB more when warm, "
              f"{resident() - before:.0f} MB more after two candles; {safe} are safe")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50, int(sys.argv[3]) if len(sys.argv) > 3 else 230)
