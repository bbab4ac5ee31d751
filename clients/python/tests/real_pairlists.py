"""Pairlists of the real Freqtrade: the service follows the bot's, and the bot reads the service's.

Needs Freqtrade; without it, the tests are skipped. No trade is made.
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests import service
from tests.freqtrade_rig import LONGEST, PASSWORD, USER, Bot, configuration, until

STRATEGY = """
from freqtrade.strategy import IStrategy


class Never(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    minimal_roi = {"0": 0.1}
    stoploss = -0.1

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""


class Pairlists(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "strategies").mkdir()
        (self.folder / "strategies/never.py").write_text(STRATEGY)
        self.sandbox = service.Sandbox().start()
        self.addCleanup(self.sandbox.stop)

    def start(self, *arguments, **environment):
        found = service.Service(
            lambda url: service.read_json(f"{url}/api/v1/status")["ready"], *arguments, store="false",
            sandbox=self.sandbox.url, **environment
        )
        found.start()
        self.addCleanup(found.stop)
        return found.url

    def configure(self, pairlists):
        config = self.folder / "config.json"
        config.write_text(json.dumps({**configuration(self.sandbox.url), "pairlists": pairlists}))
        return str(config)

    def test_the_bot_reads_the_pairlist_of_the_service(self):
        url = self.start("--pairs", "BTC/USDT,ETH/USDT,SOL/USDT,XRP/USDT")
        address = f"{url}/api/v1/pairlist?max_risk=0.9&quote=USDT"
        config = self.configure([
            {"method": "StaticPairList", "allow_inactive": True},
            {"method": "RemotePairList", "pairlist_url": address, "refresh_period": 60, "processing_mode": "append"},
        ])

        def read():
            """Returns the service's list and the bot's, if the former is the same before and after."""
            before = service.read_json(address)["pairs"]
            run = subprocess.run(
                [
                    sys.executable, "-m", "freqtrade", "test-pairlist", "--userdir", str(self.folder), "-c", config,
                    "--quote", "USDT", "--print-json"
                ],
                capture_output=True, text=True, timeout=LONGEST, cwd=self.folder
            )
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            line = next(line for line in run.stdout.splitlines() if line.startswith("["))
            return (before, json.loads(line)) if service.read_json(address)["pairs"] == before else None

        listed, read_by_bot = until(read, "the same list twice")
        # StaticPairList gives BTC/USDT; the other pairs come from the service, in its order.
        self.assertEqual(read_by_bot, list(dict.fromkeys(["BTC/USDT", *listed])))

    def test_the_service_follows_the_whitelist_of_the_bot(self):
        pairs = self.folder / "pairs.json"
        pairs.write_text(json.dumps({"pairs": ["BTC/USDT", "XRP/USDT"]}))
        bot = Bot(
            self.folder, "Never", self.sandbox.url,
            pairlists=[{"method": "RemotePairList", "pairlist_url": f"file:///{pairs}", "refresh_period": 1}]
        )
        url = self.start("--follow", bot.url, "--user", USER, "--pairs", "BTC/USDT", FREQTRADE_PASSWORD=PASSWORD)
        self.addCleanup(bot.end)
        bot.start()

        def added():
            return [pair["pair"] for pair in service.read_json(f"{url}/api/v1/status")["added"]["pairs"]]

        bot.until(lambda: added() == ["XRP/USDT"], "XRP/USDT is tracked")
        pairs.write_text(json.dumps({"pairs": ["BTC/USDT", "XRP/USDT", "ADA/USDT", "DOGE/USDT"]}))
        bot.until(lambda: added() == ["XRP/USDT", "ADA/USDT", "DOGE/USDT"], "ADA/USDT and DOGE/USDT are tracked")
        answer = f"{url}/api/v1/risk?pair=ADA/USDT"
        until(lambda: service.read_json(answer)["risk_score"] is not None, "ADA/USDT has a score")
        self.assertEqual(service.read_json(f"{url}/api/v1/status")["added"]["refused"], [])
