"""Converts Freqtrade's candles to CSV. `remora` reads Feather and Parquet directly, but not JSON.

    python3 candles_to_csv.py user_data/data/binance/BTC_USDT-5m.json btc-5m.csv
"""

import sys

import pandas as pd


def read(source):
    if source.endswith(".feather"):
        return pd.read_feather(source)
    if source.endswith(".parquet"):
        return pd.read_parquet(source)
    if source.endswith((".json", ".json.gz")):
        frame = pd.read_json(source, orient="values", convert_dates=False)
        frame.columns = ["date", "open", "high", "low", "close", "volume"]
        return frame.assign(date=pd.to_datetime(frame["date"], unit="ms", utc=True))
    raise SystemExit(f"{source}: expected .feather, .parquet, .json or .json.gz")


def main(source, target):
    frame = read(source)
    dates = pd.DatetimeIndex(frame["date"])
    epoch = pd.Timestamp("1970-01-01", tz="UTC")
    frame = frame.assign(timestamp=(dates - epoch) // pd.Timedelta("1ms"))
    frame[["timestamp", "open", "high", "low", "close", "volume"]].to_csv(target, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:3])
