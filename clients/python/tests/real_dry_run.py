"""The guard and the locks in the real bot, in dry runs at normal speed with candles of one minute.

The exchange is a sandbox. The service lives in another one, three hundred times as fast, whose fear
and greed index the tests hold.
"""

import json
import re
import signal
import sqlite3
import tempfile
import time
import unittest
from pathlib import Path

from tests.freqtrade_rig import PASSWORD, USER, Bot, Running, api_server, environment, until  # skips without Freqtrade

from tests import service
from tests.faulty import UNSAFE, FaultyServer

STRATEGIES = '''
import logging
from datetime import timedelta

from freqtrade.strategy import IStrategy
from ForecastStop import ForecastStop
from remora.freqtrade import RemoraGuard
from TargetVolatility import TargetVolatility

log = logging.getLogger("freqtrade.test")


class Tick(RemoraGuard, IStrategy):
    """Enters on every candle."""

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


class Hoard(Tick):
    """Enters every pair and leaves none; says what the open trades can lose after each order."""

    max_entry_position_adjustment = -1
    position_adjustment_enable = True

    def bot_loop_start(self, current_time, **kwargs):
        self.say(current_time)

    def order_filled(self, pair, trade, order, current_time, **kwargs):
        self.say(current_time)

    def adjust_trade_position(self, trade, current_time, min_stake, **kwargs):
        return 100

    def say(self, current_time):
        found = self.remora_portfolio(current_time)
        log.info("portfolio %r", None if found is None else (found.value_at_risk, len(found.unknown)))


class Tock(ForecastStop, TargetVolatility):
    """Enters BTC/USDT and ETH/USDT in each loop and leaves at once, and adds to SOL/USDT.

    XRP/USDT is for entries by force.
    """

    timeframe = "1m"
    startup_candle_count = 20
    minimal_roi = {"0": 0.5}
    daily_move = 0.0005
    position_adjustment_enable = True
    max_entry_position_adjustment = -1

    def bot_loop_start(self, current_time, **kwargs):
        self.unlock_reason("Auto lock")  # Freqtrade locks a pair after an exit until the next candle

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = int(metadata["pair"] != "XRP/USDT")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        is_over = current_time - trade.open_date_utc > timedelta(seconds=1)
        return "tock" if pair in ("BTC/USDT", "ETH/USDT") and is_over else None

    def adjust_trade_position(
        self, trade, current_time, current_rate, current_profit, min_stake, max_stake, current_entry_rate,
        current_exit_rate, current_entry_profit, current_exit_profit, **kwargs
    ):
        return 10 if trade.pair == "SOL/USDT" else None

    def custom_stake_amount(self, **kwargs):
        return super().custom_stake_amount(**kwargs) or 50  # the service is gone

    def remora_forecast(self, pair, column, current_time):
        value = super().remora_forecast(pair, column, current_time)
        log.info("forecast %s %s %r", pair, column, value)
        return value
'''
WALLET = 20_000
PAIRS = ["BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"]
POLICY = {
    "name": "fear", "description": "Blocks in extreme fear only.",
    "decision": {"blocking_score": 1, "blocking_flags": ["extreme_fear"]}
}


class WithBot(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "strategies").mkdir()
        (self.folder / "strategies/tick.py").write_text(STRATEGIES)
        for name in ("ForecastStop", "TargetVolatility"):
            source = service.REPOSITORY / f"examples/freqtrade/{name}.py"
            (self.folder / f"strategies/{name}.py").write_text(source.read_text())
        self.exchange = service.Sandbox().start()
        self.addCleanup(self.exchange.stop)

    def bot(self, strategy, **more):
        bot = Bot(self.folder, strategy, self.exchange.url, timeframe="1m", max_open_trades=4, **more)
        self.addCleanup(bot.end)
        return bot


class WithoutService(WithBot):
    """The bot with the engine inside and no service."""

    def test_it_enters_saves_its_state_and_a_policy_blocks(self):
        bot = self.bot("Tick", remora={"engine": "inside", "on_error": "block"})
        bot.start(REMORA_URL="http://127.0.0.1:9")
        bot.until(bot.entries, "an entry")
        bot.end()
        (state,) = (self.folder / "remora/state").glob("*-base.bin")
        self.assertGreater(state.stat().st_size, 48 * 500)

        policy = self.folder / "own.json"
        policy.write_text(json.dumps({"name": "own", "decision": {"block_without": ["fear_greed"]}}))
        entries = bot.entries()
        bot.config["exchange"]["pair_whitelist"] = ["ETH/USDT"]
        bot.config["remora"]["policy"] = str(policy)
        bot.start(REMORA_URL="http://127.0.0.1:9")
        bot.until(lambda: "Remora blocks a long entry of ETH/USDT: no_fear_greed" in bot.log(), "a blocked entry")
        bot.end()
        self.assertEqual(bot.entries(), entries)


    def test_no_order_raises_the_open_trades_above_their_limit(self):
        limit = 0.004
        policy = self.folder / "open.json"
        policy.write_text(json.dumps({"name": "open", "decision": {"blocking_score": 1, "blocking_flags": []}}))
        bot = self.bot(
            "Hoard", stake_amount=200, dry_run_wallet=2000,
            remora={
                "engine": "inside", "on_error": "block", "policy": str(policy), "max_portfolio_var": limit,
                "portfolio_action": "scale"
            }
        )
        bot.config["exchange"]["pair_whitelist"] = PAIRS[:3]
        bot.start(REMORA_URL="http://127.0.0.1:9")
        bot.until(lambda: re.search("Remora (scales to|blocks, by max_portfolio_var)", bot.log()), "the limit")
        bot.loops(2)
        bot.end()
        self.assertGreater(bot.entries(), 0)
        said = re.findall(r"portfolio \((\S+), (\d+)\)", bot.log())
        risks = [float(risk) for risk, _ in said if risk != "None"]
        self.assertGreater(max(risks), 0.5 * limit, said)
        # Prices and forecasts move between an order and what is said after it.
        self.assertLess(max(risks), 1.2 * limit, said)
        self.assertEqual({unknown for _, unknown in said}, {"0"})


