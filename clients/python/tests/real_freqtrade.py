"""The guard in the real Freqtrade without a bot: hyperopt, backtests and Freqtrade's own analyses.

Runs where Freqtrade is installed; ../test.sh installs it into a virtual environment.
"""

import ast
import csv
import importlib.util
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

from tests import freqtrade_rig, service, tape  # the first skips this module without Freqtrade

import pandas as pd

import remora
from remora.freqtrade import RiskHistory

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


class Forecasting(WithoutFile):
    def populate_indicators(self, dataframe, metadata):
        return self.remora_forecasts(dataframe, metadata)
"""


def comparable(trades):
    """Returns trades without what differs from run to run."""
    return [{name: value for name, value in trade.items() if name != "orders"} for trade in trades]


class WithCandles(unittest.TestCase):
    """A folder of Freqtrade with candles, and a sandbox as the exchange."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "strategies").mkdir()
        (cls.folder / "data/binance").mkdir(parents=True)
        cls.frame = cls.candles()
        cls.frame.to_csv(cls.folder / "candles.csv", index=False)
        stored = cls.frame.assign(date=pd.to_datetime(cls.frame["timestamp"], unit="ms", utc=True))
        stored = stored[["date", "open", "high", "low", "close", "volume"]]
        stored.to_feather(cls.folder / "data/binance/BTC_USDT-5m.feather", compression="lz4")
        sandbox = service.Sandbox().start()
        cls.addClassCleanup(sandbox.stop)
        (cls.folder / "config.json").write_text(json.dumps(freqtrade_rig.configuration(sandbox.url)))

    @classmethod
    def freqtrade(cls, command, *arguments, timerange):
        words = [
            sys.executable, "-m", "freqtrade", command, "--userdir", str(cls.folder), "-c",
            str(cls.folder / "config.json"), "--timerange", timerange, *arguments
        ]
        run = subprocess.run(
            words, capture_output=True, text=True, timeout=300, cwd=cls.folder, env=freqtrade_rig.environment()
        )
        if run.returncode != 0:
            raise AssertionError((run.stdout + run.stderr)[-5000:])
        return run.stdout + run.stderr

    @classmethod
    def backtest(cls, *strategies, timerange):
        """Returns what a backtest says, and its results by strategy."""
        said = cls.freqtrade(
            "backtesting", "--strategy-list", *strategies, "--cache", "none", "--export", "trades", timerange=timerange
        )
        (results,) = (cls.folder / "backtest_results").glob("*.zip")
        with zipfile.ZipFile(results) as files:
            return said, json.loads(files.read(results.stem + ".json"))["strategy"]


