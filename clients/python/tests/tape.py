"""Generated candles: waves of three lengths, with volatile days near the end that are blocked."""

import math

START = 1_704_067_200_000  # 2024-01-01
STEP = 300_000
HEADER = "timestamp,open,high,low,close,volume"


def rows(days):
    """Returns rows of open time (ms), open, high, low, close and volume, every five minutes."""
    count, before = days * 288, 100.0
    for i in range(count):
        storm = 100 if 0.8 < i / count < 0.9 else 1
        close = 100 + 8 * math.sin(i / 900) + 2 * math.sin(i / 70) + math.sin(i / 12) + 0.02 * storm * math.sin(i * 1.7)
        yield START + i * STEP, before, max(before, close) + 0.01, min(before, close) - 0.01, close, 1.0
        before = close


def write(path, days):
    """Writes a candle file as CSV."""
    path.write_text("\n".join([HEADER, *(",".join(map(str, row)) for row in rows(days)), ""]))
    return path