class WithService(WithBot):
    """One bot beside one service that becomes unsafe, dies and comes back."""

    def setUp(self):
        super().setUp()
        self.world = service.Sandbox("--speed", "300", "--history-days", "40", "--hold", "fear_greed=50").start()
        self.addCleanup(self.world.stop)
        (self.folder / "policies").mkdir()
        (self.folder / "policies/fear.json").write_text(json.dumps(POLICY))
        self.service = None
        self.port = service.free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self):
        self.service = service.Service(
            lambda url: all(self.answer(pair)["risk_score"] is not None for pair in PAIRS), "--pairs", ",".join(PAIRS),
            "--policies", str(self.folder / "policies"), "--policy", "fear", store="false", sandbox=self.world.url,
            port=self.port, sources="true"
        ).start()
        self.addCleanup(self.service.stop)

    def answer(self, pair, side="long"):
        return service.read_json(f"{self.url}/api/v1/risk?pair={pair}&side={side}")

    def hold(self, fear):
        service.post_json(f"{self.world.url}/sandbox/signals", {"fear_greed": fear})
        is_safe = fear > 20
        until(lambda: all(self.answer(pair)["safe_to_trade"] == is_safe for pair in PAIRS), f"safe is {is_safe}")

    def locks(self, url, name):
        words = [
            service.PROGRAM, "locks", "--freqtrade", self.bot.url, "--user", USER, "--url", url, "--interval",
            "1"
        ]
        running = Running(words, self.folder / f"{name}.log", self.folder, environment(FREQTRADE_PASSWORD=PASSWORD))
        self.addCleanup(running.end)
        return running

    def placed(self):
        """Returns pair and side of the locks that Remora has placed."""
        found = self.bot.rest("locks")["locks"]
        return sorted((one["pair"], one["side"]) for one in found if (one["reason"] or "").startswith("remora:"))

    def others(self):
        found = self.bot.rest("locks")["locks"]
        return [one["pair"] for one in found if one["reason"] == "mine"]

    def shorten_locks(self, seconds):
        """Sets the end of all of Remora's locks in the bot's database, as if time had passed."""
        end = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(time.time() + seconds))
        database = sqlite3.connect(self.bot.database, timeout=60)
        with database:
            database.execute("update pairlocks set lock_end_time = ? where reason like 'remora:%'", (end,))
        database.close()

    def enters(self, pairs=("BTC/USDT", "ETH/USDT")):
        """Waits for another entry or addition of each pair."""
        before = {pair: self.bot.entries(pair) for pair in pairs}
        self.bot.until(lambda: all(self.bot.entries(pair) > before[pair] for pair in pairs), f"entries of {pairs}")

    def does_not_enter(self, pairs=(None,)):
        """Checks that there is no entry and no addition in three loops, and that trades were left."""
        before = [self.bot.entries(pair) for pair in pairs]
        self.bot.loops(3)
        self.assertEqual([self.bot.entries(pair) for pair in pairs], before, self.bot.log()[-5000:])
        self.bot.until(lambda: not {"BTC/USDT", "ETH/USDT"} & self.open_pairs(), "exits")

    def open_pairs(self):
        return {pair for pair, in self.bot.rows("select pair from trades where is_open = 1")}

    def says(self, text, since=0):
        self.bot.until(lambda: text in self.bot.log()[since:], text)

    def forced(self, pair):
        return self.bot.rest("forceenter", {"pair": pair, "side": "long", "stakeamount": 20})

    def force(self, pair):
        self.bot.until(lambda: self.forced(pair).get("pair") == pair, f"an entry of {pair} by force")

    def test_from_the_first_entry_to_the_last_lock(self):
        self.serve()
        self.bot = self.bot(
            "Tock", force_entry_enable=True, dry_run_wallet=WALLET,
            remora={"url": self.url, "on_error": "block", "max_age": 5, "interval": 1}
        )
        self.bot.config["exchange"]["pair_whitelist"] = PAIRS
        self.bot.start()

        self.enters(["BTC/USDT", "ETH/USDT", "SOL/USDT"])
        self.enters(["SOL/USDT"])  # an addition
        self.stakes_and_stops_follow_the_forecast()
        self.force("XRP/USDT")
        ((forced,),) = self.bot.rows("select id from trades where pair = 'XRP/USDT'")
        self.bot.rest("forceexit", {"tradeid": str(forced)})
        self.bot.until(lambda: "XRP/USDT" not in self.open_pairs(), "the forced exit")

        self.hold(5)
        self.says("Remora blocks a long entry of BTC/USDT: flag_extreme_fear")
        self.says("Remora blocks a long addition of SOL/USDT: flag_extreme_fear")
        self.does_not_enter()
        self.assertIn("Failed to enter position for XRP/USDT", json.dumps(self.forced("XRP/USDT")))
        self.says("Remora blocks a long entry of XRP/USDT: flag_extreme_fear")
        additions = self.bot.entries("SOL/USDT")  # by force into an open trade: Freqtrade asks no strategy
        self.force("SOL/USDT")
        self.bot.until(lambda: self.bot.entries("SOL/USDT") > additions, "the forced addition")

        everywhere = [(pair, "*") for pair in PAIRS]
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        self.bot.rest("locks", [{"pair": "LTC/USDT", "until": end, "side": "*", "reason": "mine"}])
        locks = self.locks(self.url, "locks")
        self.bot.until(lambda: self.placed() == everywhere, "locks")
        self.shorten_locks(70)
        first = max(one["id"] for one in self.bot.rest("locks")["locks"])
        self.bot.until(
            lambda: self.placed() == everywhere and max(one["id"] for one in self.bot.rest("locks")["locks"]) > first,
            "renewed locks"
        )
        self.hold(50)
        self.bot.until(lambda: not self.placed(), "the release")
        self.assertEqual(self.others(), ["LTC/USDT"])
        self.enters()

        self.service.stop(signal.SIGKILL)
        self.says("Remora blocks a long entry of BTC/USDT", since=len(self.bot.log()))
        self.does_not_enter()
        self.bot.config["remora"]["on_error"] = "allow"
        self.bot.write()
        self.bot.rest("reload_config", {})
        self.enters()
        service.post_json(f"{self.world.url}/sandbox/signals", {"fear_greed": 5})
        since = len(self.bot.log())
        self.serve()
        self.bot.until(lambda: self.placed() == everywhere, "locks after the outage")
        self.says("Remora blocks a long addition of SOL/USDT: flag_extreme_fear", since)
        self.does_not_enter(["BTC/USDT", "ETH/USDT"])  # an answer that is late on a busy machine lets SOL/USDT through

        self.bot.end()
        self.bot.config["remora"]["on_error"] = "block"
        self.bot.config["api_server"] = api_server(self.bot.port, "another-secret-another-secret-another-secret")
        self.bot.start()  # its tokens are no longer valid
        self.bot.until(lambda: "running" in json.dumps(self.bot.rest("show_config")), "the bot after its restart")
        self.bot.until(lambda: self.placed() == everywhere, "the locks after the restart")
        self.does_not_enter()
        self.hold(50)
        self.bot.until(lambda: not self.placed(), "the release after a new login")
        self.enters()
        locks.end(signal.SIGTERM)
        self.assertEqual(self.others(), ["LTC/USDT"])
        self.assertNotIn(PASSWORD, locks.log())
        self.sides()

    def stakes_and_stops_follow_the_forecast(self):
        """Compares the first trades with the forecasts that the strategy has logged."""
        left = "select open_rate, stop_loss, stake_amount from trades where is_open = 0 and pair = ?"
        for pair in ("BTC/USDT", "ETH/USDT"):
            rate, stop, stake = self.bot.until(lambda pair=pair: self.bot.rows(left, pair), f"an exit of {pair}")[0]
            said = re.findall(rf"forecast {pair} forecast_(\w+?)(?:_0.1)?_24h (\S+)", self.bot.log())
            values = {name: [value for other, value in said if other == name] for name, _ in said}
            stakes = [50 if one == "None" else 0.0005 * 0.99 * WALLET / float(one) for one in values["volatility"]]
            self.assertTrue(any(abs(stake / one - 1) < 0.02 for one in stakes), (pair, stake, stakes))
            distances = [0.1 if one == "None" else float(one) for one in values["stop_distances"]]
            stops = [rate * (1 - one) for one in distances]
            self.assertTrue(any(abs(stop / one - 1) < 0.001 for one in stops), (pair, rate, stop, stops))

    def sides(self):
        """Locks of one side, from answers of a stand-in for the service."""
        with FaultyServer() as answers:
            answers.tracked = PAIRS
            locks = self.locks(answers.url, "sides")
            for side in ("long", "short"):
                answers.changes_of_side = {side: UNSAFE}
                self.bot.until(lambda: self.placed() == [(pair, side) for pair in PAIRS], f"locks of {side}")
                if side == "long":
                    self.does_not_enter(["BTC/USDT", "ETH/USDT"])
                else:
                    self.enters()
            locks.end(signal.SIGTERM)
            self.assertGreaterEqual(len(self.placed()), 4)
            self.shorten_locks(1)
            self.bot.until(lambda: not self.placed(), "the end of the locks")
