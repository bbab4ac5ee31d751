"""The guard in the real Freqtrade: hyperopt and backtest as processes, with a sandbox as exchange.

Runs where Freqtrade is installed; ../test.sh installs it into a virtual environment.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

if importlib.util.find_spec("freqtrade") is None:
    raise unittest.SkipTest("Freqtrade is not installed")

import pandas as pd

from remora.freqtrade import RiskHistory
from tests import service, tape

DAYS = 60
TIMERANGE = "20240210-20240227"  # candles of the tape, including its volatile days
STRATEGIES = """
from freqtrade.strategy import IntParameter, IStrategy
from remora.freqtrade import RemoraGuard


class Rising(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    minimal_roi = {"0": 0.005}
    stoploss = -0.02
    startup_candle_count = 50
    buy_candles = IntParameter(5, 20, default=12, space="buy")

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["close"].shift(self.buy_candles.value), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["close"].shift(self.buy_candles.value), "exit_long"] = 1
        return dataframe


class Guarded(RemoraGuard, Rising):
    remora = {"history": "HISTORY", "tag_entries": True}


class Adding(Guarded):
    position_adjustment_enable = True
    minimal_roi = {"0": 0.05}

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def adjust_trade_position(
        self, trade, current_time, current_rate, current_profit, min_stake, max_stake, current_entry_rate,
        current_exit_rate, current_entry_profit, current_exit_profit, **kwargs
    ):
        return 10 if current_time.minute == 0 else None


class Ungated(RemoraGuard, Rising):
    remora = {"ungated_backtest": True}


class AddingUngated(Adding):
    remora = {"ungated_backtest": True}
"""


def configuration(sandbox):
    hosts = {"public": "api", "private": "api", "sapi": "api", "fapiPublic": "fapi", "dapiPublic": "dapi"}
    paths = {
        "public": "api/v3", "private": "api/v3", "sapi": "sapi/v1", "fapiPublic": "fapi/v1", "dapiPublic": "dapi/v1"
    }
    urls = {name: f"{sandbox}/{host}.binance.com/{paths[name]}" for name, host in hosts.items()}
    return {
        "max_open_trades": 1, "stake_currency": "USDT", "stake_amount": 100, "dry_run": True, "dry_run_wallet": 1000,
        "fee": 0.001,
        "timeframe": "5m", "trading_mode": "spot", "margin_mode": "", "dataformat_ohlcv": "feather",
        "entry_pricing": {"price_side": "same", "use_order_book": True},
        "exit_pricing": {"price_side": "same", "use_order_book": True},
        "exchange": {
            "name": "binance", "key": "", "secret": "", "pair_whitelist": ["BTC/USDT"], "enable_ws": False,
            "ccxt_config": {"urls": {"api": urls}}
        },
        "pairlists": [{"method": "StaticPairList"}],
    }


class RealFreqtrade(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "strategies").mkdir()
        (cls.folder / "data/binance").mkdir(parents=True)
        candles = tape.write(cls.folder / "candles.csv", DAYS)
        frame = pd.read_csv(candles)
        frame.insert(0, "date", pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True))
        frame.to_feather(cls.folder / "data/binance/BTC_USDT-5m.feather", compression="lz4")
        cls.history = str(cls.folder / "history.csv")
        replayed = service.remora("replay", str(candles), "--pair", "BTC/USDT", "--to", cls.history)
        if replayed.returncode != 0:
            raise AssertionError(replayed.stderr)
        (cls.folder / "strategies/rising.py").write_text(STRATEGIES.replace("HISTORY", cls.history))
        sandbox = service.Sandbox().start()
        cls.addClassCleanup(sandbox.stop)
        (cls.folder / "config.json").write_text(json.dumps(configuration(sandbox.url)))

    def freqtrade(self, command, *arguments):
        words = [
            sys.executable, "-m", "freqtrade", command, "--userdir", str(self.folder), "-c",
            str(self.folder / "config.json"), "--timerange", TIMERANGE, *arguments
        ]
        environment = {**os.environ, "PYTHONPATH": str(service.REPOSITORY / "clients/python/src")}
        run = subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=self.folder, env=environment)
        self.assertEqual(run.returncode, 0, (run.stdout + run.stderr)[-5000:])

    def test_hyperopt(self):
        self.freqtrade(
            "hyperopt", "--strategy", "Guarded", "--hyperopt-loss", "SharpeHyperOptLossDaily", "--spaces", "buy",
            "--epochs", "2", "-j", "2"
        )
        (results,) = (self.folder / "hyperopt_results").glob("*.fthypt")
        epochs = [json.loads(line) for line in results.read_text().splitlines()]
        self.assertEqual(len(epochs), 2)
        self.assertTrue(all(epoch["results_metrics"]["total_trades"] > 0 for epoch in epochs))

    def test_a_backtest_enters_and_adds_only_while_the_history_is_safe(self):
        self.freqtrade(
            "backtesting", "--strategy-list", "Guarded", "Ungated", "Adding", "AddingUngated", "--cache", "none",
            "--export", "trades"
        )
        (results,) = (self.folder / "backtest_results").glob("*.zip")
        with zipfile.ZipFile(results) as files:
            strategies = json.loads(files.read(results.stem + ".json"))["strategy"]
        past = RiskHistory.read(self.history)
        safe, additions = {}, {}
        for name, result in strategies.items():
            entries = [
                [order["order_filled_timestamp"] for order in trade["orders"] if order["ft_is_entry"]]
                for trade in result["trades"]
            ]
            additions[name] = sum(len(times) - 1 for times in entries)
            at = pd.to_datetime([time for times in entries for time in times], unit="ms", utc=True)
            safe[name] = past.safe(past.known_at(at), unknown=True)  # an entry is filled at the close of its signal
        for name in ("Guarded", "Adding"):
            self.assertGreater(len(safe[name]), 0)
            self.assertTrue(safe[name].all())
        for name in ("Ungated", "AddingUngated"):
            self.assertFalse(safe[name].all())
        self.assertTrue(0 < additions["Adding"] < additions["AddingUngated"], additions)
        self.assertEqual(additions["Guarded"], 0)
        self.assertTrue(all(trade["enter_tag"].startswith("remora_") for trade in strategies["Guarded"]["trades"]))
