"""docs/python.md: every line of Python in it runs, in order, in one process."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

from tests import native, service, tape

PAGE = service.REPOSITORY / "docs/python.md"
START = 1_737_331_200_000  # 2025-01-20, so that the trades of the page are in the tape
DAYS = 60


class ThePage(unittest.TestCase):
    def test_every_line_runs_and_the_backtest_counts(self):
        native.require_numpy()
        try:
            import pandas
        except ImportError:
            self.skipTest("no pandas: on Debian, apt-get install python3-pandas")
        blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        self.assertEqual(len(blocks), 7)
        checks = "\n".join((
            "assert len(risk) == len(candles) and risk.index.equals(candles.index)",
            "assert len(moves) == len(candles) and moves['forecast_confidence'].max() > 0",
            "assert (known['as_of'] <= known['opened']).all()",
            "assert not strict['risk_score'].equals(risk['risk_score'])",
            "assert set(own['policy']) == {'own'}",
            "assert (fearful['risk_external'] != risk['risk_external']).any()",
            "assert answer.as_of == risk['as_of'].iloc[-1]",
            "assert answer.risk_score == risk['risk_score'].iloc[-1]",
            "assert 0 < len(entries) and 0 < kept.sum() and 0 < chance <= 1",
            "print('all checked')",
        ))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            frame = pandas.DataFrame(tape.rows(DAYS), columns=tape.HEADER.split(","))
            frame["timestamp"] += START - tape.START
            frame.to_csv(folder / "BTCUSDT-5m.csv.gz", index=False)
            days = "".join(f"{START + day * 86_400_000},{20 + day % 50}\n" for day in range(DAYS))
            (folder / "fear-greed.csv").write_text("timestamp,value\n" + days)
            (folder / "page.py").write_text("\n".join([*blocks, checks]), encoding="utf-8")
            environment = {
                **os.environ, "PYTHONPATH": str(service.REPOSITORY / "clients/python/src"),
                "REMORA_ENGINE_LIBRARY": native.require()
            }
            run = subprocess.run(
                [sys.executable, "page.py"], cwd=folder, env=environment, capture_output=True, text=True
            )
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("all checked", run.stdout)
            for picture in (folder / "python-risk.svg", PAGE.parent / "images/python-risk.svg"):
                drawn = list(ElementTree.parse(picture).getroot())
                lines = [one.get("points").split() for one in drawn if one.tag.endswith("polyline")]
                self.assertEqual([len(points) for points in lines], [720] * 3, picture)
                self.assertTrue(any(one.get("fill") == "#f2b8b5" for one in drawn), picture)
            self.assertRegex(run.stdout, r"\d+ entries, mean -?[\d.]+%; \d+ kept, mean -?[\d.]+%")

    def test_the_kinds_of_frames_and_the_commands_exist(self):
        page = PAGE.read_text(encoding="utf-8")
        self.assertIn("./package python", page)
        version = re.search(r"remora-([\d.]+)-py3-none-manylinux_2_34_x86_64", page)[1]
        import remora

        self.assertEqual(version, remora.__version__)