class RealFreqtrade(WithCandles):
    @staticmethod
    def candles():
        return pd.DataFrame(tape.rows(DAYS), columns=tape.HEADER.split(","))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.history = str(cls.folder / "history.csv")
        replayed = service.remora(
            "replay", str(cls.folder / "candles.csv"), "--pair", "BTC/USDT", "--to", cls.history
        )
        if replayed.returncode != 0:
            raise AssertionError(replayed.stderr)
        (cls.folder / "strategies/rising.py").write_text(STRATEGIES.replace("HISTORY", cls.history))

    def test_hyperopt_gives_the_same_with_and_without_a_history_file(self):
        found = []
        for strategy in ("Guarded", "WithoutFile"):
            self.freqtrade(
                "hyperopt", "--strategy", strategy, "--hyperopt-loss", "SharpeHyperOptLossDaily", "--spaces", "buy",
                "--epochs", "2", "-j", "2", "--random-state", "7", "--disable-param-export", timerange=TIMERANGE
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
        said, strategies = self.backtest(
            "Guarded", "WithoutFile", "Ungated", "Adding", "AddingUngated", timerange=TIMERANGE
        )
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

    def test_freqtrades_own_analyses_find_no_bias(self):
        """Gates and forecasts of each row depend neither on later rows nor on the length of the past."""
        found, days = self.folder / "bias.csv", "20240217-20240220"  # before and in the volatile days
        self.freqtrade(
            "lookahead-analysis", "--strategy", "Forecasting", "--minimum-trade-amount", "4",
            "--targeted-trade-amount", "5", "--lookahead-analysis-exportfilename", str(found), timerange=days
        )
        (row,) = csv.DictReader(found.read_text().splitlines())
        self.assertEqual(
            (row["has_bias"], row["biased_entry_signals"], row["biased_exit_signals"], row["biased_indicators"]),
            ("False", "0", "0", "")
        )
        said = self.freqtrade(
            "recursive-analysis", "--strategy", "Forecasting", "--startup-candle", "50", "400", timerange=days
        )
        self.assertIn("No variance on indicator(s) found due to recursive formula", said)
        self.assertIn("No lookahead bias on indicators found", said)


class RealPortfolio(WithCandles):
    """Three coins in May 2022, entered together: max_portfolio_var by the native engine."""

    PAIRS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    TIMERANGE = "20220505-20220604"
    FILL = pd.Timedelta(hours=1)
    STRATEGIES = """
import logging

from freqtrade.strategy import IStrategy
from remora.freqtrade import RemoraGuard

log = logging.getLogger("freqtrade.test")


class Free(RemoraGuard, IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1h"
    minimal_roi = {"0": 0.05}
    stoploss = -0.1
    position_adjustment_enable = True
    remora = {"ungated_backtest": True}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["close"].shift(36), "exit_long"] = 1
        return dataframe


class Scaled(Free):
    remora = {"policy": "POLICY", "max_portfolio_var": 0.04, "on_error": "block"}

    def bot_loop_start(self, current_time, **kwargs):
        if current_time.hour == 23:
            log.info("counts %r", dict(self.remora_portfolio_counts()))


class Blocked(Scaled):
    remora = {**Scaled.remora, "portfolio_action": "block"}


class Reduced(Scaled):
    remora = {**Scaled.remora, "portfolio_action": "reduce"}
"""

    @staticmethod
    def read(pair):
        path = service.SHARED / f"data/candles/{pair.replace('/', '')}-5m.csv.gz"
        if not path.is_file():
            raise unittest.SkipTest(f"there is no {path}")
        frame = pd.read_csv(path)
        days = [int(pd.Timestamp(day, tz="UTC").timestamp() * 1000) for day in ("2022-03-20", "2022-06-05")]
        return frame[frame["timestamp"].between(*days)].reset_index(drop=True)

    @staticmethod
    def candles():
        return RealPortfolio.read("BTC/USDT")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        config = json.loads((cls.folder / "config.json").read_text())
        config["exchange"]["pair_whitelist"] = list(cls.PAIRS)
        config.update(timeframe="1h", max_open_trades=3, stake_amount=300)
        (cls.folder / "config.json").write_text(json.dumps(config))
        policy = cls.folder / "open.json"
        policy.write_text(json.dumps({"name": "open", "decision": {"blocking_score": 1, "blocking_flags": []}}))
        (cls.folder / "strategies/portfolio.py").write_text(cls.STRATEGIES.replace("POLICY", str(policy)))
        cls.engines, cls.hourly = [], {}
        for pair in cls.PAIRS:
            frame = cls.read(pair)
            stored = frame.assign(date=pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True)).set_index("date")
            how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
            cls.hourly[pair] = stored.resample("1h").agg(how)
            for timeframe, rows in (("5m", stored[list(how)]), ("1h", cls.hourly[pair])):
                file = cls.folder / f"data/binance/{pair.replace('/', '_')}-{timeframe}.feather"
                rows.reset_index().to_feather(file, compression="lz4")
            engine = remora.Engine(pair, "5m", book_hours=10_000)
            cls.addClassCleanup(engine.close)
            engine.assess(stored.reset_index(), columns=["as_of"])
            cls.engines.append(engine)
        cls.said, cls.results = cls.backtest("Free", "Scaled", "Blocked", "Reduced", timerange=cls.TIMERANGE)

    def books(self, name):
        """Returns the value at risk after the entries of each moment, from the exported trades."""
        orders = [
            (pd.Timestamp(order["order_filled_timestamp"], unit="ms", tz="UTC"), order["ft_is_entry"], trade, order)
            for trade in self.results[name]["trades"] for order in trade["orders"]
        ]
        found = []
        for moment in sorted({time for time, is_entry, _, _ in orders if is_entry}):
            weights, wallet = {}, 0.99 * (1000 + sum(
                trade["profit_abs"] for trade in self.results[name]["trades"]
                if pd.Timestamp(trade["close_date"]) <= moment
            ))
            for pair in self.PAIRS:
                price = self.hourly[pair]["close"][moment - self.FILL]
                for trade in self.results[name]["trades"]:
                    if trade["pair"] != pair or pd.Timestamp(trade["close_date"]) <= moment:
                        continue
                    amount = sum(
                        order["amount"] * (1 if is_entry else -1) for time, is_entry, own, order in orders
                        if own is trade and time <= moment
                    )
                    weights[pair] = weights.get(pair, 0) + amount * price
                    wallet += amount * (price - trade["open_rate"])
            weights = {pair: value / wallet for pair, value in weights.items()}
            found.append(remora.book_risk(self.engines, weights, at=moment)["value_at_risk"]["0.95"])
        return found

    def counts(self, name):
        said = self.said.split(f"Running backtesting for Strategy {name}")[1].split("Running backtesting for")[0]
        return ast.literal_eval(re.findall(r"counts (\{.*\})", said)[-1])

    def test_no_entry_raises_the_book_above_the_limit(self):
        free = self.books("Free")
        self.assertGreater(sum(risk is not None and risk > 0.04 for risk in free), len(free) / 4)
        for name in ("Scaled", "Blocked", "Reduced"):
            risks = self.books(name)
            self.assertGreater(len(risks), 10, name)
            # Trades that close at the same moment and rounded rates leave a small difference.
            self.assertTrue(all(risk is not None and risk <= 0.04 * 1.005 for risk in risks), (name, risks))
        self.assertGreater(self.counts("Scaled")["scaled"], 0)
        self.assertGreater(self.counts("Blocked")["blocked"], 0)

    def test_drift_is_counted_and_reduce_trims_it(self):
        scaled, reduced = self.counts("Scaled"), self.counts("Reduced")
        self.assertGreater(scaled["hours_over"], 0)
        self.assertIn("The open trades pass their limit: one day in twenty they lose more than", self.said)
        self.assertGreater(reduced["trimmed"], 0)
        self.assertLess(reduced["hours_over"] / reduced["hours"], scaled["hours_over"] / scaled["hours"])
        tags = [order["ft_order_tag"] for trade in self.results["Reduced"]["trades"] for order in trade["orders"]]
        self.assertIn("remora_portfolio", tags)


