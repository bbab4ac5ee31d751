"""A real service on a sandbox, one for the whole run, and where the repository is."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("REMORA_SHARED") or REPOSITORY.parent / "shared")
_started = {}


def remora(*arguments, **options):
    return subprocess.run([str(REPOSITORY / "remora"), *arguments], capture_output=True, text=True, timeout=120, **options)


def url():
    """Where the service answers; it is started by the first who asks, and BTC/USDT has an answer by then."""
    if "url" not in _started:
        _start()
    return _started["url"]


def _start():
    errors = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(
        [str(REPOSITORY / "remora"), "serve", "--sandbox", "--speed", "300", "--seed", "3", "--history-days", "40", "--port", "0", "--sources", "false"],
        stdout=subprocess.DEVNULL, stderr=errors, cwd=tempfile.gettempdir(),
    )
    _started.update(process=process, errors=errors)
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        errors.seek(0)
        found = re.search(r"remora answers at (\S+?),", errors.read())
        if found and _is_ready(found[1]):
            _started["url"] = found[1]
            return
        time.sleep(0.1)
    errors.seek(0)
    raise AssertionError(f"the service did not become ready:\n{errors.read()}")


def _is_ready(address):
    try:
        with urllib.request.urlopen(f"{address}/api/v1/risk/batch?pairs=BTC/USDT,ETH/USDT,SOL/USDT", timeout=5) as response:
            return all(answer["risk_score"] is not None for answer in json.load(response)["assessments"])
    except (urllib.error.URLError, OSError):
        return False


def stop():
    process, errors = _started.pop("process", None), _started.pop("errors", None)
    _started.clear()
    if errors is not None:
        errors.close()
    if process is not None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
