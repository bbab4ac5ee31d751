"""The guard in the real Freqtrade: hyperopt and backtest as processes, with a sandbox as exchange.

Runs where Freqtrade is installed; ../test.sh installs it into a virtual environment.
"""

import contextlib
import importlib.util
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

if importlib.util.find_spec("freqtrade") is None:
    raise unittest.SkipTest("Freqtrade is not installed")

import pandas as pd

from remora.freqtrade import RiskHistory
from tests import native, service, tape

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


class WithoutFile(RemoraGuard, Rising):
    remora = {"tag_entries": True, "timeframe": "5m"}


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


def comparable(trades):
    """Returns trades without what differs from run to run."""
    return [{name: value for name, value in trade.items() if name != "orders"} for trade in trades]


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

    def environment(self):
        return {
            **os.environ, "PYTHONPATH": str(service.REPOSITORY / "clients/python/src"),
            "REMORA_ENGINE_LIBRARY": native.require()
        }

    def freqtrade(self, command, *arguments, timerange=TIMERANGE):
        words = [
            sys.executable, "-m", "freqtrade", command, "--userdir", str(self.folder), "-c",
            str(self.folder / "config.json"), "--timerange", timerange, *arguments
        ]
        run = subprocess.run(
            words, capture_output=True, text=True, timeout=300, cwd=self.folder, env=self.environment()
        )
        self.assertEqual(run.returncode, 0, (run.stdout + run.stderr)[-5000:])
        return run.stdout + run.stderr

    def test_hyperopt_gives_the_same_with_and_without_a_history_file(self):
        found = []
        for strategy in ("Guarded", "WithoutFile"):
            self.freqtrade(
                "hyperopt", "--strategy", strategy, "--hyperopt-loss", "SharpeHyperOptLossDaily", "--spaces", "buy",
                "--epochs", "2", "-j", "2", "--random-state", "7", "--disable-param-export"
            )
            (results,) = (self.folder / "hyperopt_results").glob(f"*{strategy}*.fthypt")
            epochs = [json.loads(line) for line in results.read_text().splitlines()]
            found.append(sorted(
                (epoch["params_dict"]["buy_candles"], epoch["results_metrics"]["total_trades"], epoch["loss"])
                for epoch in epochs
            ))
        self.assertEqual(len(found[0]), 2)
        self.assertTrue(all(trades > 0 for _, trades, _ in found[0]))
        self.assertEqual(found[1], found[0])

    def test_a_backtest_enters_and_adds_only_while_the_history_is_safe(self):
        said = self.freqtrade(
            "backtesting", "--strategy-list", "Guarded", "WithoutFile", "Ungated", "Adding", "AddingUngated", "--cache",
            "none",
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
        self.assertIn("The past of BTC/USDT is too short for Remora", said)
        trades = {name: comparable(strategies[name]["trades"]) for name in strategies}
        self.assertEqual(trades["WithoutFile"], trades["Guarded"])
        self.assertNotEqual(trades["WithoutFile"], trades["Ungated"])
        for name in ("Guarded", "Adding"):
            self.assertGreater(len(safe[name]), 0)
            self.assertTrue(safe[name].all())
        for name in ("Ungated", "AddingUngated"):
            self.assertFalse(safe[name].all())
        self.assertTrue(0 < additions["Adding"] < additions["AddingUngated"], additions)
        self.assertEqual(additions["Guarded"], 0)
        self.assertTrue(all(trade["enter_tag"].startswith("remora_") for trade in strategies["Guarded"]["trades"]))

    def test_freqai_trains_with_forecasts_as_features(self):
        for module in ("lightgbm", "datasieve", "xgboost"):
            if importlib.util.find_spec(module) is None:
                self.skipTest(f"FreqAI's {module} is not installed")
        examples = service.REPOSITORY / "examples/freqtrade"
        strategy = (examples / "FreqaiForecast.py").read_text()
        (self.folder / "strategies/FreqaiForecast.py").write_text(strategy)
        self.freqtrade(
            "backtesting", "--strategy", "FreqaiForecast", "--freqaimodel", "LightGBMRegressor", "-c",
            str(examples / "config-freqai.json"), "--cache", "none", "--export", "none", timerange="20240216-20240221"
        )
        features = [
            json.loads(path.read_text())["training_features_list"]
            for path in (self.folder / "models/remora").rglob("*_metadata.json")
        ]
        self.assertGreater(len(features), 0)
        for names in features:
            self.assertTrue(any("remora_forecast_volatility_4h" in name for name in names), names)


class DryRun(unittest.TestCase):
    """The bot with the engine inside and no service, on the exchange of ../shared/rigs."""

    STRATEGY = """
from freqtrade.strategy import IStrategy
from remora.freqtrade import RemoraGuard


class Tick(RemoraGuard, IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1m"
    minimal_roi = {"0": 0.5}
    stoploss = -0.5
    startup_candle_count = 20

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""

    def setUp(self):
        self.exchange = service.SHARED / "rigs/freqtrade/exchange.py"
        if not self.exchange.is_file():
            self.skipTest(f"there is no {self.exchange}")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "strategies").mkdir()
        (self.folder / "strategies/tick.py").write_text(self.STRATEGY)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start([sys.executable, str(self.exchange), str(self.port)], "exchange")
        self.wait_for(self.exchange_answers)

    def test_it_enters_saves_its_state_and_a_policy_blocks(self):
        bot = self.trade()
        self.wait_for(lambda: self.entries() > 0, bot)
        self.stop(bot)
        (state,) = (self.folder / "remora/state").glob("*-base.bin")
        self.assertGreater(state.stat().st_size, 48 * 500)
        asked = self.asked("interval=1d")
        self.assertEqual(asked, 1)

        policy = self.folder / "own.json"
        policy.write_text(json.dumps({"name": "own", "decision": {"block_without": ["fear_greed"]}}))
        entries = self.entries()
        bot = self.trade(policy=str(policy))
        self.wait_for(lambda: "Remora blocks a long entry of ETH/USDT: no_fear_greed" in self.log("bot"), bot)
        self.stop(bot)
        self.assertEqual(self.entries(), entries)

    def trade(self, **remora):
        config = configuration("")
        local = f"http://127.0.0.1:{self.port}"
        paths = {
            "public": "api/v3", "private": "api/v3", "sapi": "sapi/v1", "fapiPublic": "fapi/v1",
            "dapiPublic": "dapi/v1"
        }
        config["exchange"].update(
            pair_whitelist=["BTC/USDT" if not remora else "ETH/USDT"], only_from_ccxt=True,
            ccxt_config={"urls": {"api": {name: f"{local}/{path}" for name, path in paths.items()}}}
        )
        config.update(
            initial_state="running", timeframe="1m", db_url=f"sqlite:///{self.folder}/trades.sqlite",
            internals={"process_throttle_secs": 1},
            remora={"engine": "inside", "on_error": "block", **remora}, dry_run_wallet=5000, max_open_trades=3,
        )
        (self.folder / "config.json").write_text(json.dumps(config))
        words = [
            sys.executable, "-m", "freqtrade", "trade", "--userdir", str(self.folder), "-c",
            str(self.folder / "config.json"), "--strategy", "Tick"
        ]
        return self.start(words, "bot", REMORA_URL="http://127.0.0.1:9", REMORA_ENGINE_LIBRARY=native.require())

    def start(self, words, name, **environment):
        path = str(service.REPOSITORY / "clients/python/src")
        with open(self.folder / f"{name}.log", "a") as output:
            process = subprocess.Popen(
                words, stdout=output, stderr=output, cwd=self.folder,
                env={**os.environ, "PYTHONPATH": path, **environment}
            )
        self.addCleanup(self.stop, process)
        return process

    def stop(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGINT if process.args[1] == "-m" else signal.SIGKILL)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait_for(self, is_done, process=None):
        until = time.monotonic() + 240
        while not is_done():
            alive = process is None or process.poll() is None
            self.assertTrue(alive and time.monotonic() < until, self.log("bot")[-5000:])
            time.sleep(0.5)

    def log(self, name):
        path = self.folder / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def asked(self, text):
        return sum(text in line for line in self.log("exchange").splitlines())

    def exchange_answers(self):
        try:
            return "serverTime" in service.read_json(f"http://127.0.0.1:{self.port}/api/v3/time")
        except OSError:
            return False

    def entries(self):
        file = self.folder / "trades.sqlite"
        if not file.exists():
            return 0
        try:
            with contextlib.closing(sqlite3.connect(file)) as trades:
                return trades.execute("select count(*) from trades").fetchone()[0]
        except sqlite3.OperationalError:  # before the tables are made
            return 0
