import contextlib
import gc
import logging
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

try:
    import numpy as np
    import pandas as pd
except ImportError as missing:
    raise unittest.SkipTest(f"{missing}: on Debian, apt-get install python3-pandas") from None

from tests import service
from tests.faulty import UNSAFE, FaultyServer
from tests.standin import IStrategy, RunMode, adjust, enter, make, signals

from remora.freqtrade import RemoraGuard, RemoraHistoryError  # needs what tests.standin provides


@contextlib.contextmanager
def no_network():
    """Fails on any attempt to open a connection."""
    refused = AssertionError("network")
    with mock.patch.object(socket, "socket", side_effect=refused):
        with mock.patch.object(socket, "getaddrinfo", side_effect=refused):
            yield


class Plain(IStrategy):
    """The required parts of a strategy."""

    timeframe = "5m"

    def populate_indicators(self, dataframe, metadata):
        return dataframe


class Always(RemoraGuard, Plain):
    """Enters on every candle."""

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe


class Both(RemoraGuard, Plain):
    can_short = True

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        dataframe["enter_short"] = 1
        dataframe["enter_tag"] = "mine"
        return dataframe


class Averaging(Both):
    """Adds to every trade: returns `wants`."""

    wants = 100.0

    def adjust_trade_position(self, trade, current_time, current_rate, current_profit, min_stake, max_stake, **kwargs):
        return self.wants


def candles(rows, start="2024-01-01", freq="5min"):
    return pd.DataFrame({"date": pd.date_range(start, periods=rows, freq=freq, tz="UTC"), "close": 1.0})


def history(rows, start="2024-01-01", unsafe=(), every="5min"):
    date = pd.date_range(start, periods=rows, freq=every, tz="UTC")
    safe = ~np.isin(np.arange(rows), list(unsafe))
    return pd.DataFrame({
        "date": date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "as_of": (date + pd.Timedelta(every)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "safe_to_trade": np.where(safe, "true", "false"),
        "risk_score": np.where(safe, 0.2, 0.9), "risk_class": np.where(safe, "low", "extreme"),
        "position_scale": np.where(safe, 0.5, 0.0),
    })


def last_known(dataframe, past, length):
    """Returns the last row known at each close, by a backward join of pandas."""
    left = pd.DataFrame({"at": dataframe["date"] + pd.Timedelta(length)})
    right = past.assign(
        at=pd.to_datetime(past["as_of"], utc=True), safe=past["safe_to_trade"].astype(str).str.lower() == "true"
    )
    return pd.merge_asof(left, right[["at", "safe"]], on="at", direction="backward")["safe"]


class WithFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, frame, name="history.csv"):
        frame.to_csv(self.folder / name, index=False)
        return str(self.folder / name)

    def backtest(self, strategy, past, mode=RunMode.BACKTEST, **remora):
        return make(strategy, mode, history=self.write(past), **remora)


