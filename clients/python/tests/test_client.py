import dataclasses
import json
import logging
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from remora.client import RemoraClient
from remora import RemoraError, Watcher
from tests import service
from tests.faulty import UNSAFE, FaultyServer
from tests.manual import ManualClock


def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class AgainstARunningService(unittest.TestCase):
    def setUp(self):
        self.client = RemoraClient(service.url())

    def test_risk_equals_the_response(self):
        answer = self.client.risk("BTC/USDT")
        self.assertTrue(answer.answered, answer.error)
        self.assertEqual(answer.safe_to_trade, answer.raw["safe_to_trade"])
        self.assertEqual(
            (answer.pair, answer.side, answer.exchange, answer.timeframe), ("BTC/USDT", "long", "binance", "5m")
        )
        self.assertAlmostEqual(sum(answer.raw["risk_breakdown"].values()), answer.risk_score, places=6)
        self.assertEqual(answer.as_of.utcoffset().total_seconds(), 0)
        with self.assertRaises(dataclasses.FrozenInstanceError):
            answer.safe_to_trade = True

    def test_every_field_of_a_forecast_is_typed(self):
        answer = self.client.risk("BTC/USDT")
        typed = json.loads(json.dumps(dataclasses.asdict(answer.forecast), default=lambda time: time.isoformat()))
        typed["as_of"] = typed["as_of"].replace("+00:00", "Z")
        self.assertEqual(typed, answer.raw["forecast"])
        hash(answer)
        self.assertIsNone(answer.no_forecast)
        self.assertIsNone(self.client.risk().forecast)

        chosen = self.client.forecast("btc/usdt", horizon="4h", fall=0.03, rise=0.00001)
        self.assertEqual((chosen.pair, chosen.exchange, chosen.timeframe), ("BTC/USDT", "binance", "5m"))
        ((name, horizon),) = chosen.forecast.horizons.items()
        self.assertEqual((name, list(horizon.probability_of_drawdown)), ("4h", ["0.03"]))
        self.assertEqual([float(rise) for rise in horizon.probability_of_rally], [0.00001])
        with self.assertRaises(RemoraError) as raised:
            self.client.forecast("BTC/USDT", horizon="2h")
        self.assertEqual(raised.exception.status, 400)

    def test_a_book_of_the_running_service(self):
        risk = self.client.portfolio(
            10_000, [{"pair": "BTC/USDT", "notional": 1000}, {"pair": "ETH/USDT", "side": "short", "amount": 1}],
            horizon="4h", candidate={"pair": "BTC/USDT", "side": "short"}, limit=0.01
        )
        shares = [position["share"] for position in risk["positions"]]
        self.assertAlmostEqual(sum(shares), risk["volatility"], places=12)
        self.assertEqual((risk["horizon"], len(risk["stress"])), ("4h", 5))
        with self.assertRaises(RemoraError) as raised:
            self.client.portfolio(10_000, [{"pair": "BTC/USDT", "notional": -1}])
        self.assertEqual(raised.exception.status, 400)
        self.assertEqual(raised.exception.problem["parameter"], "positions[0].notional")
        together = self.client.correlations(["ETH/USDT", "BTC/USDT"])
        self.assertEqual((together["pairs"], together["correlations"][0][0]), (["ETH/USDT", "BTC/USDT"], 1))

    def test_side_and_policy_and_the_whole_market(self):
        self.assertEqual(
            self.client.risk("BTC/USDT", side="short", policy="remora-1", exchange="binance", timeframe="5m").side,
            "short"
        )
        whole = self.client.risk()
        self.assertTrue(whole.answered, whole.error)

    def test_batch_returns_the_requested_names(self):
        answers = self.client.batch(["btc/usdt", "ETH/USDT"])
        self.assertEqual(
            [(name, answer.pair, answer.answered) for name, answer in answers.items()],
            [("btc/usdt", "BTC/USDT", True), ("ETH/USDT", "ETH/USDT", True)]
        )

    def test_batch_with_an_untracked_pair_returns_the_others(self):
        with self.assertLogs("remora", logging.WARNING) as logs:
            answers = self.client.batch(["BTC/USDT", "NOPE/USDT"])
        self.assertTrue(answers["BTC/USDT"].answered)
        self.assertFalse(answers["NOPE/USDT"].answered)
        self.assertIn("NOPE/USDT", logs.output[0])

    def test_get_context_is_the_answer_as_a_plain_dict(self):
        context = self.client.get_context("BTC/USDT")
        self.assertIs(type(context), dict)
        self.assertEqual({"safe_to_trade", "risk_score", "regime", "volatility", "reasoning"} - set(context), set())

    def test_a_refused_request_follows_on_error_and_is_logged_once(self):
        with self.assertLogs("remora", logging.WARNING) as logs:
            answers = [RemoraClient(service.url(), on_error="block").risk("NOPE/USDT")]
            answers += [self.client.risk("NOPE/USDT") for _ in range(3)]
        self.assertEqual([answer.safe_to_trade for answer in answers], [False, True, True, True])
        self.assertEqual(len(logs.output), 2)  # one per client
        self.assertIn("not tracked", answers[1].error)
        self.assertTrue(self.client.risk("BTC/USDT").answered)


    def test_the_stream_begins_with_the_current_state_and_continues(self):
        seen = []
        for answer in self.client.stream(["BTC/USDT", "ETH/USDT"], side="short"):
            seen.append((answer.pair, answer.side, answer.as_of))
            # Two at once, then changes: a candle closes every second. A change of state repeats
            # one.
            if len(set(seen)) >= 4 or len(seen) >= 100:
                break
        self.assertEqual({pair for pair, _, _ in seen[:2]}, {"BTC/USDT", "ETH/USDT"})
        self.assertEqual({side for _, side, _ in seen}, {"short"})
        self.assertGreaterEqual(len(set(seen)), 4)

    def test_a_stream_of_a_pair_that_is_not_tracked_is_refused(self):
        with self.assertRaises(RemoraError) as raised:
            next(self.client.stream(["NOPE/USDT"]))
        self.assertEqual(raised.exception.status, 404)

    def test_a_watcher_with_a_stream_updates_before_its_interval_ends(self):
        with Watcher(self.client, ["BTC/USDT"], interval=3600, stream=True) as watcher:
            self.assertTrue(watcher.wait(30))
            first, until = watcher.read("BTC/USDT").assessment.as_of, time.monotonic() + 60
            while watcher.read("BTC/USDT").assessment.as_of == first and time.monotonic() < until:
                time.sleep(0.05)
            self.assertGreater(watcher.read("BTC/USDT").assessment.as_of, first)


