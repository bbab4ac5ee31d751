"""Runs every block of docs/pandas.md on generated candles, and checks its figures."""

import contextlib
import importlib.util
import io
import os
import re
import shlex
import tempfile
import unittest
from pathlib import Path

from tests import service, tape

PAGE = service.REPOSITORY / "docs/pandas.md"


MISSING = [module for module in ("pandas", "pyarrow") if importlib.util.find_spec(module) is None]


@unittest.skipIf(MISSING, f"docs/pandas.md: not installed: {', '.join(MISSING)}")
class ThePandasPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.addClassCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        tape.write(Path("candles.csv"), 60)
        blocks = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        cls.names, output, ran = {}, io.StringIO(), {"sh": 0, "python": 0}
        for language, text in blocks:
            ran[language] += 1  # a block in any other language fails here: it would not be run
            if language == "python":
                with contextlib.redirect_stdout(output):
                    exec(compile(text, str(PAGE), "exec"), cls.names)
                continue
            for line in text.splitlines():
                made = service.remora(*shlex.split(line)[1:], cwd=folder.name)
                if made.returncode != 0:
                    raise AssertionError(f"{line}\n{made.stdout}{made.stderr}")
        cls.output, cls.ran = output.getvalue(), ran

    def test_every_block_ran(self):
        self.assertEqual(self.ran, {"sh": 1, "python": 6})
        gains = re.findall(r"^gated minus .+: [+-][\d.]+% to [+-][\d.]+% per year$", self.output, re.M)
        self.assertEqual(len(gains), 3)

    def test_positions(self):
        """A gated position is the strategy's or none, and follows the answer at its entry."""
        wanted, gated, rows = (self.names[name] for name in ("wanted", "gated", "rows"))
        self.assertGreater(len(rows), 8_000)
        self.assertTrue(((gated == wanted) | (gated == 0)).all())
        entries, entered = wanted.diff() > 0, gated.diff() > 0
        self.assertTrue(rows["safe_to_trade"][entered].all())
        self.assertFalse(rows["safe_to_trade"][entries & ~entered].any())
        self.assertGreater((entries & ~entered).sum(), 0, "the tape blocks no entry")
        self.assertTrue((self.names["sized"] <= wanted).all())

    def test_returns_come_from_later_candles(self):
        import pandas

        rows, daily, close = (self.names[name] for name in ("rows", "daily", "close"))
        one = pandas.Series(0.0, rows.index)
        one.iloc[5000] = 1  # held over one candle: two fees
        earned = close.iloc[5001] / close.iloc[5000] - 1 - 0.001
        self.assertAlmostEqual(daily(one).sum(), (1 + earned) * (1 - 0.001) - 1, 12)

    def test_constant_stakes(self):
        runs, names = self.names["runs"], self.names
        self.assertAlmostEqual((names["by_exposure"] * names["wanted"]).mean(), names["gated"].mean(), 12)
        shortfall = names["shortfall"]
        self.assertAlmostEqual(shortfall(runs["equal shortfall"]), shortfall(runs["gated"]), 12)
        self.assertTrue(0 < names["by_shortfall"] <= 1.5)

    def test_figures(self):
        import pandas

        figures = self.names["figures"]
        found = figures(pandas.Series([0.1, -0.2, 0.05, 0.0, 0.1]))
        self.assertAlmostEqual(found["total return"], 1.1 * 0.8 * 1.05 * 1.1 - 1, 12)
        self.assertAlmostEqual(found["maximum drawdown"], 0.2, 12)
        self.assertAlmostEqual(found["winning days"], 0.75, 12)
        self.assertAlmostEqual(found["worst day"], -0.2, 12)
        self.assertAlmostEqual(found["expected shortfall"], -0.2, 12)
        self.assertAlmostEqual(figures(pandas.Series([-0.1, 0.05]))["maximum drawdown"], 0.1, 12)
        self.assertAlmostEqual(found["Sharpe"], 0.01 / 0.12449899597988733 * 365**0.5, 9)
        self.assertEqual(list(self.names["table"].columns), list(self.names["runs"].columns))

    def test_an_interval_finds_a_difference(self):
        import pandas

        interval = self.names["interval"]
        low, high = interval(pandas.Series([0.01, -0.01] * 100))
        self.assertTrue(low <= 0 <= high)
        low, high = interval(pandas.Series([0.02, 0.01] * 100))
        self.assertTrue(0 < low <= high)

    def test_outcomes_are_later(self):
        outcome, close = self.names["outcome"], self.names["close"]
        moment = outcome.index[3000]
        at = close.index.get_loc(moment)
        self.assertAlmostEqual(outcome["return"].iloc[3000], close.iloc[at + 48] / close.iloc[at] - 1, 12)


if __name__ == "__main__":
    unittest.main()
