"""The guard under the real Freqtrade: its hyperopt and its backtest in processes of their own, with a sandbox as the exchange.

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
TIMERANGE = "20240210-20240227"  # candles of the tape, and its storm
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


class Ungated(RemoraGuard, Rising):
    remora = {"ungated_backtest": True}
"""


def configuration(sandbox):
    hosts = {"public": "api", "private": "api", "sapi": "api", "fapiPublic": "fapi", "dapiPublic": "dapi"}
    paths = {"public": "api/v3", "private": "api/v3", "sapi": "sapi/v1", "fapiPublic": "fapi/v1", "dapiPublic": "dapi/v1"}
    urls = {name: f"{sandbox}/{host}.binance.com/{paths[name]}" for name, host in hosts.items()}
    return {
        "max_open_trades": 1, "stake_currency": "USDT", "stake_amount": 100, "dry_run": True, "dry_run_wallet": 1000, "fee": 0.001,
        "timeframe": "5m", "trading_mode": "spot", "margin_mode": "", "dataformat_ohlcv": "feather",
        "entry_pricing": {"price_side": "same", "use_order_book": True}, "exit_pricing": {"price_side": "same", "use_order_book": True},
        "exchange": {"name": "binance", "key": "", "secret": "", "pair_whitelist": ["BTC/USDT"], "enable_ws": False, "ccxt_config": {"urls": {"api": urls}}},
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
        words = [sys.executable, "-m", "freqtrade", command, "--userdir", str(self.folder), "-c", str(self.folder / "config.json"), "--timerange", TIMERANGE, *arguments]
        environment = {**os.environ, "PYTHONPATH": str(service.REPOSITORY / "clients/python/src")}
        run = subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=self.folder, env=environment)
        self.assertEqual(run.returncode, 0, (run.stdout + run.stderr)[-5000:])

    def test_hyperopt(self):
        self.freqtrade("hyperopt", "--strategy", "Guarded", "--hyperopt-loss", "SharpeHyperOptLossDaily", "--spaces", "buy", "--epochs", "2", "-j", "2")
        (results,) = (self.folder / "hyperopt_results").glob("*.fthypt")
        epochs = [json.loads(line) for line in results.read_text().splitlines()]
        self.assertEqual(len(epochs), 2)
        self.assertTrue(all(epoch["results_metrics"]["total_trades"] > 0 for epoch in epochs))

    def test_a_backtest_enters_only_where_the_history_says_safe(self):
        self.freqtrade("backtesting", "--strategy-list", "Guarded", "Ungated", "--cache", "none", "--export", "trades")
        (results,) = (self.folder / "backtest_results").glob("*.zip")
        with zipfile.ZipFile(results) as files:
            (name,) = (name for name in files.namelist() if name == results.stem + ".json")
            strategies = json.loads(files.read(name))["strategy"]
        past = RiskHistory.read(self.history)
        safe = {}
        for name, result in strategies.items():
            opened = pd.to_datetime([trade["open_timestamp"] for trade in result["trades"]], unit="ms", utc=True)
            safe[name] = past.safe(past.known_at(opened), unknown=True)  # a trade opens where its signal's candle closes
        self.assertTrue(safe["Guarded"].all())
        self.assertGreater(len(safe["Guarded"]), 0)
        self.assertFalse(safe["Ungated"].all())
        self.assertTrue(all(trade["enter_tag"].startswith("remora_") for trade in strategies["Guarded"]["trades"]))