class Streams(unittest.TestCase):
    def test_an_outage_is_logged_once_and_the_stream_resumes(self):
        body = json.dumps({"safe_to_trade": True, "pair": "BTC/USDT"})
        answers = [
            f": beat\n\nevent: assessment\nid: 7\ndata: {body}\n\nevent: assessment\nid: 8\ndata: {{half",
            None,
            f"event: market\ndata: {{}}\n\nevent: assessment\nid: 9\ndata: {body}\n\n",
        ]
        requests = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append((self.path, self.headers.get("Last-Event-ID")))
                answer = answers.pop(0) if answers else ""
                self.send_response(200 if answer is not None else 503)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.wfile.write((answer or "").encode())

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        with self.assertLogs("remora", logging.INFO) as logs:
            stream = RemoraClient(f"http://127.0.0.1:{server.server_address[1]}").stream(["BTC/USDT"])
            self.assertEqual([next(stream).pair, next(stream).pair], ["BTC/USDT", "BTC/USDT"])
            stream.close()
        self.assertEqual(
            requests,
            [
                ("/api/v1/stream?pair=BTC/USDT", None), ("/api/v1/stream?pair=BTC/USDT", "7"),
                ("/api/v1/stream?pair=BTC/USDT", "7")
            ]
        )
        self.assertEqual(len(logs.output), 2, logs.output)


