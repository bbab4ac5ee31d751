"""A bot loop in the style of ccxt. The watcher polls Remora in the background.

    python3 loop.py BTC/USDT ETH/USDT --rounds 3

With ccxt, use `exchange = ccxt.binance()` instead of the simulated exchange; nothing else changes.
"""

import argparse
import time

from remora import RemoraClient, Watcher


class StandInExchange:
    """Simulates a ccxt exchange: the same call and rows, with rising prices."""

    def fetch_ohlcv(self, pair, timeframe="5m", limit=20):
        return [[1735689600000 + 300000 * i, 100.0 + i, 101.5 + i, 99.5 + i, 101.0 + i, 1.0] for i in range(limit)]


def signal(exchange, pair):
    """Your own rules; here, the last close is above the mean of twenty."""
    closes = [row[4] for row in exchange.fetch_ohlcv(pair, "5m", limit=20)]
    return closes[-1] > sum(closes) / len(closes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    exchange = StandInExchange()
    with Watcher(RemoraClient(on_error="allow"), options.pairs, interval=options.seconds) as watcher:
        watcher.wait(2)
        for _ in range(options.rounds):
            for pair in options.pairs:
                if not signal(exchange, pair):
                    continue
                reading = watcher.read(pair)
                scale = reading.assessment.position_scale if reading.assessment else None
                if reading.safe_to_trade:
                    share = 1.0 if scale is None else scale
                    note = "" if reading.answered else f" (no answer: {reading.why})"
                    print(f"{pair}: enter with {share:.2f} of the stake{note}")
                else:
                    print(f"{pair}: wait, {reading.why}")
            time.sleep(options.seconds)


if __name__ == "__main__":
    main()
