"""stress-days.py CANDLES_FOLDER > ../src/Remora/Portfolios/stress-days.csv

The moves of coins on the named days of the stress test, from candles of Binance spot (BTCUSDT-1h.csv.gz and so on;
5m where there is no 1h). change: the return over the day (UTC), from the last close before it. at_low: the return
until the close of the hour of the day at which BTC closed lowest. A coin without candles has no row.
"""

import csv
import datetime
import gzip
import os
import sys

DAYS = ["2020-03-12", "2021-05-19", "2022-06-13", "2022-11-08"]
COINS = ["BTC", "ETH", "SOL"]
HOUR = 3_600_000


def closes(folder, coin):
    """The close of each hour, by its end."""
    found = {}
    for length, name in ((HOUR, "1h"), (HOUR // 12, "5m")):
        path = os.path.join(folder, f"{coin}USDT-{name}.csv.gz")
        if not os.path.exists(path):
            continue
        with gzip.open(path, "rt") as file:
            for row in csv.DictReader(file):
                end = int(row["timestamp"]) + length
                if end % HOUR == 0:
                    found.setdefault(end, float(row["close"]))
    return found


def main():
    prices = {coin: closes(sys.argv[1], coin) for coin in COINS}
    print("day,coin,change,at_low")
    for day in DAYS:
        begin = int(datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp() * 1000)
        hours = [begin + HOUR * i for i in range(25)]
        low = min((hour for hour in hours[1:] if hour in prices["BTC"]), key=lambda hour: prices["BTC"][hour])
        for coin in COINS:
            known = prices[coin]
            if all(hour in known for hour in (begin, low, hours[-1])):
                base = known[begin]
                print(f"{day},{coin},{known[hours[-1]] / base - 1:.6f},{known[low] / base - 1:.6f}")


main()