class Histories(unittest.TestCase):
    def test_pages_are_combined(self):
        pages = [
            {
                "rows": [
                    {"time": "2025-01-01T00:00:00Z", "safe_share": 1},
                    {"time": "2025-01-01T01:00:00Z", "safe_share": 0.5},
                ],
                "next": "2025-01-01T02:00:00Z",
            },
            {"rows": [{"time": "2025-01-01T02:00:00Z", "safe_share": None}], "next": None},
        ]
        client = RemoraClient("http://127.0.0.1:9")
        with mock.patch.object(client._services.endpoints[0], "get", side_effect=pages) as get:
            rows = client.history(
                "BTC/USDT", datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), interval="1h"
            )
        self.assertEqual([(row["time"].hour, row["safe_share"]) for row in rows], [(0, 1), (1, 0.5), (2, None)])
        asked = [parse_qs(urlsplit(call.args[0]).query)["from"] for call in get.call_args_list]
        self.assertEqual(asked, [["2025-01-01T00:00:00.000Z"], ["2025-01-01T02:00:00Z"]])
        full = [pages[0], RemoraError("status", "the span is empty", status=400)]
        with mock.patch.object(client._services.endpoints[0], "get", side_effect=full):
            self.assertEqual(len(client.history("BTC/USDT", datetime(2025, 1, 1, tzinfo=timezone.utc))), 2)
        with mock.patch.object(client._services.endpoints[0], "get", side_effect=pages):
            self.assertEqual(len(client.history("BTC/USDT")), 2)
        wrong = mock.patch.object(client._services.endpoints[0], "get", return_value={"data": []})
        with wrong, self.assertRaises(RemoraError):
            client.history("BTC/USDT")
        with self.assertRaises(ValueError):
            client.history("BTC/USDT", datetime(2025, 1, 1))


