"""A plain bot loop. The watcher asks in the background; the loop never waits for it.

    python3 loop.py BTC/USDT ETH/USDT --rounds 3

`signal` stands for your own rules, for instance on candles that ccxt fetched: exchange.fetch_ohlcv(pair, "5m").
"""

import argparse
import time

from remora import RemoraClient, Watcher


def signal(pair):
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with Watcher(RemoraClient(on_error="allow"), options.pairs, interval=options.seconds) as watcher:
        watcher.wait(2)
        for _ in range(options.rounds):
            for pair in options.pairs:
                if not signal(pair):
                    continue
                reading = watcher.read(pair)
                scale = reading.assessment.position_scale if reading.assessment else None
                if reading.safe_to_trade:
                    print(f"{pair}: enter with {1.0 if scale is None else scale:.2f} of the stake{'' if reading.answered else ' (no answer: ' + reading.why + ')'}")
                else:
                    print(f"{pair}: wait, {reading.why}")
            time.sleep(options.seconds)


if __name__ == "__main__":
    main()
