import logging
import time
import unittest

from remora import RemoraClient, Watcher
from tests import service
from tests.faulty import UNSAFE, FaultyServer
from tests.manual import ManualClock

PAIRS = [f"C{n}/USDT" for n in range(200)]


class ByHand(unittest.TestCase):
    """The test runs the rounds and advances the clock."""

    def setUp(self):
        self.server = FaultyServer().__enter__()
        self.addCleanup(self.server.__exit__)
        self.clock = ManualClock()

    def watcher(self, pairs=("BTC/USDT",), on_error="allow", **options):
        client = RemoraClient(
            self.server.url, timeout=0.5, on_error=on_error, clock=self.clock, breaker_seconds=1, last_seconds=600
        )
        return Watcher(client, pairs, clock=self.clock, interval=5, max_age=30, **options)

    def test_two_hundred_pairs_are_one_request_per_round(self):
        watcher = self.watcher(PAIRS)
        for _ in range(3):
            watcher.refresh()
            self.clock.pass_seconds(5)
        self.assertEqual(len(self.server.requests), 3)
        self.assertTrue(all(watcher.read(pair).answered for pair in PAIRS))

    def test_a_reading_has_age_and_verdict(self):
        self.server.changes = UNSAFE
        watcher = self.watcher()
        watcher.refresh()
        self.clock.pass_seconds(7)
        reading = watcher.read("BTC/USDT")
        self.assertEqual(
            (reading.safe_to_trade, reading.answered, round(reading.age_seconds, 6), reading.why),
            (False, True, 7, "risk_score: Risk is high.")
        )

    def test_old_readings_follow_on_error(self):
        self.server.changes = UNSAFE
        for on_error, safe in (("allow", True), ("block", False), ("last", False)):
            with self.subTest(on_error=on_error):
                watcher = self.watcher(on_error=on_error)
                watcher.refresh()
                self.clock.pass_seconds(31)
                self.assertEqual(watcher.read("BTC/USDT")[2:4], (safe, False))
        self.clock.pass_seconds(600)
        self.assertTrue(watcher.is_safe("BTC/USDT"), "even the last answer grows old")

    def test_a_market_without_data_follows_on_error(self):
        for on_error, safe, answered in (("allow", True, True), ("block", False, False), ("last", False, False)):
            with self.subTest(on_error=on_error):
                self.server.changes = UNSAFE
                watcher = self.watcher(on_error=on_error)
                watcher.refresh()
                self.clock.pass_seconds(5)
                self.server.changes = {"state": "unknown"}
                watcher.refresh()
                reading = watcher.read("BTC/USDT")
                self.assertEqual(reading[2:4], (safe, answered))
                if not answered:
                    self.assertIn("no current market data for BTC/USDT", reading.why)
        self.clock.pass_seconds(600)
        watcher.refresh()
        self.assertTrue(watcher.is_safe("BTC/USDT"), "even the last answer grows old")
        self.server.changes = {**UNSAFE, "state": "unknown"}
        watcher.refresh()
        self.assertFalse(watcher.is_safe("BTC/USDT"), "a no of the service is one, whatever it knows")

    def test_readings_are_old_after_a_suspension_until_the_next_request(self):
        watcher = self.watcher(on_error="block")
        watcher.refresh()
        self.clock.sleep_machine(8 * 3600)
        self.assertFalse(watcher.read("BTC/USDT").answered)
        watcher.refresh()
        self.assertEqual(watcher.read("BTC/USDT")[2:5], (True, True, 0))

    def test_a_clock_set_back_does_not_make_old_readings_recent(self):
        watcher = self.watcher(on_error="block")
        watcher.refresh()
        self.clock.wall -= 86400
        self.clock.pass_seconds(29)
        self.assertEqual(watcher.read("BTC/USDT").age_seconds, 29)
        self.clock.pass_seconds(2)
        self.assertFalse(watcher.read("BTC/USDT").answered)

    def test_a_clock_set_ahead_makes_readings_old_until_the_next_request(self):
        watcher = self.watcher(on_error="block")
        watcher.refresh()
        self.clock.wall += 86400  # equal to a suspension of the machine
        self.assertFalse(watcher.read("BTC/USDT").answered)
        watcher.refresh()
        self.assertTrue(watcher.read("BTC/USDT").answered)

    def test_it_recovers_after_an_outage(self):
        watcher = self.watcher(on_error="block")
        watcher.refresh()
        self.server.mode = "hangup"
        with self.assertLogs("remora", logging.INFO) as logs:
            for _ in range(20):
                self.clock.pass_seconds(5)
                watcher.refresh()
            self.assertFalse(watcher.is_safe("BTC/USDT"))
            self.assertIn("cannot be reached", watcher.read("BTC/USDT").why)
            self.server.mode = "well"
            self.clock.pass_seconds(5)
            watcher.refresh()
        self.assertTrue(watcher.is_safe("BTC/USDT"))
        self.assertEqual(len(logs.output), 2, logs.output)

    def test_an_untracked_pair_does_not_affect_the_others(self):
        self.server.tracked = ["BTC/USDT", "ETH/USDT"]
        watcher = self.watcher(["BTC/USDT", "NOPE/USDT", "ETH/USDT"], on_error="block")
        with self.assertLogs("remora", logging.WARNING) as logs:
            for _ in range(4):
                watcher.refresh()
                self.clock.pass_seconds(5)
        self.assertEqual([watcher.is_safe(pair) for pair in watcher.pairs], [True, False, True])
        self.assertEqual(len(self.server.requests), 4)  # one a round
        self.assertEqual(len(logs.output), 1)
        self.server.tracked = None
        self.clock.pass_seconds(300)
        watcher.refresh()
        self.assertTrue(watcher.is_safe("NOPE/USDT"))

    def test_untracked_pairs_are_asked_for_once_in_five_minutes(self):
        self.server.tracked, self.server.listed = ["BTC/USDT"], ["NEW/USDT"]
        watcher = self.watcher(["BTC/USDT", "NEW/USDT", "NOPE/USDT"], on_error="block", add_pairs=True)
        with self.assertLogs("remora", logging.WARNING) as logs:
            for _ in range(4):
                watcher.refresh()
                self.clock.pass_seconds(5)
        self.assertEqual([watcher.is_safe(pair) for pair in watcher.pairs], [True, True, False])
        self.assertEqual(len(logs.output), 2, logs.output)  # not listed, and entries are blocked
        posted = [path for path, _ in self.server.requests if path.startswith("/api/v1/pairs")]
        self.assertEqual(posted, ["/api/v1/pairs?pairs=NEW/USDT,NOPE/USDT"])
        self.server.listed.append("NOPE/USDT")
        self.clock.pass_seconds(300)
        watcher.refresh()
        watcher.refresh()
        self.assertTrue(watcher.is_safe("NOPE/USDT"))

    def test_a_service_that_cannot_be_asked_for_pairs_answers_all_the_same(self):
        self.server.tracked = ["BTC/USDT"]
        watcher = self.watcher(["BTC/USDT", "NOPE/USDT"], add_pairs=True)
        watcher.refresh()
        self.assertTrue(watcher.read("BTC/USDT").answered)
        self.server.mode = "500"
        watcher._asked_for.clear()
        with self.assertLogs("remora", logging.WARNING) as logs:
            self.assertEqual(watcher._add(["NOPE/USDT"]), set())
        self.assertIn("cannot be asked to track pairs", logs.output[0])

    def test_each_side_has_its_own_request(self):
        watcher = self.watcher(sides=("long", "short"), policy="careful")
        watcher.refresh()
        self.assertEqual(
            [path.partition("side=")[2] for path, _ in self.server.requests],
            ["long&policy=careful", "short&policy=careful"]
        )
        self.assertTrue(watcher.read("BTC/USDT", "short").answered)

    def test_an_unwatched_pair_is_reported(self):
        watcher = self.watcher()
        self.assertIn("no request has been sent", watcher.read("BTC/USDT").why)
        self.assertIn("not watched", watcher.read("ETH/USDT").why)
        self.assertIn("short", watcher.read("BTC/USDT", "short").why)


    def test_a_name_that_is_invalid_in_a_batch_is_refused_immediately(self):
        watcher = self.watcher()
        for wrong in ("", "A/B,C/D", 7):
            with self.subTest(wrong=wrong), self.assertRaises(TypeError):
                watcher.track(wrong)
        with self.assertRaises(TypeError):
            self.watcher(["BTC/USDT,ETH/USDT"])


