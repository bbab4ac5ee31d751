"""The guard with the engine inside: Freqtrade's own candles, without files and without a service."""

import importlib.util
import logging
import tempfile
import unittest
from pathlib import Path

try:
    installed = importlib.util.find_spec("freqtrade") is not None
except ValueError:  # another test's stand-in
    installed = False
if not installed:
    raise unittest.SkipTest("Freqtrade is not installed")

import numpy as np
import pandas as pd
from freqtrade.enums import CandleType

from tests import native, tape
from tests.standin import RunMode, enter, signals
from tests.test_freqtrade import Always, Both

import remora
from remora.freqtrade import RemoraGuard, RemoraHistoryError, candles
from remora.freqtrade.inside import Inside
from remora.freqtrade.settings import GuardSettings

DAYS = 60
STEP = 300_000
COLUMNS = ("forecast_volatility_4h", "forecast_percentile_24h")


def frame(first, rows, timeframe="5m"):
    """Returns candles of the tape as Freqtrade has them."""
    every = {"5m": 1, "1h": 12, "1d": 288}[timeframe]
    part = ALL[first:first + rows * every]
    whole = pd.DataFrame(part, columns=tape.HEADER.split(","))
    group = np.arange(len(whole)) // every
    frame = whole.groupby(group).agg({
        "timestamp": "first", "open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"
    })
    frame.insert(0, "date", pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True))
    return frame


ALL = list(tape.rows(DAYS))


class Folders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        native.require()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def store(self, frame, name="BTC_USDT-5m"):
        frame.reset_index(drop=True).to_feather(self.folder / f"{name}.feather", compression="lz4")

    def config(self, mode=RunMode.BACKTEST, **remora):
        return {
            "runmode": mode, "remora": remora, "datadir": self.folder, "user_data_dir": self.folder,
            "dataformat_ohlcv": "feather", "candle_type_def": CandleType.SPOT, "exchange": {"name": "binance"},
        }

    def make(self, strategy, own="5m", **remora):
        bot = strategy(self.config(**remora))
        bot.timeframe = own
        return bot


class Backtests(Folders):
    def test_stored_candles_give_the_same_as_files_of_a_replay(self):
        for policy in ("conservative", "remora-2"):
            with self.subTest(policy=policy):
                self.compare_with_files(policy)

    def compare_with_files(self, policy):
        stored = frame(0, DAYS * 288)
        self.store(stored)
        files = {}
        for side in ("long", "short"):
            files[side] = str(self.folder / f"{side}.csv")
            risk = remora.assess(stored, pair="BTC/USDT", side=side, policy=policy)
            risk.to_csv(files[side], index=False)
        window = stored[30 * 288:].reset_index(drop=True)
        hours = frame(30 * 288, 30 * 24, "1h").reset_index(drop=True)
        for timeframe, given in (("5m", window), ("1h", hours)):
            settings = {"tag_entries": True, "scale_stake": True, "policy": policy}
            without = self.make(Both, timeframe, **settings, timeframe="5m")
            with_files = self.make(Both, timeframe, **settings, history=files["long"], history_short=files["short"])
            ours, theirs = signals(without, given), signals(with_files, given)
            pd.testing.assert_frame_equal(ours, theirs)
            for side in ("long", "short"):
                self.assertTrue(0 < ours["enter_" + side].sum() < len(ours))
            for row in (0, 100, len(given) - 1):
                now, side = given["date"][row], "short" if row else "long"
                self.assertEqual(enter(without, now=now, side=side), enter(with_files, now=now, side=side))

    def test_candles_that_come_later_change_no_earlier_row(self):
        stored = frame(0, DAYS * 288)
        self.store(stored)
        whole = signals(self.make(Always), stored)
        for cut in (31 * 288 + 7, 53 * 288):
            self.store(stored[:cut])
            part = signals(self.make(Always), stored[:cut])
            pd.testing.assert_frame_equal(part, whole[:cut])

    def test_a_short_past_is_said_with_what_is_missing(self):
        self.store(frame(0, 40 * 288))
        with self.assertLogs("remora.freqtrade", logging.WARNING) as said:
            signals(self.make(Always), frame(10 * 288, 20 * 288))
            signals(self.make(Always), frame(10 * 288, 20 * 288))
        self.assertEqual(len(said.output), 1)  # once
        self.assertRegex(said.output[0], r"of BTC/USDT is too short .* to 2024-01-01 00:05, the first entry is at "
                                         r"2024-01-11 00:05\. The engine compares with 220 days; 210 days are missing")
        self.assertRegex(said.output[0], r"'warming_up' until 2024-01-31 .*less than 30 days\)")

    def test_missing_candles_are_named_and_another_timeframe_is_said(self):
        with self.assertRaisesRegex(RemoraHistoryError, "no candles of BTC/USDT at 5m or 1h in .*download-data"):
            signals(self.make(Always, "1h"), frame(0, 10, "1h"))
        self.store(frame(0, DAYS * 24, "1h"), "BTC_USDT-1h")
        given = frame(0, 50, "1h").reset_index(drop=True)
        with self.assertRaisesRegex(RemoraHistoryError, "no candles of BTC/USDT at 5m in"):
            signals(self.make(Always, "1h", timeframe="5m"), given)
        with self.assertLogs("remora.freqtrade", logging.WARNING) as said:
            found = signals(self.make(Always, "1h"), given)
        self.assertIn("no candles of 5m of BTC/USDT", said.output[0])
        risk = remora.assess(frame(0, 50, "1h"), pair="BTC/USDT")
        self.assertEqual(list(found["enter_long"] == 1), list(risk["safe_to_trade"]))

    def test_a_spot_pair_and_a_future_have_candles_of_their_own(self):
        (self.folder / "futures").mkdir()
        self.store(frame(0, 288), "futures/BTC_USDT_USDT-5m-futures")
        config = {**self.config(), "candle_type_def": CandleType.FUTURES}
        self.assertEqual(candles.Candles.find(config, "BTC/USDT:USDT", None, "5m").folder.candle_type, "futures")
        with self.assertRaises(RemoraHistoryError):
            candles.Candles.find(config, "BTC/USDT", None, "5m")
        self.store(frame(0, 300))
        found = candles.Candles.find(config, "BTC/USDT", None, "5m")
        self.assertEqual(len(found.folder.load("BTC/USDT", "5m")), 300)

    def test_an_unknown_policy_is_refused_with_its_name(self):
        self.store(frame(0, 300))
        with self.assertRaisesRegex(RemoraHistoryError, "BTC/USDT, candles of 5m in .*'bold' is not a policy"):
            signals(self.make(Always, policy="bold"), frame(0, 300))