class WhenThereIsNoAnswer(unittest.TestCase):
    def test_every_fault_follows_on_error_within_the_timeout_and_is_logged_once(self):
        for fault in FaultyServer.FAULTS:
            for on_error, safe in (("allow", True), ("block", False), ("last", True)):
                subtest = self.subTest(fault=fault, on_error=on_error)
                logged = self.assertLogs("remora", logging.WARNING)
                with subtest, FaultyServer() as server, logged as logs:
                    server.mode = fault
                    client = RemoraClient(server.url, timeout=0.25, on_error=on_error, clock=ManualClock())
                    started = time.monotonic()
                    answers = [client.risk("BTC/USDT"), client.risk("BTC/USDT"), *client.batch(["BTC/USDT"]).values()]
                    elapsed = time.monotonic() - started
                    self.assertEqual([(a.safe_to_trade, a.answered) for a in answers], [(safe, False)] * 3)
                    self.assertEqual(client.is_safe("BTC/USDT"), safe)
                    self.assertEqual(client.get_context("BTC/USDT")["safe_to_trade"], safe)
                    self.assertEqual(len(server.requests), 1)
                    self.assertEqual(len(logs.output), 1, logs.output)
                    self.assertLess(elapsed, 4)  # the slow server takes 5 s; the machine may be busy
                    self.assertEqual(client.counts["failed_breaker_open"], 4)

    def test_the_default_timeout_holds_against_a_server_that_takes_five_seconds(self):
        with FaultyServer() as server, self.assertLogs("remora", logging.WARNING):
            server.mode = "slow"
            started = time.monotonic()
            answer = RemoraClient(server.url).risk("BTC/USDT")
            elapsed = time.monotonic() - started
        self.assertIn("within 2 s", answer.error)
        self.assertTrue(1.9 < elapsed < 4.5, elapsed)

    def test_a_closed_port_follows_on_error(self):
        for on_error, safe in (("allow", True), ("block", False), ("last", True)):
            with self.subTest(on_error=on_error), self.assertLogs("remora", logging.WARNING) as logs:
                client = RemoraClient(f"http://127.0.0.1:{closed_port()}", on_error=on_error)
                self.assertEqual([client.is_safe("BTC/USDT"), client.is_safe("ETH/USDT")], [safe, safe])
                self.assertEqual(client.counts, {"asked": 2, "failed_unreachable": 1, "failed_breaker_open": 1})
            self.assertEqual(len(logs.output), 1)

    def test_one_request_per_breaker_period_and_a_line_after_recovery(self):
        clock = ManualClock()
        with FaultyServer() as server, self.assertLogs("remora", logging.INFO) as logs:
            server.mode = "500"
            client = RemoraClient(server.url, clock=clock, breaker_seconds=10, cache_seconds=0)
            for _ in range(30):
                client.risk("BTC/USDT")
                clock.pass_seconds(1)
            self.assertEqual(len(server.requests), 3)
            server.mode = "well"
            self.assertTrue(client.risk("BTC/USDT").answered)
        self.assertEqual(len(logs.output), 2)
        self.assertIn("30 calls had no answer", logs.output[1])

    def test_retry_after_is_respected(self):
        clock = ManualClock()
        with FaultyServer() as server, self.assertLogs("remora", logging.WARNING):
            server.mode = "429"
            client = RemoraClient(server.url, clock=clock)
            for _ in range(61):
                client.risk("BTC/USDT")
                clock.pass_seconds(1)
            self.assertEqual(len(server.requests), 2)

    def test_last_is_the_last_answer_while_it_is_recent(self):
        clock = ManualClock()
        with FaultyServer() as server, self.assertLogs("remora", logging.WARNING):
            server.changes = UNSAFE
            client = RemoraClient(server.url, on_error="last", clock=clock, last_seconds=60)
            self.assertFalse(client.is_safe("BTC/USDT"))
            server.mode = "500"
            clock.pass_seconds(30)
            answer = client.risk("BTC/USDT")
            self.assertEqual(
                (answer.safe_to_trade, answer.answered, answer.blocked_by), (False, False, ("risk_score",))
            )
            self.assertTrue(client.is_safe("BTC/USDT", side="short"), "another question has no last answer")
            clock.pass_seconds(31)
            self.assertTrue(client.is_safe("BTC/USDT"))

    def test_unknown_states_follow_on_error_unless_they_block(self):
        for on_error, state, says, safe, answered in (
            ("allow", "unknown", True, True, True), ("block", "unknown", True, False, False),
            ("last", "unknown", True, True, True), ("block", "unknown", False, False, True),
            ("allow", "unknown", False, False, True), ("block", "warming_up", True, True, True),
            ("block", "stale", True, True, True), ("block", "ok", True, True, True),
        ):
            with self.subTest(on_error=on_error, state=state, says=says), FaultyServer() as server:
                server.changes = {"state": state, "safe_to_trade": says}
                client = RemoraClient(server.url, on_error=on_error)
                answer = client.risk("BTC/USDT")
                self.assertEqual((answer.safe_to_trade, answer.answered, answer.state), (safe, answered, state))
                self.assertEqual(client.is_safe("BTC/USDT"), safe, "from memory")
                one = client.batch(["ETH/USDT"])["ETH/USDT"]
                self.assertEqual((one.safe_to_trade, one.answered), (safe, answered))
                self.assertEqual(client.get_context("BTC/USDT")["safe_to_trade"], safe)
                if not answered:
                    self.assertEqual(
                        (answer.position_scale, answer.recommendation, answer.why),
                        (0, "no_entry", "there is no current market data for BTC/USDT: Risk is low at 0.25.")
                    )

    def test_last_is_the_last_answer_with_market_data(self):
        clock = ManualClock()
        with FaultyServer() as server:
            server.changes = UNSAFE
            client = RemoraClient(server.url, on_error="last", clock=clock, last_seconds=60, cache_seconds=0)
            self.assertTrue(client.risk("BTC/USDT").answered)
            server.changes = {"state": "unknown"}
            for seconds in (20, 39):
                clock.pass_seconds(seconds)
                answer = client.risk("BTC/USDT")
                self.assertEqual(
                    (answer.safe_to_trade, answer.answered, answer.state, answer.blocked_by),
                    (False, False, "ok", ("risk_score",))
                )
                self.assertIn("because there is no current market data for BTC/USDT", answer.why)
            clock.pass_seconds(2)
            self.assertTrue(client.is_safe("BTC/USDT"))

    def test_many_threads_send_one_request_per_period_to_a_failed_service(self):
        clock = ManualClock()
        with FaultyServer() as server, self.assertLogs("remora", logging.WARNING):
            server.mode = "slow"
            client = RemoraClient(server.url, timeout=0.3, clock=clock)
            client.risk("BTC/USDT")
            clock.pass_seconds(11)
            threads = [threading.Thread(target=client.risk, args=(f"X{n}/USDT",)) for n in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len(server.requests), 2)

    def test_is_safe_never_raises(self):
        with self.assertLogs("remora", logging.WARNING):
            for pair in (7, "", b"BTC/USDT", object()):
                self.assertTrue(RemoraClient("http://127.0.0.1:9").is_safe(pair))
                self.assertFalse(RemoraClient("http://127.0.0.1:9", on_error="block").is_safe(pair))