class InABacktest(WithFiles):
    def test_an_entry_is_gated_by_the_row_known_at_its_close(self):
        frame = signals(self.backtest(Always, history(10, unsafe=[4, 5])), candles(10))
        self.assertEqual(list(frame["enter_long"]), [1, 1, 1, 1, 0, 0, 1, 1, 1, 1])
        self.assertEqual(list(frame["remora_safe"]), [True] * 4 + [False] * 2 + [True] * 4)

    def test_a_row_known_a_second_after_the_close_does_not_count(self):
        past = history(2, unsafe=[1])
        past["as_of"] = ["2024-01-01T00:05:00Z", "2024-01-01T00:10:01Z"]
        frame = signals(self.backtest(Always, past), candles(3))
        self.assertEqual(list(frame["enter_long"]), [1, 1, 0])

    def test_other_timeframes_use_the_last_row_before_their_close(self):
        past = history(36, unsafe=[11, 30])  # of five minutes; row 11 is the last of the first hour
        self.assertEqual(list(signals(self.hourly(past), candles(3, freq="1h"))["enter_long"]), [0, 1, 1])

    def hourly(self, past):
        bot = self.backtest(Always, past)
        bot.timeframe = "1h"
        return bot

    def test_before_the_first_row_and_after_the_last(self):
        for on_error, before in (("allow", 1), ("block", 0), ("last", 1)):
            bot = self.backtest(Always, history(2, start="2024-01-01 00:10", unsafe=[1]), on_error=on_error)
            self.assertEqual(list(signals(bot, candles(6))["enter_long"]), [before, before, 1, 0, 0, 0])

    def test_a_row_without_market_data_follows_on_error_unless_it_blocks(self):
        past = history(4, unsafe=[3]).assign(state=["ok", "unknown", "stale", "unknown"])
        for on_error, entries in (("allow", [1, 1, 1, 0]), ("block", [1, 0, 1, 0])):
            self.assertEqual(
                list(signals(self.backtest(Always, past, on_error=on_error), candles(4))["enter_long"]), entries
            )

    def test_it_equals_a_backward_join_of_pandas(self):
        random = np.random.default_rng(5)
        past = history(400, unsafe=random.choice(400, 150, replace=False))
        past = past.drop(index=random.choice(400, 120, replace=False)).sample(frac=1, random_state=5)
        frame = candles(500, start="2023-12-31 20:00")
        expected = last_known(frame, past.sort_values("as_of"), "5min").fillna(True).astype(int)
        self.assertEqual(list(signals(self.backtest(Always, past), frame)["enter_long"]), list(expected))

    def test_truncated_data_changes_no_earlier_row(self):
        random = np.random.default_rng(7)
        past, frame = history(300, unsafe=random.choice(300, 100, replace=False)), candles(300)
        whole = signals(self.backtest(Always, past), frame)
        for cut in (1, 57, 158, 299):
            part = signals(self.backtest(Always, past[:cut]), frame[:cut])
            pd.testing.assert_frame_equal(part, whole[:cut])

    def test_no_network_is_used(self):
        bot = self.backtest(Always, history(10), scale_stake=True)
        with no_network():
            bot.bot_start()
            signals(bot, candles(10))
            self.assertEqual(enter(bot, now=pd.Timestamp("2024-01-01 00:05", tz="UTC")), 50)

    def test_both_sides_each_by_its_own_history(self):
        bot = self.backtest(
            Both, history(4, unsafe=[1]), history_short=self.write(history(4, unsafe=[2]), "short.csv"),
            tag_entries=True
        )
        frame = signals(bot, candles(4))
        self.assertEqual((list(frame["enter_long"]), list(frame["enter_short"])), ([1, 0, 1, 1], [1, 1, 0, 1]))
        self.assertTrue(all(tag.startswith("mine remora_low") for tag in frame["enter_tag"]))

    def test_stakes_are_scaled_by_the_row_known_at_the_entry(self):
        bot = self.backtest(Always, history(4), scale_stake=True)
        self.assertEqual(enter(bot, now=pd.Timestamp("2024-01-01 00:04", tz="UTC")), 100)  # nothing known yet
        self.assertEqual(enter(bot, now=pd.Timestamp("2024-01-01 00:05", tz="UTC")), 50)
        self.assertEqual(enter(bot, now=pd.Timestamp("2024-01-01 00:05", tz="UTC"), min_stake=60.0), 60)
        self.assertEqual(enter(bot, now=pd.Timestamp("2024-01-01 00:05", tz="UTC"), stake=100, min_stake=120.0), 100)

    def test_a_scale_by_the_forecast_is_kept_until_it_differs_by_a_quarter(self):
        scales = [0.8, 0.9, 0.61, 0.6, 0.7, 0.0, 0.7, 0.45, float("nan"), 0.5, 1.0]
        kept = [0.8, 0.8, 0.8, 0.6, 0.6, 0.0, 0.6, 0.45, 1.0, 0.45, 1.0]  # an unknown scale leaves the stake
        past = history(len(scales)).assign(position_scale=scales)
        for model, expected in (("remora-2", kept), ("remora-1", [1.0 if s != s else s for s in scales])):
            for cut in (len(scales), 5):
                bot = self.backtest(Always, past[:cut].assign(model=model), scale_stake=True)
                stakes = [
                    enter(bot, now=pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(5 * (row + 1), "min"))
                    for row in reversed(range(cut))  # in any order: what is kept depends on the file alone
                ]
                wanted = [5 if scale == 0 else round(100 * scale) for scale in expected[:cut]]
                self.assertEqual([round(stake) for stake in reversed(stakes)], wanted)

    def test_additions_to_a_trade_are_gated_and_scaled_point_in_time(self):
        at = lambda text: pd.Timestamp("2024-01-01 " + text, tz="UTC")
        short = self.write(history(4, unsafe=[2]), "short.csv")
        bot = self.backtest(Averaging, history(4, unsafe=[1]), history_short=short)
        long_sides = [
            adjust(bot, now=at(text))[0] for text in ("00:04", "00:05", "00:09:59", "00:10", "00:15", "09:00")
        ]
        self.assertEqual(long_sides, [100, 100, 100, None, 100, 100])
        self.assertEqual(
            [adjust(bot, now=at(text), is_short=True)[0] for text in ("00:05", "00:10", "00:15", "00:20")],
            [100, 100, None, 100]
        )
        scaled = self.backtest(Averaging, history(4), history_short=short, scale_stake=True)
        self.assertEqual(adjust(scaled, now=at("00:05"))[0], 50)
        self.assertEqual(adjust(scaled, now=at("00:05"), min_stake=60.0)[0], 60)
        scaled.wants = (100.0, "dip")
        self.assertEqual(adjust(scaled, now=at("00:05")), (50, "dip"))
        blocking = self.backtest(Averaging, history(4), history_short=short, on_error="block")
        self.assertIsNone(adjust(blocking, now=at("00:04"))[0], "before the first row nothing is known")

    def test_reductions_and_ungated_backtests_are_not_changed(self):
        for wants in (-30.0, (-30.0, "less"), None, 0.0, (None, "")):
            bot = self.backtest(Averaging, history(4, unsafe=[0, 1, 2, 3]), scale_stake=True)
            bot.wants = wants
            self.assertEqual(
                adjust(bot, now=pd.Timestamp("2024-01-01 00:10", tz="UTC")),
                wants if isinstance(wants, tuple) else (wants, "")
            )
        self.assertEqual(adjust(make(Averaging, RunMode.BACKTEST, ungated_backtest=True, scale_stake=True))[0], 100)
        self.assertEqual(adjust(self.backtest(Always, history(3)))[0], None, "a strategy that adds nothing")

    def test_methods_of_a_strategy_need_no_super_and_are_guarded_once(self):
        class Own(Always):
            def populate_entry_trend(self, dataframe, metadata):
                dataframe = super().populate_entry_trend(dataframe, metadata)
                dataframe["enter_long"] = 1
                return dataframe

            def custom_stake_amount(
                self, pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, entry_tag, side,
                **kwargs
            ):
                own = super().custom_stake_amount(
                    pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, entry_tag, side,
                    **kwargs
                )
                return own / 2

        bot = self.backtest(Own, history(4, unsafe=[1]), scale_stake=True)
        self.assertEqual(list(signals(bot, candles(4))["enter_long"]), [1, 0, 1, 1])
        self.assertEqual(enter(bot, now=pd.Timestamp("2024-01-01 00:05", tz="UTC")), 25)

    def test_it_guards_an_existing_strategy(self):
        class Finished(Plain):
            def populate_entry_trend(self, dataframe, metadata):
                dataframe["enter_long"] = 1
                return dataframe

        class Guarded(RemoraGuard, Finished):
            pass

        self.assertEqual(
            list(signals(self.backtest(Guarded, history(3, unsafe=[1])), candles(3))["enter_long"]), [1, 0, 1]
        )

    def test_a_file_per_pair(self):
        self.write(history(3, unsafe=[0]), "BTC_USDT.csv")
        self.write(history(3, unsafe=[2]), "ETH_USDT_USDT.csv.gz")
        bot = make(Always, RunMode.HYPEROPT, history=str(self.folder / "{pair}.csv"))
        self.assertEqual(list(signals(bot, candles(3))["enter_long"]), [0, 1, 1])
        bot = make(Always, RunMode.HYPEROPT, history=str(self.folder / "{pair}.csv.gz"))
        self.assertEqual(list(signals(bot, candles(3), "ETH/USDT:USDT")["enter_long"]), [1, 1, 0])

    def test_parquet_and_feather_where_pandas_can_read_them(self):
        typed = history(4, unsafe=[1])
        # As `remora history build` types them.
        typed = typed.assign(
            as_of=pd.to_datetime(typed["as_of"], utc=True), safe_to_trade=typed["safe_to_trade"] == "true"
        )
        for number, (ending, reader) in enumerate((("parquet", "read_parquet"), ("feather", "read_feather"))):
            path = self.folder / f"{number}.{ending}"
            try:
                getattr(typed, "to_" + ending)(path)
            except ImportError:  # without pyarrow, as on Debian
                path.write_bytes(b"PAR1")
                with self.assertRaisesRegex(RemoraHistoryError, "pyarrow, which is not installed"):
                    signals(make(Always, RunMode.BACKTEST, history=str(path)), candles(4))
                with mock.patch.dict("remora.freqtrade.history._BINARY", {"." + ending: lambda name: typed}):
                    self.assertEqual(
                        list(signals(make(Always, RunMode.BACKTEST, history=str(path)), candles(4))["enter_long"]),
                        [1, 0, 1, 1]
                    )
            else:
                self.assertEqual(
                    list(signals(make(Always, RunMode.BACKTEST, history=str(path)), candles(4))["enter_long"]),
                    [1, 0, 1, 1]
                )

    def test_a_later_assessment_counts_from_when_it_was_recorded(self):
        past = history(3, unsafe=[1])
        # A file of /history: the second was assessed again after news.
        past.insert(0, "time", ["2024-01-01T00:05:00Z", "2024-01-01T00:13:20Z", "2024-01-01T00:15:00Z"])
        self.assertEqual(list(signals(self.backtest(Always, past), candles(3))["enter_long"]), [1, 1, 1])
        past.loc[2, "time"] = "2024-01-01T00:15:01Z"
        self.assertEqual(list(signals(self.backtest(Always, past), candles(4))["enter_long"]), [1, 1, 0, 1])

    def test_a_strategy_can_be_pickled_after_it_has_run(self):
        bot = self.backtest(Always, history(3, unsafe=[1]), RunMode.HYPEROPT)
        signals(bot, candles(3))
        self.assertEqual(list(signals(pickle.loads(pickle.dumps(bot)), candles(3))["enter_long"]), [1, 0, 1])

    def test_a_strategy_can_be_pickled_by_value_as_hyperopt_does_it(self):
        try:
            import cloudpickle
        except ImportError:
            self.skipTest("no cloudpickle: on Debian, apt-get install python3-cloudpickle")
        registered = []

        def register(bases):  # HyperOptimizer.hyperopt_pickle_magic of Freqtrade 2026.9
            for base in bases:
                if base.__name__ != "IStrategy":
                    module = sys.modules[base.__module__]
                    cloudpickle.register_pickle_by_value(module)
                    registered.append(module)
                    register(base.__bases__)

        bot = self.backtest(Always, history(3, unsafe=[1]), RunMode.HYPEROPT, tag_entries=True)
        try:
            register(type(bot).__bases__)
            data = cloudpickle.dumps(bot)
        finally:
            for module in dict.fromkeys(registered):
                cloudpickle.unregister_pickle_by_value(module)
        (self.folder / "bot.pickle").write_bytes(data)
        (self.folder / "candles.pickle").write_bytes(pickle.dumps(candles(3)))
        program = """
            import pickle, sys
            from tests import standin
            bot, frame = (pickle.load(open(name, "rb")) for name in sys.argv[1:])
            gated = standin.signals(bot, frame)
            print(list(gated["enter_long"]), list(gated["enter_tag"]))
        """
        run = subprocess.run(
            [
                sys.executable, "-c", textwrap.dedent(program), str(self.folder / "bot.pickle"),
                str(self.folder / "candles.pickle")
            ],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.assertEqual(run.stdout, "[1, 0, 1] ['remora_low', None, 'remora_low']\n", run.stderr)

    def test_tags_of_other_entries_do_not_change(self):
        class Tagged(Always):
            def populate_entry_trend(self, dataframe, metadata):
                # The others are missing, as text or NaN depending on the version of pandas.
                dataframe.loc[dataframe.index < 3, "enter_tag"] = "mine"
                dataframe["enter_long"] = 1
                return dataframe

        frame = signals(self.backtest(Tagged, history(5, unsafe=[1, 3]), tag_entries=True), candles(5))
        self.assertEqual(list(frame["enter_tag"]), ["mine remora_low", "mine", "mine remora_low", None, "remora_low"])

    def test_a_second_thread_is_guarded_while_the_first_is_inside_the_same_method(self):
        inside, leave = threading.Event(), threading.Event()

        class Slow(Always):
            def custom_stake_amount(
                self, pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, entry_tag, side,
                **kwargs
            ):
                if pair == "ETH/USDT":
                    inside.set()
                    leave.wait(30)
                return proposed_stake

        bot = self.backtest(Slow, history(4), scale_stake=True)
        now = pd.Timestamp("2024-01-01 00:05", tz="UTC")
        first = threading.Thread(target=enter, args=(bot, "ETH/USDT"), kwargs={"now": now})
        first.start()
        try:
            self.assertTrue(inside.wait(30))
            self.assertEqual(enter(bot, now=now), 50)
        finally:
            leave.set()
            first.join()

    def test_a_backtest_without_history_fails_instead_of_running_ungated(self):
        good = history(3)
        for bot, complaint in (
            (make(Always, RunMode.BACKTEST), "history"),
            (make(Always, RunMode.BACKTEST, history="nowhere.csv"), "remora replay"),
            (self.backtest(Both, good), "history_short"),
            (
                make(Always, RunMode.BACKTEST, history=self.write(good.drop(columns="as_of"), "1.csv")),
                "no column as_of"
            ),
            (make(Always, RunMode.BACKTEST, history=self.write(good[:0], "2.csv")), "no rows"),
            (make(Always, RunMode.BACKTEST, history=self.write(good.assign(as_of="then"), "3.csv")), "not a time"),
            (
                make(Always, RunMode.BACKTEST, history=self.write(good.assign(safe_to_trade=""), "4.csv")),
                "safe_to_trade"
            ),
            (make(Always, RunMode.BACKTEST, history=self.write(good.assign(risk_score="x"), "5.csv")), "risk_score"),
        ):
            with self.subTest(complaint=complaint), self.assertRaisesRegex(RemoraHistoryError, complaint):
                signals(bot, candles(3))
        bot = make(Always, RunMode.BACKTEST, ungated_backtest=True)
        self.assertEqual(list(signals(bot, candles(3))["enter_long"]), [1, 1, 1])

    def test_wrong_settings_are_named(self):
        for wrong, named in (
            ({"hystory": "x"}, "hystory"), ({"on_error": "open"}, "on_error"), ({"interval": "5"}, "interval"),
            ({"scale_stake": 1}, "scale_stake"), ({"url": [8000]}, "url is .8000")
        ):
            with self.subTest(wrong=wrong), self.assertRaisesRegex(ValueError, named):
                signals(make(Always, RunMode.BACKTEST, **wrong), candles(3))

    def test_half_a_million_rows(self):
        rows = 500_000
        past, frame = history(rows, start="2020-01-01", unsafe=range(0, rows, 7)), candles(rows, start="2020-01-01")
        bot = self.backtest(Always, past)
        started = time.perf_counter()
        gated = signals(bot, frame)
        first = time.perf_counter() - started
        started = time.perf_counter()
        signals(bot, frame)
        again = time.perf_counter() - started
        print(f"\n500,000 rows: {first:.2f} s with the file read, {again:.2f} s when it is known")
        self.assertEqual(int((gated["enter_long"] == 0).sum()), len(range(0, rows, 7)))


class OnRealCandles(WithFiles):
    def test_the_guard_blocks_exactly_where_the_last_known_assessment_blocks(self):
        source = service.SHARED / "data/candles/BTCUSDT-5m.csv.gz"
        if not source.exists():
            self.skipTest(f"{source} is not there")
        real = pd.read_csv(source, nrows=30_000)
        real.to_csv(self.folder / "candles.csv", index=False)
        frame = pd.DataFrame({"date": pd.to_datetime(real["timestamp"], unit="ms", utc=True), "close": real["close"]})
        blocked = {}
        for side in ("long", "short"):
            target = str(self.folder / f"{side}.csv")
            run = service.remora(
                "replay", str(self.folder / "candles.csv"), "--pair", "BTC/USDT", "--side", side, "--to", target,
                "--policy", "remora-1"  # blocks the sides at different times
            )
            self.assertEqual(run.returncode, 0, run.stderr)
            past = pd.read_csv(target)
            expected = last_known(frame, past, "5min").fillna(True)
            blocked[side] = list(~expected.to_numpy(dtype=bool))
            gated = signals(make(Always, RunMode.BACKTEST, history=target), frame)
            self.assertEqual(list(gated["enter_long"] == 0), blocked[side])
            self.assertTrue(0 < sum(blocked[side]) < len(frame))
            cut = signals(make(Always, RunMode.BACKTEST, history=target), frame[:20_000])
            pd.testing.assert_frame_equal(cut, gated[:20_000])
        self.assertTrue(blocked["long"] != blocked["short"], "the sides are blocked at the same times")


class LiveAndDryRun(unittest.TestCase):
    def setUp(self):
        self.server = FaultyServer().__enter__()
        self.addCleanup(self.server.__exit__)

    def bot(self, strategy=Always, mode=RunMode.DRY_RUN, **remora):
        bot = make(strategy, mode, url=self.server.url, interval=3600.0, timeout=5.0, **remora)
        self.addCleanup(lambda: bot._remora_watcher().stop())
        return bot

    def test_only_a_safe_pair_is_entered_and_a_block_is_logged_once(self):
        bot = self.bot()
        bot.bot_start()
        self.assertEqual(enter(bot), 100)
        self.server.changes = UNSAFE
        bot._remora_watcher().refresh()
        with self.assertLogs("remora.freqtrade", logging.INFO) as logs:
            for _ in range(5):
                self.assertIsNone(enter(bot))
        self.assertEqual(len(logs.output), 1)
        self.assertIn("risk_score: Risk is high.", logs.output[0])

    def test_the_order_path_sends_no_request_and_rows_do_not_change(self):
        bot = self.bot(mode=RunMode.LIVE)
        bot.bot_start()
        asked = len(self.server.requests)
        self.assertEqual(asked, 1)
        with no_network():
            self.server.changes = UNSAFE
            self.assertEqual(list(signals(bot, candles(3))["enter_long"]), [1, 1, 1])
            self.assertEqual(enter(bot), 100)

    def test_forecasts_come_from_memory_and_expire_with_the_candles(self):
        now = pd.Timestamp("2026-01-01", tz="UTC")
        horizon = {"volatility": 0.02, "stop_distances": {"0.1": 0.03}, "short_stop_distances": {"0.1": 0.04}}
        self.server.changes = {"forecast": {"horizons": {"24h": horizon}}, "age_seconds": 3500.0}
        bot = self.bot()
        self.assertIsNone(bot.remora_forecast("BTC/USDT", "forecast_volatility_24h", now))
        bot.bot_start()
        with no_network():
            self.assertEqual(bot.remora_forecast("BTC/USDT", "forecast_volatility_24h", now), 0.02)
            stops = [bot.remora_stop_distance("BTC/USDT", side, now) for side in ("long", "short")]
            self.assertEqual(stops, [0.03, 0.04])
            with self.assertRaisesRegex(ValueError, "stop_distances has 0.1"):
                bot.remora_stop_distance("BTC/USDT", "long", now, chance=0.15)
        for changes in ({"age_seconds": 3700.0}, {"age_seconds": None}, {"age_seconds": 1.0, "forecast": None}):
            self.server.changes.update(changes)
            bot._remora_watcher().refresh()
            self.assertIsNone(bot.remora_forecast("BTC/USDT", "forecast_volatility_24h", now), changes)

    def test_without_a_service_on_error_decides(self):
        self.server.mode = "500"
        for on_error, stake in (("allow", 100), ("block", None)):
            with self.subTest(on_error=on_error), self.assertLogs("remora", logging.WARNING):
                bot = self.bot(on_error=on_error, scale_stake=True)
                bot.bot_start()
                self.assertEqual(enter(bot), stake)

    def test_a_service_without_market_data_follows_on_error(self):
        self.server.changes = {"state": "unknown"}
        for on_error, stake, added in (("allow", 100, 100), ("block", None, None)):
            bot = self.bot(Averaging, on_error=on_error, scale_stake=True)
            bot.bot_start()
            self.assertEqual((enter(bot), adjust(bot)[0]), (stake, added))

    def test_an_outage_with_block_blocks_with_one_log_line(self):
        self.server.mode = "500"
        with self.assertLogs("remora", logging.INFO) as logs:
            bot = self.bot(on_error="block")
            bot.bot_start()
            for _ in range(5):
                bot._remora_watcher().refresh()
                self.assertIsNone(enter(bot))
        self.assertEqual(len(logs.output), 2, logs.output)  # the service is unavailable; the entry is blocked
        self.assertEqual(len(self.server.requests), 1)

    def test_stakes_follow_position_scale_if_configured(self):
        self.server.changes = {"position_scale": 0.4}
        for scale, stake in ((True, 40), (False, 100)):
            bot = self.bot(scale_stake=scale)
            bot.bot_start()
            self.assertEqual(enter(bot), stake)
        self.server.changes = UNSAFE
        bot = self.bot(scale_stake=True)
        bot.bot_start()
        self.assertIsNone(enter(bot))

    def test_a_scale_by_the_forecast_is_kept_until_it_differs_by_a_quarter(self):
        for model, stakes in (("remora-2", [80, 80, 60, 60]), ("remora-1", [80, 70, 60, 70])):
            self.server.changes = {"model": model, "position_scale": 0.8}
            bot = self.bot(Both, scale_stake=True)
            bot.bot_start()
            found = []
            for scale in (0.8, 0.7, 0.6, 0.7):
                self.server.changes = {"model": model, "position_scale": scale}
                bot._remora_watcher().refresh()
                signals(bot, candles(3))
                found.append(round(enter(bot)))
            self.assertEqual(found, stakes)

    def test_additions_to_a_trade_are_gated_by_its_side_and_logged_once(self):
        bot = self.bot(Averaging, scale_stake=True)
        bot.bot_start()
        self.assertEqual(adjust(bot)[0], 100)
        self.server.changes = UNSAFE
        bot._remora_watcher().refresh()
        with self.assertLogs("remora.freqtrade", logging.INFO) as logs:
            for _ in range(5):
                self.assertIsNone(adjust(bot)[0])
            self.assertIsNone(adjust(bot, is_short=True)[0])
        self.assertEqual(
            [line.split(": ")[0] for line in logs.output],
            [
                "INFO:remora.freqtrade:Remora blocks a long addition of BTC/USDT",
                "INFO:remora.freqtrade:Remora blocks a short addition of BTC/USDT"
            ]
        )
        bot.wants = -30.0
        self.assertEqual(adjust(bot)[0], -30)

    def test_the_strategys_own_decision_still_counts(self):
        class Picky(Always):
            def confirm_trade_entry(
                self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs
            ):
                return rate > 1

        bot = self.bot(Picky)
        bot.bot_start()
        self.assertIsNone(enter(bot))

    def test_short_entries_use_the_short_side(self):
        bot = self.bot(Both)
        bot.bot_start()
        self.assertEqual(sorted(path.partition("side=")[2] for path, _ in self.server.requests), ["long", "short"])
        self.assertEqual(enter(bot, side="short"), 100)

    def test_a_later_pair_is_watched_from_its_first_candle(self):
        bot = self.bot(tag_entries=True)
        bot.bot_start()
        signals(bot, candles(3), "ETH/USDT")
        until = time.monotonic() + 5
        while not bot._remora_read("ETH/USDT", "long").answered and time.monotonic() < until:
            time.sleep(0.02)
        frame = signals(bot, candles(3), "ETH/USDT")
        self.assertEqual(list(frame["enter_tag"]), [None, None, "remora_low"])

    def test_the_next_service_answers(self):
        self.server.changes = UNSAFE
        for urls in (["http://127.0.0.1:1", self.server.url], f"http://127.0.0.1:1, {self.server.url}"):
            bot = make(Always, RunMode.LIVE, url=urls, interval=3600.0, timeout=30.0)
            bot.bot_start()
            self.assertTrue(bot._remora_watcher().wait(60))
            self.assertIsNone(enter(bot))

    def test_the_name_of_a_pair_can_differ(self):
        class Spot(Always):
            def remora_pair(self, pair):
                return pair.split(":")[0]

        bot = make(Spot, RunMode.LIVE, ["BTC/USDT:USDT"], url=self.server.url, interval=3600.0)
        self.addCleanup(lambda: bot._remora_watcher().stop())
        bot.bot_start()
        self.assertEqual(bot._remora_watcher().pairs, ["BTC/USDT"])
        self.assertEqual(enter(bot, "BTC/USDT:USDT"), 100)

    def test_the_thread_ends_with_its_strategy(self):
        bot = make(Always, RunMode.LIVE, url=self.server.url, interval=3600.0)
        bot.bot_start()
        thread = bot._remora_watcher()._thread
        del bot
        gc.collect()
        thread.join(5)
        self.assertFalse(thread.is_alive())


class AgainstARunningService(unittest.TestCase):
    def test_the_guard_equals_the_service(self):
        bot = make(Always, RunMode.DRY_RUN, ["BTC/USDT", "ETH/USDT"], url=service.url())
        self.addCleanup(lambda: bot._remora_watcher().stop())
        bot.bot_start()
        reading = bot._remora_read("ETH/USDT", "long")
        self.assertTrue(reading.answered, reading.why)
        self.assertEqual(enter(bot, "ETH/USDT") is not None, reading.assessment.safe_to_trade)