class Forecasting(RemoraGuard, Always.__mro__[2]):
    def populate_indicators(self, dataframe, metadata):
        return self.remora_forecasts(dataframe, metadata, prefix="%-remora_", columns=COLUMNS)


class ForecastColumns(Folders):
    def test_each_row_has_what_was_known_at_its_close(self):
        stored = frame(0, 40 * 288).drop(index=range(35 * 288, 35 * 288 + 30))  # two hours and a half
        self.store(stored)
        given = frame(33 * 288, 6 * 24, "1h").reset_index(drop=True)
        bot = self.make(Forecasting, "1h")
        found = bot.populate_indicators(given.copy(), {"pair": "BTC/USDT"})
        ahead = remora.assess(stored, pair="BTC/USDT", columns=["as_of", *COLUMNS])
        left = pd.DataFrame({"at": (given["date"] + pd.Timedelta("1h")).astype(ahead["as_of"].dtype)})
        joined = pd.merge_asof(left, ahead, left_on="at", right_on="as_of", tolerance=pd.Timedelta("1h"))
        self.assertEqual(list(found.columns), [*given.columns, *("%-remora_" + name for name in COLUMNS)])
        for name in COLUMNS:
            np.testing.assert_array_equal(found["%-remora_" + name], joined[name])
        self.assertTrue(0 < found["%-remora_forecast_volatility_4h"].isna().sum() < 5)
        informative = bot.populate_indicators(frame(33 * 288, 288), {"pair": "BTC/USDT", "tf": "5m"})
        np.testing.assert_array_equal(
            informative["%-remora_forecast_volatility_4h"],
            ahead["forecast_volatility_4h"][33 * 288:34 * 288]
        )


