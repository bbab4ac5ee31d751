"""Runs every example, and every command and snippet of the tutorial."""

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

from tests import building, native, service, tape
from tests.faulty import UNSAFE, FaultyServer

EXAMPLES = service.REPOSITORY / "examples"
SOURCES = service.REPOSITORY / "clients/python/src"
NOBODY = "http://127.0.0.1:9"


def run(*command, url, **environment):
    env = {**os.environ, "REMORA_URL": url, "PYTHONPATH": str(SOURCES), **environment}
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, env=env)


def need(test, *programs):
    for program in programs:
        if shutil.which(program) is None:
            test.skipTest(f"{program} is not installed")


class Verdicts(unittest.TestCase):
    """Checks the same five situations for every example with an exit code."""

    def check(self, *command, refused=0, **environment):
        live = run(*command, url=service.url(), **environment)
        self.assertIn(live.returncode, (0, 1), live.stdout + live.stderr)
        with FaultyServer() as server:
            self.assertEqual(run(*command, url=server.url, **environment).returncode, 0)
            server.changes = UNSAFE
            unsafe = run(*command, url=server.url, **environment)
            self.assertEqual(unsafe.returncode, 1, unsafe.stdout + unsafe.stderr)
            # With "slow", the verdict comes after 5 s, and would be 'not safe'.
            for mode in ("slow", "500", "429", "html", "truncated", "schema"):
                server.mode = mode
                with self.subTest(mode=mode):
                    faulty = run(*command, url=server.url, **environment)
                    self.assertEqual(faulty.returncode, 0, faulty.stdout + faulty.stderr)
        self.assertEqual(run(*command, url=NOBODY, **environment).returncode, 0)
        return live, unsafe

    def test_curl_and_jq(self):
        need(self, "curl", "jq")
        live, unsafe = self.check(EXAMPLES / "bots/curl.sh", "BTC/USDT")
        self.assertRegex(live.stdout, r"^BTC/USDT: (safe|not safe: .+), risk 0\.\d+\n$")
        self.assertEqual(unsafe.stdout, "BTC/USDT: not safe: risk_score, risk 0.8\n")

    def test_shell_guard(self):
        with tempfile.TemporaryDirectory() as folder:
            enter = Path(folder) / "enter.sh"
            enter.write_text("#!/bin/sh\necho entered \"$@\"\n")
            enter.chmod(0o755)
            command = (EXAMPLES / "bots/guard.sh", "BTC/USDT", enter, "now")
            _, unsafe = self.check(*command, REMORA=service.PROGRAM)
            self.assertNotIn("entered", unsafe.stdout)
            self.assertEqual(run(*command, url=NOBODY, REMORA=service.PROGRAM).stdout, "entered now\n")

    def test_javascript(self):
        need(self, "node")
        live, unsafe = self.check("node", EXAMPLES / "bots/ask.mjs", "BTC/USDT")
        self.assertRegex(live.stdout, r"^BTC/USDT: (enter|wait) \(")
        self.assertEqual(unsafe.stdout, "BTC/USDT: wait (risk_score)\n")

    def test_javascript_on_the_stream(self):
        need(self, "node")
        env = {**os.environ, "REMORA_URL": service.url()}
        with subprocess.Popen(
            ["node", str(EXAMPLES / "bots/watch.mjs"), "BTC/USDT,ETH/USDT"], stdout=subprocess.PIPE, text=True, env=env
        ) as watch:
            lines = [watch.stdout.readline() for _ in range(4)]
            watch.kill()
        for line in lines:
            self.assertRegex(line, r"^(BTC|ETH)/USDT: (safe|not safe: .+), regime \w+\n$")
        self.assertEqual(run("node", EXAMPLES / "bots/watch.mjs", "NOPE/USDT", url=service.url()).returncode, 2)

    def test_the_browsers_page(self):
        """Runs in Node.js with test doubles of the browser objects that the page uses."""
        need(self, "node")
        script = re.search(r"<script>(.*?)</script>", (EXAMPLES / "bots/watch.html").read_text(), re.DOTALL)[1]
        browser = """
            const items = [], listeners = {};
            const parent = { appendChild: (item) => (items.push(item), item) };
            globalThis.document = { title: "", getElementById: () => parent, createElement: () => ({}) };
            globalThis.EventSource = class {
                constructor(url) { this.url = url; globalThis.opened = this; }
                addEventListener(name, listener) { listeners[name] = listener; }
            };
        """
        events = """
            const answer = (pair, safe) => {
                const found = { pair, safe_to_trade: safe, blocked_by: safe ? [] : ["panic"], regime: "bull" };
                listeners.assessment({ data: JSON.stringify(found) });
            };
            answer("BTC/USDT", true); answer("ETH/USDT", true); answer("BTC/USDT", false); opened.onerror();
            console.log(JSON.stringify([opened.url, document.title, ...items.map((item) => item.textContent)]));
        """
        page = run("node", "-e", browser + script + events, url=NOBODY)
        shown = [
            "/api/v1/stream", "Remora: no answer", "BTC/USDT: not safe: panic, regime bull",
            "ETH/USDT: safe, regime bull"
        ]
        self.assertEqual(json.loads(page.stdout), shown, page.stderr)

    def test_the_webhook_page_from_its_first_command_to_its_last(self):
        need(self, "node")
        text = (service.REPOSITORY / "docs/webhooks.md").read_text(encoding="utf-8")
        receivers = re.findall(r"^```sh background\n(.*?)\n```", text, re.MULTILINE | re.DOTALL)
        (command,) = re.findall(r"^```sh\n(.*?)\n```", text, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(receivers), 2)
        env = {**os.environ, "WEBHOOK_SECRET": "s3cret"}
        for receiver in receivers:
            words = shlex.split(receiver.replace("9100", "0").replace("python3", sys.executable))
            with self.subTest(receiver=receiver), subprocess.Popen(
                words, stdout=subprocess.PIPE, text=True, env=env, cwd=service.REPOSITORY
            ) as listening:
                try:
                    url = listening.stdout.readline().split()[-1]
                    call = shlex.split(command.replace("http://127.0.0.1:9100", url))
                    options = {"capture_output": True, "text": True, "cwd": service.REPOSITORY, "timeout": 60}
                    sent = subprocess.run(call, env=env, **options)
                    self.assertEqual(
                        (sent.returncode, sent.stdout), (0, "accepted: the receiver returned 204\n"), sent.stderr
                    )
                    safe = "False" if "py" in receiver else "false"
                    self.assertEqual(listening.stdout.readline(), f"test: BTC/USDT long safe={safe} regime=bull\n")
                    forged = subprocess.run(call, env={**env, "WEBHOOK_SECRET": "other"}, **options)
                    self.assertEqual(
                        (forged.returncode, forged.stdout), (3, "not accepted: the receiver returned 401\n")
                    )
                finally:
                    listening.kill()

    def test_python_loop(self):
        command = (
            sys.executable, EXAMPLES / "bots/loop.py", "BTC/USDT", "ETH/USDT", "--rounds", "2", "--seconds", "0.1"
        )
        live = run(*command, url=service.url())
        decision = r"^(?:BTC|ETH)/USDT: (?:enter with [01]\.\d\d of the stake|wait, .+)$"
        self.assertEqual(len(re.findall(decision, live.stdout, re.MULTILINE)), 4, live.stdout + live.stderr)
        dead = run(*command, url=NOBODY)
        unanswered = re.findall(r"enter with 1\.00 of the stake \(no answer: ", dead.stdout)
        self.assertEqual(len(unanswered), 4, dead.stdout + dead.stderr)
        with FaultyServer() as server:
            server.changes = UNSAFE
            self.assertIn("BTC/USDT: wait, risk_score: Risk is high.", run(*command, url=server.url).stdout)


