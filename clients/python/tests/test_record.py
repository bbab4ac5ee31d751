"""The candles that a service has stored give the answers that it has recorded, bit for bit."""

import csv
import tempfile
import time
import unittest
from datetime import datetime, timezone
from pathlib import Path

from tests import native, service, tape

import remora

np = native.require_numpy()

ROWS = 12  # of those that the service records while it runs
# 30 days after the midnight at which the tape begins: the past that a service asks for.
START = "2024-01-31T02:00:00Z"


class RecordedAnswers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        native.require()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        tape.write(cls.folder / "tape.csv", 32)
        cls.warm = None
        running = service.Service(
            cls.is_warm, f"BTC/USDT={cls.folder / 'tape.csv'}", "--start", START, "--speed", "600", "--pairs",
            "BTC/USDT", "--data", str(cls.folder / "data"), sandbox="--replay", store="true"
        )
        url = running.start().url
        cls.addClassCleanup(running.stop)
        until = time.monotonic() + 180
        while len(cls.stored(url)) < ROWS and time.monotonic() < until:
            time.sleep(0.5)
        cls.rows = {side: cls.recorded(url, side) for side in ("long", "short")}
        exported = service.remora(
            "history", "export", "--pair", "BTC/USDT", "--what", "candles", "--to", str(cls.folder / "candles.csv"),
            "--url", url
        )
        if exported.returncode != 0:
            raise AssertionError(exported.stderr)

    @classmethod
    def is_warm(cls, url):
        """Whether the model has the whole past, so that later answers have it too."""
        answer = service.read_json(f"{url}/api/v1/risk?pair=BTC/USDT")
        cls.warm = answer["as_of"] if answer["warm_up"] == 1 else None
        return cls.warm is not None

    @classmethod
    def stored(cls, url):
        """Returns what is recorded; nothing while the store is being opened."""
        try:
            return cls.recorded(url)
        except remora.RemoraError:
            return []

    @classmethod
    def recorded(cls, url, side="long"):
        client = remora.RemoraClient(url, timeout=10)
        rows = client.history("BTC/USDT", datetime(2024, 1, 31, tzinfo=timezone.utc), interval="each", side=side)
        return [row for row in rows if row["as_of"] > cls.warm]

    def test_the_stored_candles_give_the_recorded_answers(self):
        with (self.folder / "candles.csv").open() as file:
            stored = list(csv.DictReader(file))
        candles = {name: np.array([float(row[name]) for row in stored]) for name in tape.HEADER.split(",")[1:]}
        candles["timestamp"] = np.array([milliseconds(row["opened"]) for row in stored], dtype=np.int64)
        self.assertEqual(candles["timestamp"][0], tape.START)
        for side, rows in self.rows.items():
            assessed = remora.assess(candles, pair="BTC/USDT", timeframe="5m", side=side, policy="remora-1")
            self.assertEqual(rows[0].keys() - assessed.keys(), {"time"})
            place = {plain(as_of): i for i, as_of in enumerate(assessed["as_of"])}
            self.assertGreaterEqual(len(rows), ROWS)
            for row in rows:
                i = place[row["as_of"]]
                self.assertIsNotNone(row["risk_score"])
                self.assertIsNotNone(row["forecast_volatility_4h"])
                for name in row.keys() - {"time"}:
                    self.assertEqual(plain(assessed[name][i]), plain(row[name]), f"{name} of {side} at {row['as_of']}")


def milliseconds(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def plain(value):
    """Returns a value of a column or of a row in one form; numbers unchanged, unknown ones None."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, list):
        return "|".join(value)
    return value
