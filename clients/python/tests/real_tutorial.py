"""docs/freqtrade-tutorial.md and deploy/compose.freqtrade.yaml, run with the real bot.

Every command of the page runs, in a copy of the folder, except `venv` and `pip install freqtrade`,
which ../test.sh does, and Docker.
"""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests.freqtrade_rig import Running, until  # skips without Freqtrade

from tests import building, service

PAGE = service.REPOSITORY / "docs/freqtrade-tutorial.md"
COMPOSE = service.REPOSITORY / "deploy/compose.freqtrade.yaml"
BLOCK = re.compile(r"^```sh( background)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_HERE = ("python3 -m venv", "freqtrade-venv/bin/pip install freqtrade", "docker ")
BLOCKED = "Remora blocks a long entry of BTC/USDT: flag_extreme_fear"


class TheTutorial(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if importlib.util.find_spec("yaml") is None:
            raise unittest.SkipTest("no yaml")
        import yaml

        cls.compose = yaml.safe_load(COMPOSE.read_text())

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("remora", "clients", "deploy"):
            (self.folder / name).symlink_to(service.REPOSITORY / name)
        (self.folder / "freqtrade-venv").symlink_to(sys.prefix)
        self.ports = {port: str(service.free_port()) for port in ("8000", "8080", "8099")}
        (self.folder / "examples/freqtrade").mkdir(parents=True)
        for source in (service.REPOSITORY / "examples/freqtrade").iterdir():
            (self.folder / "examples/freqtrade" / source.name).write_text(self.here(source.read_text()))
        self.started = []

    def here(self, text):
        """Returns a text with this test's ports."""
        return re.sub(r"(?<=[ :])(8000|8080|8099)\b", lambda port: self.ports[port[0]], text)

    def environment(self, name=None):
        """Returns the variables of this test, or those of a container with their defaults."""
        own = {
            **{key: value for key, value in building.environment().items() if key not in ("PYTHONPATH", "REMORA_URL")},
            "PYTHONPATH": str(self.folder / "packages"), "REMORA_POLICY": "remora-1",
            "REMORA_URL": f"http://127.0.0.1:{self.ports['8000']}", "REMORA_STORE": "false",
            "REMORA_DATA": str(self.folder / "data"), "NO_COLOR": "1", "FREQTRADE_PASSWORD": "SuperSecret1!"
        }
        given = self.compose["services"][name].get("environment", {}) if name else {}
        given = {key: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for key, value in given.items()}
        return {**own, **{key: self.in_network(value) for key, value in given.items()}}

    def in_network(self, text):
        """Returns a text of the compose file with the addresses of this test."""
        text = re.sub(r"(remora|freqtrade):(8000|8080)", r"127.0.0.1:\2", text).replace("0.0.0.0", "127.0.0.1")
        return self.here(text.replace("/freqtrade/user_data", str(self.folder / "user_data")))

    def run_line(self, line, env):
        run = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=env, capture_output=True, text=True, timeout=240
        )
        self.assertIn(run.returncode, (0, 1) if "remora ask" in line else (0,), f"{line}\n{run.stdout}{run.stderr}")
        return run.stdout

    def start(self, line, env, name):
        """Starts the last command of some lines, as written but for its executable's place."""
        before, _, command = line.strip().rpartition("\n")
        exports = dict(re.findall(r"^export (\w+)=(.*)$", before, re.MULTILINE))
        words = shlex.split(command)
        if words[0] == "./remora":
            words[0] = service.PROGRAM
        log = self.folder / f"{name}.log"
        running = Running(words, log, self.folder, {**env, **exports})
        self.addCleanup(running.end)
        return running

    def blocks(self):
        text = PAGE.read_text(encoding="utf-8")
        found = [(bool(kind), self.here(block).strip()) for kind, block in BLOCK.findall(text)]
        self.assertGreaterEqual(len(found), 9)
        background = {re.search(r"(sandbox|serve|trade|locks) ", block)[1]: block for kind, block in found if kind}
        return [block for kind, block in found if not kind], background

    def answers(self, path):
        return service.read_json(f"http://127.0.0.1:{self.ports['8000']}{path}")

    def test_from_nothing_to_a_gated_dry_run_and_the_same_in_containers(self):
        building.require_pip()
        commands, background = self.blocks()
        lines = [line for block in commands for line in block.splitlines()]
        env = self.environment()
        world = f"http://127.0.0.1:{self.ports['8099']}"

        self.start(background["sandbox"] + " --history-days 40", env, "sandbox")
        until(lambda: service.read_json(f"{world}/sandbox/clock"), "the sandbox")
        (hold,) = [line for line in lines if "/sandbox/signals" in line]
        self.assertIn('"fear_greed":5', self.run_line(hold, env).replace(" ", ""))
        # The command of the page, with the variables of the container.
        self.start(
            f"{background['serve']} --port {self.ports['8000']} --sandbox {world}", self.environment("remora"), "serve"
        )
        until(lambda: not self.answers("/api/v1/risk?pair=BTC/USDT")["safe_to_trade"], "an answer of the service")

        ran, bot, force = 0, None, ""
        for line in lines:
            if line == hold or line.startswith(NOT_HERE) or "build_file" in line:
                continue
            if "pip install" in line:
                options = "--quiet --target packages"
                line = line.replace("pip install", f"pip install {options}")
            if "/ping" in line:
                bot = self.start(
                    background["trade"] + " --config examples/freqtrade/config-sandbox.json", env, "bot"
                )
                until(lambda line=line: "pong" in self.ping(line, env, bot), bot.log)
                continue
            if "/locks" in line:
                locks = self.start(background["locks"], env, "locks")
                until(lambda line=line: '"remora: ' in self.run_line(line, env), locks.log)
                continue
            said = self.run_line(line, env)
            force = said if "forceenter" in line else force
            ran += 1
        self.assertGreaterEqual(ran, 5)
        self.assertIn("Failed to enter position for BTC/USDT", force)
        self.assertIn(BLOCKED, bot.log())
        self.assertTrue((self.folder / "packages/remora").is_dir())
        locks.end()
        bot.end()

        # The same with the guard as one file, by the commands of the containers.
        shutil.rmtree(self.folder / "packages")
        (one_file,) = [line for line in lines if "build_file" in line]
        self.run_line(one_file, env)
        command = [self.in_network(word) for word in self.compose["services"]["freqtrade"]["command"]]
        command = ["freqtrade-venv/bin/freqtrade", *command, "--config", "examples/freqtrade/config-sandbox.json"]
        bot = self.start(shlex.join(command), self.environment("freqtrade"), "bot-of-compose")
        kind, *check = self.compose["services"]["freqtrade"]["healthcheck"]["test"]
        self.assertEqual(kind, "CMD")
        check = [sys.executable, *(self.here(word) for word in check[1:])]
        until(lambda: subprocess.run(check, capture_output=True).returncode == 0, bot.log)
        (enter,) = [line for line in lines if "forceenter" in line]
        self.assertIn("Failed to enter position for BTC/USDT", self.run_line(enter, env))
        self.assertIn(BLOCKED, bot.log())
        command = [self.in_network(word) for word in self.compose["services"]["locks"]["command"]]
        locks = self.start(shlex.join(["./remora", *command]), env, "locks-of-compose")
        until(lambda: "maintaining locks in" in locks.log(), locks.log)

    def ping(self, line, env, bot):
        self.assertIsNone(bot.process.poll(), bot.log())
        return subprocess.run(["bash", "-c", line], cwd=self.folder, env=env, capture_output=True, text=True).stdout

    def test_the_compose_file_refers_only_to_what_exists(self):
        services, volumes = self.compose["services"], self.compose["volumes"]
        for name, found in services.items():
            self.assertIn("image", found, name)
            self.assertTrue(set(found.get("depends_on", ())) <= set(services), name)
            self.assertTrue(all(port.startswith("127.0.0.1:") for port in found.get("ports", ())), name)
            for volume in found.get("volumes", ()):
                source = volume.split(":")[0]
                self.assertTrue(source in volumes or source == "../user_data", volume)
            if "build" in found:
                self.assertTrue((COMPOSE.parent / found["build"]["context"] / found["build"]["dockerfile"]).is_file())
        # The bot waits for Remora's health check, which the image has.
        self.assertEqual(services["freqtrade"]["depends_on"]["remora"]["condition"], "service_healthy")
        image = (COMPOSE.parent / "Dockerfile").read_text()
        self.assertIn("\nHEALTHCHECK ", image)
        self.assertEqual(services["remora"]["image"], services["locks"]["image"])
        example = json.loads((service.REPOSITORY / "examples/freqtrade/config-dry-run.json").read_text())
        self.assertIn(example["api_server"]["username"], services["locks"]["command"])