class WithPandas(unittest.TestCase):
    def setUp(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("no pandas: on Debian, apt-get install python3-pandas")
        from tests import standin

        self.pandas, self.standin = pandas, standin
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)

    def candles(self, days=60):
        frame = self.pandas.DataFrame(list(tape.rows(days)), columns=["date", "open", "high", "low", "close", "volume"])
        frame["date"] = self.pandas.to_datetime(frame["date"], unit="ms", utc=True)
        return frame

    def blocks(self, language):
        text = (service.REPOSITORY / "docs/freqtrade.md").read_text(encoding="utf-8")
        return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)

    def load(self, name):
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"freqtrade/{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return getattr(module, name)

    def backtest(self, strategy):
        """Returns a strategy in a backtest, on Freqtrade's candles where Freqtrade is installed."""
        try:
            from freqtrade.enums import CandleType
        except ImportError:
            return self.standin.make(
                strategy, self.standin.RunMode.BACKTEST,
                **{"history": "user_data/remora/{pair}.csv", **strategy.remora}
            )
        native.require()
        bot = self.standin.make(strategy, self.standin.RunMode.BACKTEST)
        bot.config.update(
            datadir=self.folder / "user_data/data/binance", dataformat_ohlcv="feather", candle_type_def=CandleType.SPOT
        )
        return bot

    def test_the_tutorial_from_its_first_command_to_its_last(self):
        frame = self.candles()
        source = self.folder / "user_data/data/binance/BTC_USDT-5m.feather"
        source.parent.mkdir(parents=True)
        store = ("--data", str(self.folder / "store"))
        for words in (
            ("import", "--candles", f"BTC/USDT={tape.write(self.folder / 'candles.csv', 60)}"),
            ("export", "--pair", "BTC/USDT", "--what", "candles", "--to", str(source))
        ):
            # Not with pandas, which needs pyarrow for it: Debian does not have that.
            made = service.remora("history", *words, *store)
            self.assertEqual(made.returncode, 0, made.stderr)
        lines = [line for block in self.blocks("sh") for line in block.splitlines()]
        ran = 0
        for line in lines:
            words = shlex.split(line)
            if words[0] == "freqtrade":
                continue  # not available here; the candles are provided in its JSON format
            if words[0] == "curl":
                continue  # from a service with a store: test_history runs it
            if "--live" in words:
                continue  # from a service with a store: StoredAnswerTests runs it
            if "--freqtrade" in words:
                continue  # needs a running bot
            line = line.replace("./remora", str(service.REPOSITORY / "remora"))
            if words[0] == "pip":
                if words[1] == "uninstall":
                    shutil.rmtree(self.folder / "packages")
                    continue
                if building.missing():
                    (self.folder / "packages").mkdir()
                    continue
                options = "--quiet --root-user-action=ignore"
                package = service.REPOSITORY / "clients/python"
                line = f"{sys.executable} -m pip install {options} --target packages {package}"
            result = subprocess.run(
                line, shell=True, capture_output=True, text=True, timeout=120,
                env={**building.environment(), "REMORA_URL": service.url()}
            )
            self.assertIn(
                result.returncode, (0, 1) if "ask" in words else (0,), f"{line}\n{result.stdout}{result.stderr}"
            )
            ran += 1
        self.assertGreaterEqual(ran, 5)

        names = {}
        exec(compile(self.blocks("python")[0], "docs/freqtrade.md", "exec"), names)
        mode = self.standin.RunMode.BACKTEST
        gated = self.standin.signals(self.backtest(names["MyStrategy"]), frame)
        ungated = self.standin.signals(
            self.standin.make(names["MyStrategy"], mode, **json.loads(self.blocks("json")[2])["remora"]), frame
        )
        blocked = (gated["enter_long"] != 1) & (ungated["enter_long"] == 1)
        self.assertEqual(list(blocked), list((ungated["enter_long"] == 1) & ~gated["remora_safe"]))
        self.assertGreater(blocked.sum(), 0)

        for example in ("SimpleGuarded", "AdvancedGuarded"):
            with self.subTest(example=example):
                frames = self.standin.signals(self.backtest(self.load(example)), frame)
                entries = frames.reindex(columns=["enter_long", "enter_short"]).eq(1).any(axis=1)
                self.assertGreater(entries.sum(), 0)
                self.assertFalse((frames["enter_long"].eq(1) & ~frames["remora_safe"]).any())
                if example == "AdvancedGuarded":
                    self.assertFalse((frames["enter_short"].eq(1) & ~frames["remora_safe_short"]).any())
                    self.assertTrue(frames.loc[entries, "enter_tag"].str.match(r"^cross_(up|down) remora_\w+$").all())

    def test_the_strategies_in_a_dry_run(self):
        settings = json.loads((EXAMPLES / "freqtrade/config-remora.json").read_text())["remora"]
        for example, pair in (("SimpleGuarded", "BTC/USDT"), ("AdvancedGuarded", "BTC/USDT:USDT")):
            with self.subTest(example=example):
                bot = self.standin.make(
                    self.load(example), self.standin.RunMode.DRY_RUN, [pair], **{**settings, "url": service.url()}
                )
                self.addCleanup(lambda bot=bot: bot._remora_watcher().stop())
                bot.bot_start()
                frame = self.standin.signals(bot, self.candles(2), pair)
                self.assertIn("enter_long", frame)
                self.assertTrue(bot._remora_read(pair, "long").answered)
                safe = bot._remora_read(pair, "long").safe_to_trade
                self.assertEqual(self.standin.enter(bot, pair) is not None, safe)

    def test_candles_in_freqtrades_binary_formats(self):
        from unittest import mock

        spec = importlib.util.spec_from_file_location("candles_to_csv", EXAMPLES / "freqtrade/candles_to_csv.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, reader in (("a.feather", "read_feather"), ("a.parquet", "read_parquet")):
            # Freqtrade includes pyarrow, Debian's pandas does not.
            with mock.patch.object(self.pandas, reader, return_value=self.candles(1)):
                module.main(name, "out.csv")
            rows = Path("out.csv").read_text().splitlines()
            self.assertEqual(
                (rows[0], rows[2].split(",")[0], len(rows)),
                ("timestamp,open,high,low,close,volume", "1704067500000", 289)
            )
        Path("a.json").write_text(json.dumps(list(tape.rows(1))))
        module.main("a.json", "json.csv")
        self.assertEqual(Path("json.csv").read_text().splitlines()[2].split(",")[0], "1704067500000")
        run = service.remora(
            "replay", str(Path("json.csv").resolve()), "--pair", "BTC/USDT", "--to", str(Path("rows.csv").resolve())
        )
        self.assertEqual(run.returncode, 0, run.stderr)