class ByItsThread(unittest.TestCase):
    def test_against_a_running_service(self):
        with Watcher(RemoraClient(service.url()), ["BTC/USDT", "ETH/USDT"], interval=0.2) as watcher:
            self.assertTrue(watcher.wait(10))
            first = watcher.read("BTC/USDT")
            self.assertTrue(first.answered, first.why)
            until = time.monotonic() + 15
            while watcher.read("BTC/USDT").assessment.as_of == first.assessment.as_of and time.monotonic() < until:
                time.sleep(0.05)
            self.assertGreater(watcher.read("BTC/USDT").assessment.as_of, first.assessment.as_of)

    def test_new_pairs_are_requested_together_before_the_interval_ends(self):
        with FaultyServer() as server, Watcher(RemoraClient(server.url), interval=3600) as watcher:
            watcher.wait(5)
            for pair in PAIRS:
                watcher.track(pair)
            until = time.monotonic() + 5
            while not all(watcher.read(pair).answered for pair in PAIRS) and time.monotonic() < until:
                time.sleep(0.02)
            self.assertTrue(all(watcher.read(pair).answered for pair in PAIRS))
            self.assertLessEqual(len(server.requests), 2)

    def test_stopping_ends_the_thread(self):
        with FaultyServer() as server:
            watcher = Watcher(RemoraClient(server.url), ["BTC/USDT"], interval=3600).start()
            watcher.wait(5)
            watcher.stop()
            watcher._thread.join(5)
            self.assertFalse(watcher._thread.is_alive())
