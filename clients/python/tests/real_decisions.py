"""Entries that the real bot was refused: reported, stored once, and followed to their end.

The bot's exchange is a sandbox at normal speed. The service lives in another one, three hundred
times as fast, so that the hours after an entry pass in seconds.
"""

import json
import signal
import unittest
from datetime import datetime, timedelta

from tests.freqtrade_rig import PASSWORD, USER, Running, environment, until  # skips without Freqtrade

from tests import real_dry_run, service

STRATEGY = '''
from freqtrade.strategy import IStrategy
from remora.freqtrade import RemoraGuard


class Eager(RemoraGuard, IStrategy):
    """Enters on every candle."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    minimal_roi = {"0": 0.006, "120": 0.003}
    stoploss = -0.006
    startup_candle_count = 20

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''
PAIRS = ["BTC/USDT", "ETH/USDT"]
FEE = 0.001


class Decisions(real_dry_run.WithBot):
    def setUp(self):
        super().setUp()
        (self.folder / "strategies/eager.py").write_text(STRATEGY)
        self.world = service.Sandbox("--speed", "300", "--history-days", "40", "--hold", "fear_greed=5").start()
        self.addCleanup(self.world.stop)
        (self.folder / "policies").mkdir()
        (self.folder / "policies/fear.json").write_text(json.dumps(real_dry_run.POLICY))
        self.port = service.free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self):
        self.service = service.Service(
            lambda url: all(not self.answer(pair)["safe_to_trade"] for pair in PAIRS), "--pairs", ",".join(PAIRS),
            "--policies", str(self.folder / "policies"), "--policy", "fear", "--data", str(self.folder / "service"),
            store="true", sandbox=self.world.url, port=self.port, sources="true"
        ).start()
        self.addCleanup(self.service.stop)

    def answer(self, pair):
        return service.read_json(f"{self.url}/api/v1/risk?pair={pair}")

    def listed(self, verdict=None):
        """Returns the decisions that the service lists, the oldest first."""
        found = service.read_json(f"{self.url}/api/v1/decisions?from=-30d&limit=1000")["decisions"]
        return [one for one in reversed(found) if verdict in (None, one["report"]["verdict"])]

    def waiting(self):
        """Returns the ids in the bot's file."""
        files = [path.read_text() for path in self.folder.glob("remora-decisions-*.jsonl")]
        return {json.loads(line)["id"] for text in files for line in text.splitlines()}

    def test_refused_entries_are_followed_and_restarts_lose_none(self):
        self.serve()
        remora = {"url": self.url, "on_error": "block", "max_age": 5, "interval": 1, "report_decisions": True}
        bot = self.bot("Eager", remora=remora)
        bot.config["exchange"]["pair_whitelist"] = PAIRS
        bot.start()
        bot.until(lambda: {one["report"]["pair"] for one in self.listed("refused")} == set(PAIRS), "refused entries")
        first = self.listed()[0]["report"]
        self.assertEqual((first["blocked_by"], first["stop_loss"]), (["flag_extreme_fear"], -0.006))
        self.assertEqual(first["roi"], [{"minutes": 0, "profit": 0.006}, {"minutes": 120, "profit": 0.003}])
        known = {one["report"]["id"] for one in self.listed()}

        self.service.stop(signal.SIGKILL)
        bot.until(lambda: len(self.waiting()) >= 2, "entries that wait")
        bot.end()
        left = self.waiting()
        bot.start()
        bot.until(lambda: self.waiting() > left, "an entry after the restart")
        left = self.waiting()
        self.serve()
        bot.until(lambda: not left & self.waiting(), "the reports")
        ids = [one["report"]["id"] for one in self.listed()]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertLessEqual(known | left, set(ids))

        locks = Running(
            [service.PROGRAM, "locks", "--freqtrade", bot.url, "--user", USER, "--url", self.url, "--interval", "1"],
            self.folder / "locks.log", self.folder, environment(FREQTRADE_PASSWORD=PASSWORD)
        )
        self.addCleanup(locks.end)
        bot.until(lambda: self.listed("locked"), "an entry that a lock refused")
        self.assertEqual(self.listed("locked")[0]["report"]["blocked_by"], ["flag_extreme_fear"])
        service.post_json(f"{self.world.url}/sandbox/signals", {"fear_greed": 50})
        bot.until(lambda: self.listed("allowed"), "an allowed entry")
        self.assertTrue(bot.entries())

        def followed():
            found = self.listed()
            ended = [one for one in found if one["outcome"]["state"] == "ended"]
            return found if len(ended) >= 4 and found[0]["outcome"]["horizons"]["4h"] is not None else None

        found = until(followed, "entries that have ended")
        candles = {pair: self.candles(pair, found[0]["report"]["at"]) for pair in PAIRS}
        for one in found:
            self.equals_a_direct_computation(one["report"], one["outcome"], candles[one["report"]["pair"]])

    def candles(self, pair, since):
        rows, begin = [], moment(since) - timedelta(minutes=5)
        while True:
            text = begin.strftime("%Y-%m-%dT%H:%M:%SZ")
            page = service.read_json(f"{self.url}/api/v1/candles?pair={pair}&from={text}&limit=10000")["rows"]
            rows += page
            if len(page) < 10000:
                return rows
            begin = moment(page[-1]["open_time"]) + timedelta(minutes=5)

    def equals_a_direct_computation(self, report, outcome, candles):
        """Follows a long entry candle by candle: the stop first, then the target of its age."""
        later = [row for row in candles if moment(row["open_time"]) >= moment(report["at"])]
        if outcome["state"] == "unknown":
            return
        entry, opened = later[0]["open"], moment(later[0]["open_time"])
        self.assertEqual((moment(outcome["entered_at"]), outcome["entry_price"]), (opened, entry))
        for name, hours in (("1h", 1), ("4h", 4)):
            if outcome["horizons"][name] is not None:
                end = opened + timedelta(hours=hours)
                close = [row["close"] for row in later if moment(row["open_time"]) < end][-1]
                self.assertAlmostEqual(outcome["horizons"][name], profit(entry, close), 12)
        if outcome["state"] != "ended":
            return
        for row in later:
            age = moment(row["open_time"]) - opened
            goal = 0.003 if age >= timedelta(minutes=120) else 0.006
            if row["low"] <= entry * 0.994:
                reason, price = "stop_loss", min(entry * 0.994, row["high"])
            elif profit(entry, row["high"]) > goal:
                wanted = entry * (1 + goal) * (1 + FEE) / (1 - FEE)
                is_new = age == timedelta(minutes=120) and row["open"] > wanted
                reason, price = "roi", row["open"] if is_new else min(max(wanted, row["low"]), row["high"])
            else:
                continue
            self.assertEqual((outcome["exit_reason"], moment(outcome["exited_at"])), (reason, moment(row["open_time"])))
            self.assertAlmostEqual(outcome["exit_price"] / price, 1, 4)  # rounded to the tick
            self.assertAlmostEqual(outcome["profit"], profit(entry, outcome["exit_price"]), 12)
            return
        self.fail(f"{report} did not end: {outcome}")


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def profit(entry, price):
    return price * (1 - FEE) / (entry * (1 + FEE)) - 1


if __name__ == "__main__":
    unittest.main()