class Caching(unittest.TestCase):
    def test_a_recent_answer_is_cached(self):
        clock = ManualClock()
        with FaultyServer() as server:
            client = RemoraClient(server.url, cache_seconds=5, clock=clock)
            client.risk("BTC/USDT")
            clock.pass_seconds(4)
            client.risk("BTC/USDT")
            self.assertEqual(len(server.requests), 1)
            clock.pass_seconds(2)
            client.risk("BTC/USDT")
            self.assertEqual(len(server.requests), 2)

    def test_cached_answers_are_old_after_a_suspension(self):
        clock = ManualClock()
        with FaultyServer() as server:
            client = RemoraClient(server.url, cache_seconds=5, clock=clock)
            client.risk("BTC/USDT")
            clock.sleep_machine(3600)
            client.risk("BTC/USDT")
            self.assertEqual(len(server.requests), 2)


class Settings(unittest.TestCase):
    def test_url_and_key_come_from_the_environment_and_arguments_win(self):
        with FaultyServer() as server, mock.patch.dict(
            os.environ, REMORA_URL=server.url + "/", REMORA_API_KEY="from-environment"
        ):
            RemoraClient().risk("BTC/USDT")
            RemoraClient(api_key="given").risk("BTC/USDT")
            self.assertEqual(
                [headers["Authorization"] for _, headers in server.requests],
                ["Bearer from-environment", "Bearer given"]
            )
            self.assertEqual(server.requests[0][0], "/api/v1/risk?pair=BTC%2FUSDT")

    def test_a_key_is_optional_and_sent_only_to_the_service(self):
        with FaultyServer() as server, mock.patch.dict(os.environ), self.assertLogs("remora", logging.WARNING):
            os.environ.pop("REMORA_API_KEY", None)
            server.mode = "redirect"
            self.assertFalse(RemoraClient(server.url).risk("BTC/USDT").answered)
            self.assertEqual(
                [(path, headers.get("Authorization")) for path, headers in server.requests],
                [("/api/v1/risk?pair=BTC%2FUSDT", None)]
            )

    def test_wrong_settings_are_named(self):
        for wrong, named in (
            ({"base_url": "secret-key"}, "base_url"), ({"base_url": "ftp://x"}, "base_url"),
            ({"base_url": "http://x:y"}, "base_url"), ({"base_url": "http://x/é"}, "base_url"),
            ({"on_error": "allow "}, "on_error"),
            ({"timeout": 0}, "timeout"), ({"cache_seconds": -1}, "cache_seconds"),
            ({"api_key": "a\r\nb: c"}, "api_key"), ({"breaker_seconds": float("nan")}, "breaker_seconds"),
        ):
            with self.subTest(wrong=wrong), self.assertRaises(ValueError) as raised:
                RemoraClient(**wrong)
            self.assertIn(named, str(raised.exception))
            self.assertNotIn("secret-key", str(raised.exception))


class OverTls(unittest.TestCase):
    def test_a_certificate_is_checked(self):
        if shutil.which("openssl") is None:
            self.skipTest("openssl is not installed")
        with tempfile.TemporaryDirectory() as folder:
            names = [
                "-keyout", f"{folder}/key", "-out", f"{folder}/certificate", "-subj", "/CN=remora", "-addext",
                "subjectAltName=IP:127.0.0.1"
            ]
            made = subprocess.run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    *names
                ],
                capture_output=True, text=True
            )
            self.assertEqual(made.returncode, 0, made.stderr)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
            with FaultyServer(tls) as server, self.assertLogs("remora", logging.WARNING):
                self.assertIn("CERTIFICATE_VERIFY_FAILED", RemoraClient(server.url, "key").risk("BTC/USDT").error)
                self.assertEqual(server.requests, [])
                with mock.patch.dict(os.environ, SSL_CERT_FILE=f"{folder}/certificate"):
                    answer = RemoraClient(server.url, "key").risk("BTC/USDT")
                self.assertTrue(answer.answered, answer.error)
