#!/usr/bin/env python3
"""Measures max_portfolio_var in the real Freqtrade: the table of docs/freqtrade.md.

    REMORA_ENGINE_LIBRARY=artifacts/library/linux-x64/libremora.so \\
      artifacts/freqtrade-venv/bin/python studies/portfolio-limit.py ../shared/data/candles

Backtests of one strategy on BTC, ETH and SOL without the limit and with each portfolio_action. Each
is compared with constant stakes of the run without the limit: of the same mean exposure, and of the
same expected shortfall. Needs no network: the exchange is a sandbox. Takes some minutes.
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "clients/python"), str(ROOT / "clients/python/src")]

from tests import freqtrade_rig, service  # noqa: E402

PAIRS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
RANGE = ("2022-01-01", "2023-01-01")
PAST = "2021-10-01"
WALLET, LIMIT = 10_000, 0.04
STRATEGIES = '''
from freqtrade.strategy import IStrategy
from remora.freqtrade import RemoraGuard


class Free(RemoraGuard, IStrategy):
    """Long above the mean of 48 hours."""

    INTERFACE_VERSION = 3
    timeframe = "1h"
    minimal_roi = {"0": 10.0}
    stoploss = -0.99
    startup_candle_count = 48
    position_adjustment_enable = True
    remora = {"ungated_backtest": True}

    def populate_indicators(self, dataframe, metadata):
        dataframe["mean"] = dataframe["close"].rolling(48).mean()
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["mean"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < 0.99 * dataframe["mean"], "exit_long"] = 1
        return dataframe


class Scale(Free):
    remora = {"policy": "POLICY", "max_portfolio_var": LIMIT}


class Block(Free):
    remora = {**Scale.remora, "portfolio_action": "block"}


class Reduce(Free):
    remora = {**Scale.remora, "portfolio_action": "reduce"}
'''


def prepare(folder, candles, exchange):
    (folder / "strategies").mkdir()
    (folder / "data/binance").mkdir(parents=True)
    hourly = {}
    for pair in PAIRS:
        frame = pd.read_csv(candles / f"{pair.replace('/', '')}-5m.csv.gz")
        frame["date"] = pd.to_datetime(frame["timestamp"], unit="ms", utc=True)
        frame = frame[(frame["date"] >= PAST) & (frame["date"] < RANGE[1])].set_index("date")
        how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
        hourly[pair] = frame.resample("1h").agg(how).dropna()
        for timeframe, rows in (("5m", frame[list(how)]), ("1h", hourly[pair])):
            file = folder / f"data/binance/{pair.replace('/', '_')}-{timeframe}.feather"
            rows.reset_index().to_feather(file, compression="lz4")
    policy = folder / "open.json"
    policy.write_text(json.dumps({"name": "open", "decision": {"blocking_score": 1, "blocking_flags": []}}))
    text = STRATEGIES.replace("POLICY", str(policy)).replace("LIMIT", str(LIMIT))
    (folder / "strategies/study.py").write_text(text)
    config = freqtrade_rig.configuration(exchange)
    config["exchange"]["pair_whitelist"] = list(PAIRS)
    config.update(timeframe="1h", max_open_trades=3, stake_amount=3000, dry_run_wallet=WALLET)
    (folder / "config.json").write_text(json.dumps(config))
    return {pair: frame["close"] for pair, frame in hourly.items()}


def backtest(folder):
    words = [
        sys.executable, "-m", "freqtrade", "backtesting", "--userdir", folder, "-c", folder / "config.json",
        "--timerange", "-".join(day.replace("-", "") for day in RANGE), "--strategy-list", "Free", "Scale", "Block",
        "Reduce", "--cache", "none", "--export", "trades"
    ]
    run = subprocess.run([str(word) for word in words], cwd=folder, env=freqtrade_rig.environment())
    if run.returncode != 0:
        raise SystemExit(run.returncode)
    (results,) = (folder / "backtest_results").glob("*.zip")
    with zipfile.ZipFile(results) as files:
        return json.loads(files.read(results.stem + ".json"))["strategy"]


def hours(trades, prices):
    """Returns exposure and wealth at each hour, as parts of the first wallet: fees included."""
    index = prices[PAIRS[0]].loc[RANGE[0]:RANGE[1]].index
    held = {pair: pd.Series(0.0, index) for pair in PAIRS}
    cash = pd.Series(0.0, index)
    for trade in trades:
        for order in trade["orders"]:
            time = pd.Timestamp(order["order_filled_timestamp"], unit="ms", tz="UTC")
            sign = 1 if order["ft_is_entry"] else -1
            cost = order["amount"] * order["safe_price"]
            held[trade["pair"]][index >= time] += sign * order["amount"]
            cash[index >= time] -= sign * cost + trade["fee_open"] * cost
    # A price of the table is that of the close of an hour.
    value = sum(amount * prices[pair].shift(1).reindex(index) for pair, amount in held.items())
    return value / WALLET, (cash + value) / WALLET


def shortfall(days):
    worst = np.sort(days)[: max(1, round(len(days) / 20))]
    return -worst.mean()


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as name:
        folder, exchange = Path(name), service.Sandbox().start()
        try:
            prices = prepare(folder, Path(sys.argv[1]), exchange.url)
            results = backtest(folder)
        finally:
            exchange.stop()
    print("| run | trades | mean exposure | shortfall of days | mean of days | constant stake of the same exposure: "
          "its shortfall | constant stake of the same shortfall | its mean |")
    print("|---|---|---|---|---|---|---|---|")
    free = None
    for name in ("Free", "Scale", "Block", "Reduce"):
        trades = results[name]["trades"]
        exposure, wealth = hours(trades, prices)
        days = wealth.resample("1D").last().diff().dropna().to_numpy()
        free = (exposure.mean(), days) if free is None else free
        same, equal = exposure.mean() / free[0], shortfall(days) / shortfall(free[1])
        row = (
            "no limit" if name == "Free" else f"`{name.lower()}`", len(trades), f"{exposure.mean():.2f}",
            f"{100 * shortfall(days):.2f}", f"{100 * days.mean():.3f}",
            f"{same:.2f}: {100 * same * shortfall(free[1]):.2f}", f"{equal:.2f}", f"{100 * equal * free[1].mean():.3f}"
        )
        print("|", " | ".join(str(cell) for cell in row), "|")


if __name__ == "__main__":
    main()
