"""Candles made up: waves of three lengths, with a storm near the end so that something is blocked."""

import math

START = 1_704_067_200_000  # 2024-01-01
STEP = 300_000
HEADER = "timestamp,open,high,low,close,volume"


def rows(days):
    """(open time in milliseconds, open, high, low, close, volume) of five minutes each."""
    count, before = days * 288, 100.0
    for i in range(count):
        storm = 100 if 0.8 < i / count < 0.9 else 1
        close = 100 + 8 * math.sin(i / 900) + 2 * math.sin(i / 70) + math.sin(i / 12) + 0.02 * storm * math.sin(i * 1.7)
        yield START + i * STEP, before, max(before, close) + 0.01, min(before, close) - 0.01, close, 1.0
        before = close


def write(path, days):
    """A candle file as CSV."""
    path.write_text("\n".join([HEADER, *(",".join(map(str, row)) for row in rows(days)), ""]))
    return path
