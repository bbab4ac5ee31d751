"""Processes of services and sandboxes, and paths of the repository."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("REMORA_SHARED") or REPOSITORY.parent / "shared")
# The native executable, where ./test has published it.
PROGRAM = os.environ.pop("REMORA_TEST_PROGRAM", None) or str(REPOSITORY / "remora")
_started = {}


def remora(*arguments, **options):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, **options)


def url():
    """Returns the address of a shared service, which starts at the first call."""
    if "url" not in _started:
        _started["url"] = Service(_everything_has_a_score, "--speed", "300", "--seed", "3", store="false").start()
    return _started["url"].url


class _Process:
    """A ``remora`` process, ready when standard error has an address and ``is_ready`` is true."""

    def __init__(self, is_ready, address, *arguments, **environment):
        self.url = None
        self._is_ready = is_ready
        self._address = re.compile(address)
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=self._errors,
            cwd=tempfile.gettempdir(),
            env={"REMORA_POLICY": "remora-1", **os.environ, **environment}  # its score needs the shortest past
        )

    def start(self):
        until = time.monotonic() + 60
        while time.monotonic() < until and self._process.poll() is None:
            self._errors.seek(0)
            found = self._address.search(self._errors.read())
            if found and self._answers(found[1]):
                self.url = found[1]
                return self
            time.sleep(0.1)
        self._errors.seek(0)
        output = self._errors.read()
        self.stop()
        raise AssertionError(f"the process did not become ready:\n{output}")

    def _answers(self, address):
        try:
            return self._is_ready(address)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, how=signal.SIGTERM):
        self._errors.close()
        self._process.send_signal(how)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Service(_Process):
    """A service on a sandbox: its own, or the one at an address."""

    def __init__(self, is_ready, *arguments, store, sandbox=None, port=0, sources="false", **environment):
        world = ("--history-days", "40") if sandbox is None else (sandbox,)
        words = ("serve", "--port", str(port), "--sources", sources, "--sandbox", *world)
        super().__init__(is_ready, r"remora answers at (\S+?),", *words, *arguments, REMORA_STORE=store, **environment)


class Sandbox(_Process):
    """A sandbox: the API of each exchange is below its host name."""

    def __init__(self, *arguments):
        super().__init__(
            lambda url: read_json(f"{url}/sandbox/clock"), r"sandbox at (\S+?),", "sandbox", "--port", "0", *arguments
        )


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def read_json(address):
    with urllib.request.urlopen(address, timeout=5) as response:
        return json.load(response)


def post_json(address, body):
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def _everything_has_a_score(address):
    found = read_json(f"{address}/api/v1/risk/batch?pairs=BTC/USDT,ETH/USDT,SOL/USDT")
    return all(answer["risk_score"] is not None for answer in found["assessments"])


def stop():
    for started in _started.values():
        started.stop()
    _started.clear()