class RealCandles(WithCandles):
    """June 2022 of BTC/USDT, whose forecasts are in the tested range."""

    TIMERANGE = "20220601-20220701"
    BASELINES = ("NFIQuickstart", "MACDCross", "RSIEMA", "BollingerBreakout")

    @staticmethod
    def candles():
        path = service.SHARED / "data/candles/BTCUSDT-5m.csv.gz"
        if not path.is_file():
            raise unittest.SkipTest(f"there is no {path}")
        frame = pd.read_csv(path)
        days = [int(pd.Timestamp(day, tz="UTC").timestamp() * 1000) for day in ("2022-04-20", "2022-07-02")]
        return frame[frame["timestamp"].between(*days)].reset_index(drop=True)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        examples = service.REPOSITORY / "examples/freqtrade"
        for source in (
            Path(__file__).parent / "baselines.py", examples / "TargetVolatility.py", examples / "ForecastStop.py"
        ):
            shutil.copy(source, cls.folder / "strategies")
        _, cls.results = cls.backtest(*cls.BASELINES, "TargetVolatility", "ForecastStop", timerange=cls.TIMERANGE)
        cls.forecasts = remora.forecast(cls.frame, pair="BTC/USDT", timeframe="5m")

    def known_at(self, column, moment):
        """Returns a value of the last row that was known, by a backward search of pandas."""
        known = pd.to_datetime(self.forecasts["as_of"], utc=True).searchsorted(moment, side="right") - 1
        return float(self.forecasts[column].iloc[known])

    def test_every_trade_of_the_four_strategies_equals_ours(self):
        compared = 0
        for name in self.BASELINES:
            ours = self.folder / f"{name}.csv"
            run = service.remora(
                "backtest", "--strategy", name, "--candles", str(self.folder / "candles.csv"), "--from", "2022-06-01",
                "--until", "2022-07-01", "--trades", str(ours)
            )
            self.assertEqual(run.returncode, 0, run.stderr)
            ours = list(csv.DictReader(ours.read_text().splitlines()))
            theirs = self.results[name]["trades"]
            self.assertEqual(len(ours), len(theirs), name)
            compared += len(theirs)
            for own, trade in zip(ours, theirs):
                with self.subTest(strategy=name, opened=own["open_time"]):
                    for time, stamp in (("open_time", "open_timestamp"), ("close_time", "close_timestamp")):
                        self.assertEqual(pd.Timestamp(own[time]).timestamp() * 1000, trade[stamp])
                    self.assertEqual(own["exit_reason"], trade["exit_reason"])
                    for number in ("open_rate", "close_rate", "amount"):
                        self.assertEqual(float(own[number]), trade[number])
                    self.assertAlmostEqual(float(own["profit_ratio"]), trade["profit_ratio"], delta=1e-8)
                    self.assertAlmostEqual(float(own["profit"]), trade["profit_abs"], delta=1e-8)
        self.assertEqual(compared, 426)  # as many as in ../shared/data/freqtrade, from another machine

    def test_a_stake_by_the_target_volatility(self):
        trades = self.results["TargetVolatility"]["trades"]
        self.assertGreater(len(trades), 20)
        wallet, stakes = 1000.0, set()
        for trade in trades:
            volatility = self.known_at("forecast_volatility_24h", pd.Timestamp(trade["open_date"]))
            expected = min(0.005 * 0.99 * wallet / volatility, 0.99 * wallet)  # Freqtrade keeps 1 %
            # The amount is rounded down to the exchange's step of 0.00001 BTC.
            self.assertAlmostEqual(trade["stake_amount"], expected, delta=trade["open_rate"] * 1.1e-5)
            wallet += trade["profit_abs"]
            stakes.add(round(trade["stake_amount"]))
        self.assertGreater(max(stakes), 1.5 * min(stakes))

    def test_a_stop_at_the_chosen_chance(self):
        trades = self.results["ForecastStop"]["trades"]
        self.assertGreater(len(trades), 20)
        by_forecast = 0
        for trade in trades:
            distance = self.known_at("forecast_stop_distances_0.1_24h", pd.Timestamp(trade["open_date"]))
            distance = 0.1 if math.isnan(distance) else distance
            by_forecast += distance != 0.1
            expected = trade["open_rate"] * (1 - distance)
            self.assertAlmostEqual(trade["stop_loss_abs"], expected, delta=0.02)  # two ticks
        self.assertGreater(by_forecast, len(trades) / 2)