class Exchange:
    """The exchange and the data provider of a bot, at a moment of the tape."""

    def __init__(self, first=0):
        self.first = first
        self.now = 0
        self.provided = 100
        self.requests = []
        self.fails = False
        self._exchange = self

    def clock(self):
        return (tape.START + self.now * STEP) / 1000 + 1

    def current_whitelist(self):
        return ["BTC/USDT"]

    def ohlcv(self, pair, timeframe, copy=True, candle_type=""):
        assert (pair, timeframe) == ("BTC/USDT", "5m")
        begin = max(self.first, self.now - self.provided)
        return frame(begin, self.now - begin) if self.provided else pd.DataFrame()

    def get_historic_ohlcv(self, pair, timeframe, since_ms, candle_type):
        self.requests.append((timeframe, (since_ms - tape.START) // STEP))
        if self.fails:
            raise ConnectionError("the exchange is away")
        every = {"5m": 1, "1h": 12, "1d": 288}[timeframe]
        begin = max(self.first, (since_ms - tape.START) // STEP)
        return frame(begin, (self.now - begin) // every, timeframe)


class LiveBots(Folders):
    def start(self, exchange, **remora):
        inside = Inside(self.config(RunMode.DRY_RUN), exchange, GuardSettings.of(remora), exchange.clock)
        self.addCleanup(inside.stop)
        return inside

    def expected(self, exchange, first=0, side="long", seeds=False):
        """Returns the answer of one engine that saw the same candles."""
        with remora.Engine("BTC/USDT", "5m") as engine:
            if seeds:
                engine.seed(daily=frame(0, first // 288, "1d"))  # no hour precedes the first candle
            engine.assess(frame(first, exchange.now - first))
            return engine.assessment(side=side, at=round(exchange.clock() * 1000)).raw

    def test_candles_of_the_folder_then_those_of_the_bot(self):
        exchange = Exchange()
        self.store(frame(0, 50 * 288))
        exchange.now = 50 * 288 + 20
        inside = self.start(exchange)
        inside.track("BTC/USDT")
        for now in (50 * 288 + 20, 50 * 288 + 21, 50 * 288 + 25, 53 * 288):
            exchange.now, exchange.provided = now, 900
            for side in ("long", "short"):
                self.assertEqual(inside.read("BTC/USDT", side).assessment.raw, self.expected(exchange, side=side))
        self.assertEqual(exchange.requests, [])

    def test_a_restart_continues_from_the_saved_candles(self):
        exchange = Exchange()
        self.store(frame(0, 50 * 288))
        exchange.now = 50 * 288 + 20
        self.start(exchange).track("BTC/USDT")
        (saved,) = (self.folder / "remora/state").iterdir()
        with saved.open("ab") as file:
            file.write(b"cut short")
        exchange.now += 500  # more than the bot provides: the gap is fetched
        again = self.start(exchange)
        again.track("BTC/USDT")
        self.assertEqual(again.read("BTC/USDT").assessment.raw, self.expected(exchange))
        self.assertEqual(exchange.requests, [("5m", 50 * 288 + 20)])
        third = self.start(exchange)
        self.assertEqual(third.read("BTC/USDT").assessment.raw, self.expected(exchange))
        self.assertEqual(len(exchange.requests), 1)

    def test_without_stored_candles_it_fetches_what_a_service_fetches(self):
        exchange = Exchange()
        exchange.now = 50 * 288 + 200
        inside = self.start(exchange)
        reading = inside.read("BTC/USDT")
        self.assertEqual([timeframe for timeframe, _ in exchange.requests], ["1d", "1h", "5m"])
        self.assertEqual(reading.assessment.raw, self.expected(exchange, first=20 * 288, seeds=True))
        self.assertEqual(reading.assessment.state, "ok")
        exchange.now += 80  # of the same day, for what `expected` fetches
        again = self.start(exchange)
        self.assertEqual(again.read("BTC/USDT").assessment.raw, self.expected(exchange, first=20 * 288, seeds=True))
        self.assertEqual(len(exchange.requests), 3)

    def test_an_exchange_that_is_away_is_tried_again_and_on_error_applies(self):
        exchange = Exchange()
        exchange.now, exchange.fails = 40 * 288, True
        open_, closed = self.start(exchange), self.start(exchange, on_error="block")
        with self.assertLogs("remora.freqtrade", logging.WARNING) as said:
            for _ in range(3):
                self.assertTrue(open_.is_safe("BTC/USDT"))
                self.assertFalse(closed.is_safe("BTC/USDT"))
        self.assertEqual(len(said.output), 2)  # once each
        self.assertIn("the exchange is away", said.output[0])
        self.assertEqual(len(exchange.requests), 2)  # not at each reading
        exchange.fails, exchange.now = False, 40 * 288 + 1
        self.assertTrue(closed.read("BTC/USDT").answered)
        exchange.now += 12 * 24  # the bot's candles stand still
        exchange.provided, exchange.fails = 0, True
        reading = closed.read("BTC/USDT")
        self.assertEqual((reading.safe_to_trade, reading.answered), (False, False))
        self.assertIn("no current market data", reading.why)

    def test_the_guard_answers_from_inside_and_asks_the_bot_for_candles(self):
        exchange = Exchange()
        self.store(frame(0, 50 * 288))
        exchange.now = 50 * 288 + 3
        bot = Always(self.config(RunMode.DRY_RUN, engine="inside", on_error="block"))
        bot.dp = exchange
        self.assertEqual(bot.informative_pairs(), [("BTC/USDT", "5m")])
        bot._remora_inside()._now = exchange.clock
        bot.bot_start()
        signals(bot, frame(50 * 288, 3))
        expected = self.expected(exchange)
        now = pd.Timestamp(exchange.clock(), unit="s", tz="UTC")
        self.assertEqual(enter(bot, now=now) is not None, expected["safe_to_trade"])
        always = Always(self.config(RunMode.DRY_RUN))
        always.dp = exchange
        self.assertEqual(always.informative_pairs(), [])

    def test_forecasts_of_a_live_bot_equal_those_of_a_backtest(self):
        exchange = Exchange()
        self.store(frame(0, 50 * 288))
        exchange.now = 50 * 288 + 30
        bot = Forecasting(self.config(RunMode.DRY_RUN, engine="inside"))
        bot.dp = exchange
        bot._remora_inside()._now = exchange.clock
        bot.bot_start()
        for now in (50 * 288 + 30, 50 * 288 + 90):
            exchange.now = now
            given = frame(now - 1000, 1000)
            live = bot.populate_indicators(given, {"pair": "BTC/USDT"})
            self.store(frame(0, now), "ETH_USDT-5m")
            stored = self.make(Forecasting).populate_indicators(given, {"pair": "ETH/USDT"})
            pd.testing.assert_frame_equal(live, stored)
            self.assertFalse(live.isna().any().any())
