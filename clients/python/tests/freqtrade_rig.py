"""The real Freqtrade for tests: its configuration on a sandbox, and a bot in a dry run."""

import base64
import contextlib
import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

if importlib.util.find_spec("freqtrade") is None:
    raise unittest.SkipTest("Freqtrade is not installed")

from tests import native, service

USER, PASSWORD = "bot", "s3cret"
LONGEST = 240  # seconds, on a busy machine


def configuration(sandbox):
    """Returns a configuration whose Binance is a sandbox."""
    hosts = {"public": "api", "private": "api", "sapi": "api", "fapiPublic": "fapi", "dapiPublic": "dapi"}
    paths = {
        "public": "api/v3", "private": "api/v3", "sapi": "sapi/v1", "fapiPublic": "fapi/v1", "dapiPublic": "dapi/v1"
    }
    urls = {name: f"{sandbox}/{host}.binance.com/{paths[name]}" for name, host in hosts.items()}
    return {
        "max_open_trades": 1, "stake_currency": "USDT", "stake_amount": 100, "dry_run": True, "dry_run_wallet": 1000,
        "fee": 0.001,
        "timeframe": "5m", "trading_mode": "spot", "margin_mode": "", "dataformat_ohlcv": "feather",
        "entry_pricing": {"price_side": "other", "use_order_book": True},
        "exit_pricing": {"price_side": "other", "use_order_book": True},
        "exchange": {
            "name": "binance", "key": "", "secret": "", "pair_whitelist": ["BTC/USDT"], "enable_ws": False,
            "ccxt_config": {"urls": {"api": urls}}
        },
        "pairlists": [{"method": "StaticPairList"}],
    }


def api_server(port, secret="not-a-secret-not-a-secret-not-a-secret"):
    """Returns the settings of the bot's REST interface."""
    return {
        "enabled": True, "listen_ip_address": "127.0.0.1", "listen_port": port, "username": USER, "password": PASSWORD,
        "jwt_secret_key": secret
    }


def environment(**more):
    """Returns the environment of a process of Freqtrade with the guard."""
    return {
        **os.environ, "PYTHONPATH": str(service.REPOSITORY / "clients/python/src"), "NO_COLOR": "1",
        "REMORA_ENGINE_LIBRARY": native.require(), **more
    }


def until(holds, what):
    """Waits until a value is true, and returns it. ``what`` is a text, or returns one."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        try:
            found = holds()
        except (urllib.error.URLError, OSError):
            found = None
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {LONGEST} s: {what() if callable(what) else what}")


class Running:
    """A process with a log file, for tests that start several."""

    def __init__(self, words, log, cwd, env):
        self.log_file = log
        with open(log, "a") as output:
            self.process = subprocess.Popen(
                [str(word) for word in words], stdout=output, stderr=subprocess.STDOUT, cwd=cwd, env=env
            )

    def log(self):
        return self.log_file.read_text(errors="replace")

    def end(self, how=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Bot:
    """A bot in a dry run, in a folder that outlives it: a bot that starts again has its trades."""

    def __init__(self, folder, strategy, sandbox, **more):
        self.folder = folder
        self.strategy = strategy
        self.port = service.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "trades.sqlite"
        self.config = {
            **configuration(sandbox), "initial_state": "running", "db_url": f"sqlite:///{self.database}",
            "internals": {"process_throttle_secs": 1}, "api_server": api_server(self.port),
            "cancel_open_orders_on_exit": False, **more
        }
        self._process = None

    def write(self):
        path = self.folder / "config.json"
        path.write_text(json.dumps(self.config))
        return path

    def start(self, **more):
        words = [
            sys.executable, "-m", "freqtrade", "trade", "--userdir", self.folder, "-c", self.write(), "--strategy",
            self.strategy
        ]
        self._process = Running(words, self.folder / "bot.log", self.folder, environment(**more))
        return self

    def end(self):
        if self._process is not None:
            self._process.end()

    def log(self):
        return self._process.log()

    def until(self, holds, what="the bot"):
        """Waits while the bot runs."""

        def check():
            if self._process.process.poll() is not None:
                raise AssertionError(f"the bot ended: {self.log()[-5000:]}")
            return holds()

        return until(check, lambda: f"{what}: {self.log()[-5000:]}")

    def rest(self, path, body=None, method=None):
        """Asks the REST interface, and returns the answer of any status."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}", None if body is None else json.dumps(body).encode(), method=method
        )
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)

    def loops(self, count):
        """Waits until the bot has gone through its pairs a number of times from now on."""
        for _ in range(count + 1):  # the first may have begun before
            before = self.until(lambda: self.rest("health")["last_process_ts"], "a loop")
            self.until(lambda: self.rest("health")["last_process_ts"] != before, "the next loop")

    def rows(self, sql, *values):
        """Reads the database; nothing before its tables are made."""
        if not self.database.exists():
            return []
        try:
            with contextlib.closing(sqlite3.connect(self.database, timeout=60)) as trades:
                return trades.execute(sql, values).fetchall()
        except sqlite3.OperationalError:
            return []

    def entries(self, pair=None):
        """Returns the number of entry orders, additions included."""
        ordered = self.rows("select ft_pair from orders where ft_order_side = 'buy'")
        return sum(pair is None or name == pair for name, in ordered)
