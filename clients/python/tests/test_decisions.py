import json
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

try:
    import pandas as pd
except ImportError as missing:
    raise unittest.SkipTest(f"{missing}: on Debian, apt-get install python3-pandas") from None

from tests.faulty import UNSAFE, FaultyServer
from tests.standin import IStrategy, RunMode, enter, make

from remora import RemoraClient, RemoraError
from remora.freqtrade import RemoraGuard  # needs what tests.standin provides
from remora.freqtrade.decisions import Spool

NOW = pd.Timestamp("2026-01-01 12:00:03", tz="UTC")


class Tick(RemoraGuard, IStrategy):
    timeframe = "5m"
    stoploss = -0.1
    minimal_roi = {"60": 0.01, "0": 0.04}

    def populate_indicators(self, dataframe, metadata):
        return dataframe


class Ledger:
    """Stores reports as the service does: each id once. ``away`` is a status to refuse with."""

    def __init__(self):
        self.stored = {}
        self.requests = 0
        self.away = None
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.requests += 1
                status, answer = owner.answer(self.path, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, path, body):
        assert path == "/api/v1/decisions", path
        if self.away:
            return self.away, {"detail": "away"}
        for place, report in enumerate(body["decisions"]):
            if report["pair"] == "BAD":
                return 400, {"detail": "no pair", "parameter": f"decisions[{place}].pair"}
        new = {report["id"]: report for report in body["decisions"] if report["id"] not in self.stored}
        self.stored.update(new)
        return 200, {"stored": len(new), "known": len(body["decisions"]) - len(new)}

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def until(holds):
    end = time.monotonic() + 60
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("not within 60 s")
        time.sleep(0.02)


def report(name, pair="BTC/USDT"):
    return {"id": name, "bot": "b", "pair": pair, "at": "2026-01-01T00:00:00Z", "verdict": "refused"}


class Spools(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "new folder" / "decisions.jsonl"
        self.ledger = Ledger()
        self.addCleanup(self.ledger.stop)

    def spool(self):
        spool = Spool(RemoraClient(self.ledger.url), self.path)
        self.addCleanup(spool.stop)
        return spool

    def left(self):
        return self.path.read_text().splitlines() if self.path.exists() else []

    def test_what_waits_survives_a_restart_and_is_stored_once(self):
        self.ledger.away = 503
        spool = self.spool()
        for name in "abbc":
            spool.add(report(name))
        self.assertEqual(len(self.left()), 3)
        until(lambda: self.ledger.requests > 0)
        spool.stop()
        with self.path.open("a") as file:
            file.write('{"id": "torn')  # the bot is killed while it writes

        spool = self.spool()
        spool.add(report("b"))  # the same candle again
        spool.add(report("d"))
        self.ledger.away = None
        until(lambda: set(self.ledger.stored) == set("abcd"))
        until(lambda: not self.left())
        self.assertEqual(self.ledger.stored["b"], report("b"))

    def test_a_report_that_can_never_be_stored_is_dropped_alone(self):
        spool = self.spool()
        self.ledger.away = 503
        with self.assertLogs("remora.freqtrade", "WARNING") as logs:
            for name, pair in (("a", "BTC/USDT"), ("b", "BAD"), ("c", "ETH/USDT")):
                spool.add(report(name, pair))
            self.ledger.away = None
            until(lambda: set(self.ledger.stored) == {"a", "c"} and not self.left())
        self.assertIn("refused and dropped", "\n".join(logs.output))

    def test_the_client_reports_and_says_what_is_wrong(self):
        client = RemoraClient(self.ledger.url)
        self.assertEqual(client.report_decisions([report("a"), report("b")]), {"stored": 2, "known": 0})
        self.assertEqual(client.report_decisions([report("a")]), {"stored": 0, "known": 1})
        with self.assertRaisesRegex(RemoraError, "no pair"):
            client.report_decisions([report("x", "BAD")])


class Guards(unittest.TestCase):
    def bot(self, ledger, answers, **remora):
        bot = make(Tick, RunMode.DRY_RUN, url=answers.url, report_decisions=True, **remora)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        bot.config.update(user_data_dir=folder.name, bot_name="Ann", trading_mode="spot")
        bot.bot_start()
        spool = Spool(RemoraClient(ledger.url), Path(folder.name) / "decisions.jsonl")
        self.addCleanup(spool.stop)
        bot.__dict__["_remora_spool"].stop()
        bot.__dict__["_remora_spool"] = spool
        return bot

    def test_refused_and_allowed_entries_are_reported_once_per_candle_with_stop_and_targets(self):
        ledger = Ledger()
        self.addCleanup(ledger.stop)
        with FaultyServer() as answers:
            answers.changes = UNSAFE
            bot = self.bot(ledger, answers)
            for _ in range(3):
                self.assertIsNone(enter(bot, now=NOW))
            self.assertIsNone(enter(bot, now=NOW + pd.Timedelta(minutes=5)))
            until(lambda: len(ledger.stored) == 2)
            first = min(ledger.stored.values(), key=lambda one: one["at"])
            self.assertEqual(
                {name: first[name] for name in first if name != "id"},
                {
                    "bot": "Ann", "strategy": "Tick", "pair": "BTC/USDT", "side": "long", "verdict": "refused",
                    "blocked_by": ["risk_score"], "at": "2026-01-01T12:00:03.000Z", "price": 1.0, "stake": 100.0,
                    "leverage": 1.0, "stop_loss": -0.1,
                    "roi": [{"minutes": 0, "profit": 0.04}, {"minutes": 60, "profit": 0.01}],
                },
            )
            answers.changes = {}
            until(lambda: bot._remora_read("BTC/USDT", "long").safe_to_trade)
            self.assertEqual(enter(bot, now=NOW + pd.Timedelta(minutes=10)), 100)
            until(lambda: len(ledger.stored) == 3)
            self.assertEqual([one["verdict"] for one in ledger.stored.values()].count("allowed"), 1)

    def test_with_scaled_stakes_futures_have_leverage_and_without_the_setting_nothing_is_reported(self):
        ledger = Ledger()
        self.addCleanup(ledger.stop)
        with FaultyServer() as answers:
            answers.changes = UNSAFE
            bot = self.bot(ledger, answers, scale_stake=True)
            bot.config["trading_mode"] = "futures"
            self.assertIsNone(enter(bot, now=NOW, side="long"))
            until(lambda: len(ledger.stored) == 1)
            (only,) = ledger.stored.values()
            self.assertEqual((only["leverage"], only["stake"]), (1.0, 100.0))
            silent = make(Tick, RunMode.DRY_RUN, url=answers.url)
            silent.bot_start()
            self.assertIsNone(enter(silent, now=NOW))
            self.assertNotIn("_remora_spool", silent.__dict__)
            past = make(Tick, RunMode.BACKTEST, report_decisions=True, ungated_backtest=True)
            self.assertEqual(enter(past, now=NOW), 100)
            self.assertNotIn("_remora_spool", past.__dict__)


if __name__ == "__main__":
    unittest.main()
