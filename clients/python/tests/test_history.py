"""History of a service with a store: rows of `remora history build --store`, and a backtest."""

import csv
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

from remora import RemoraClient, RemoraError
from tests import service, tape

DAYS = 12
START = datetime(2024, 1, 1, tzinfo=timezone.utc)
END = START + timedelta(days=DAYS, minutes=1)
ROWS = DAYS * 288


class ThePast(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        candles = tape.write(cls.folder / "candles.csv", DAYS)
        built = service.remora(
            "history", "build", "--candles", f"BTC/USDT={candles}", "--to", str(cls.folder), "--policy",
            "remora-1", "--store", "--data",
            str(cls.folder / "data/sandbox")
        )
        if built.returncode != 0:
            raise AssertionError(built.stderr)
        cls.file = cls.folder / "BTC_USDT-history.csv"
        cls.rows = list(csv.DictReader(cls.file.open()))
        running = service.Service(
            lambda url: service.read_json(f"{url}/api/v1/history?pair=BTC/USDT&from=2024-01-01")["rows"], "--pairs",
            "BTC/USDT", "--data", str(cls.folder / "data"), store="true"
        )
        cls.url = running.start().url
        cls.addClassCleanup(running.stop)
        cls.client = RemoraClient(cls.url, timeout=10)

    def test_paged_assessments_equal_the_file(self):
        found = self.client.history("BTC/USDT", START, END, interval="each")
        self.assertEqual(len(found), ROWS)  # four pages
        for row, expected in zip(found, self.rows):
            self.assertEqual(row["time"].strftime("%Y-%m-%dT%H:%M:%SZ"), expected["as_of"])
            self.assertEqual(
                (row["as_of"], row["safe_to_trade"], "|".join(row["blocked_by"])),
                (expected["as_of"], expected["safe_to_trade"] == "true", expected["blocked_by"])
            )
            for name in ("risk_score", "position_scale", "volatility", "close"):
                self.assertEqual(row[name], float(expected[name]) if expected[name] else None, name)
            self.assertEqual(
                (row["regime"], row["risk_class"]), (expected["regime"] or None, expected["risk_class"] or None)
            )

    def test_the_short_side_equals_the_engine(self):
        built = service.remora(
            "history", "build", "--candles", f"BTC/USDT={self.folder / 'candles.csv'}", "--to", str(self.folder),
            "--side", "short", "--policy", "remora-1"
        )
        self.assertEqual(built.returncode, 0, built.stderr)
        expected = list(csv.DictReader((self.folder / "BTC_USDT-history-short.csv").open()))
        self.assertNotEqual([row["risk_score"] for row in expected], [row["risk_score"] for row in self.rows])
        found = self.client.history("BTC/USDT", START, END, interval="each", side="short")
        self.assertEqual(
            [row["risk_score"] for row in found],
            [float(row["risk_score"]) if row["risk_score"] else None for row in expected]
        )
        self.assertEqual(
            [(row["safe_to_trade"], row["state"]) for row in found],
            [(row["safe_to_trade"] == "true", row["state"]) for row in expected]
        )
        days = self.client.history("BTC/USDT", START, END, interval="1d", side="short")
        self.assertEqual(sum(row["blocked"] for row in days), sum(row["safe_to_trade"] == "false" for row in expected))

    def test_buckets_equal_the_aggregated_file(self):
        minutes = self.client.history("BTC/USDT", START, END, interval="1m")
        self.assertEqual(
            [row["time"].strftime("%Y-%m-%dT%H:%M:%SZ") for row in minutes], [row["as_of"] for row in self.rows]
        )
        days = self.client.history("BTC/USDT", START, END, interval="1d")
        blocked = [row["as_of"][:10] for row in self.rows if row["safe_to_trade"] == "false"]
        self.assertGreater(len(blocked), 0)
        for row in days:
            self.assertEqual(row["blocked"], blocked.count(row["time"].strftime("%Y-%m-%d")))
        self.assertEqual(sum(row["assessments"] for row in days), ROWS)

    def test_a_span_a_page_and_missing_rows(self):
        self.assertEqual(len(self.client.history("BTC/USDT", START, START + timedelta(hours=1), interval="each")), 11)
        self.assertEqual(self.client.history("BTC/USDT", START - timedelta(days=9), START, interval="each"), [])
        with self.assertRaises(RemoraError) as missing:
            self.client.history("ETH/USDT", START)
        self.assertEqual(missing.exception.status, 404)
        with self.assertRaises(RemoraError) as storeless:
            RemoraClient(service.url()).history("BTC/USDT", START)
        self.assertEqual(storeless.exception.status, 503)

    def test_a_backtest_gated_by_the_service_equals_one_gated_by_the_file(self):
        try:
            import pandas as pd
        except ImportError:
            self.skipTest("no pandas: on Debian, apt-get install python3-pandas")
        from tests.standin import RunMode, make, signals
        from tests.test_freqtrade import Always

        if shutil.which("curl") is None:
            self.skipTest("curl is not installed")
        tutorial = (service.REPOSITORY / "docs/freqtrade.md").read_text(encoding="utf-8")
        (command,) = re.findall(r"^curl .*interval=each.*$", tutorial, re.MULTILINE)
        (self.folder / "user_data/remora").mkdir(parents=True)
        subprocess.run(
            shlex.split(command.replace("http://127.0.0.1:8000", self.url)), check=True, cwd=self.folder, timeout=60
        )
        downloaded = self.folder / "user_data/remora/BTC_USDT-service.csv"
        dates = pd.date_range("2023-12-31", periods=ROWS + 600, freq="5min", tz="UTC")
        ours, theirs = (
            signals(
                make(Always, RunMode.BACKTEST, history=str(file), tag_entries=True),
                pd.DataFrame({"date": dates, "close": 1.0})
            ) for file in (self.file, downloaded)
        )
        ours, theirs = ours[ours["date"] < END], theirs[theirs["date"] < END]  # later rows are only in the service
        pd.testing.assert_frame_equal(ours, theirs)
        self.assertTrue(0 < (ours["enter_long"] == 0).sum() < ROWS)
