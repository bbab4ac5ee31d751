#!/usr/bin/env python3
"""Follows the whitelist of a bot with many pairs on one exchange, the sandbox's Binance, within its rate limit.

The bot is a stand-in for the two calls that are needed. Prints how long the first scores and the complete history
took, how much of the limit was used, and how long a changed whitelist took to arrive.

    bench/follow/run.py [PAIRS]        200 pairs by default; ./remora must have been built
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROGRAM = os.environ.pop("REMORA_TEST_PROGRAM", None) or str(Path(__file__).resolve().parents[2] / "remora")
NEW = 20
LONGEST = 3600


class Bot(BaseHTTPRequestHandler):
    whitelist = []
    reads = []

    def do_POST(self):
        self.answer({"access_token": "a", "refresh_token": "r"})

    def do_GET(self):
        if self.path.endswith("/whitelist"):
            Bot.reads.append(time.monotonic())
        self.answer({"whitelist": Bot.whitelist, "length": len(Bot.whitelist), "method": ["StaticPairList"]})

    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def start(pattern, *words, **environment):
    errors = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(
        [PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=errors,
        env={**os.environ, "REMORA_STORE": "false", **environment}
    )
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        errors.seek(0)
        if found := re.search(pattern, errors.read()):
            return process, found[1]
        time.sleep(0.1)
    errors.seek(0)
    process.kill()
    raise SystemExit(errors.read())


def read(address):
    with urllib.request.urlopen(address, timeout=30) as response:
        return json.load(response)


def until(holds):
    begun = time.monotonic()
    while time.monotonic() < begun + LONGEST:
        try:
            if holds():
                return time.monotonic() - begun
        except (urllib.error.URLError, OSError):
            pass  # it starts
        time.sleep(0.2)
    raise SystemExit(f"not within {LONGEST} s")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # stops its processes too
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    names = [f"M{i:03}/USDT" for i in range(1, count + NEW + 1)]
    Bot.whitelist = names[:count]
    bot = ThreadingHTTPServer(("127.0.0.1", 0), Bot)
    threading.Thread(target=bot.serve_forever, daemon=True).start()
    sandbox, world = start(r"sandbox at (\S+?),", "sandbox", "--port", "0", "--more-pairs", str(count + NEW))
    service, url = start(
        r"remora answers at (\S+?),", "serve", "--sandbox", world, "--port", "0", "--sources", "false", "--pairs",
        "BTC/USDT", "--follow", f"http://127.0.0.1:{bot.server_port}", "--user", "bench",
        FREQTRADE_PASSWORD="bench", REMORA_SANDBOX_RATE_LIMIT="true"
    )
    try:

        def scored(pairs):
            found = read(f"{url}/api/v1/risk/batch?pairs={','.join(pairs)}")["assessments"]
            return len(found) == len(pairs) and all(one["risk_score"] is not None for one in found)

        def rates():
            found = read(f"{world}/sandbox/state")["requests"]
            rate = found["rates"]["api.binance.com"]
            return (
                f"{found['by_exchange']['binance']} requests, weight {rate['weight']}, at most "
                f"{rate['most_per_minute']} of {rate['limit_per_minute']} per minute, {rate['breaches']} breaches"
            )

        begun = time.monotonic()
        first = until(lambda: scored(names[:count]))
        print(f"{count} pairs have a score {first:.1f} s after the start: {rates()}", flush=True)
        Bot.whitelist = names[NEW:]
        changed = time.monotonic()

        def added():
            status = read(f"{url}/api/v1/status")["added"]
            return set(names[count:]) <= {one["pair"] for one in status["pairs"]} and not status["refused"]

        until(added)
        took = time.monotonic() - changed
        print(f"{NEW} other pairs are tracked {took:.1f} s after the whitelist changed", flush=True)
        until(lambda: scored(names[count:]))
        print(f"and have a score after {time.monotonic() - changed:.1f} s", flush=True)
        gaps = [b - a for a, b in zip(Bot.reads, Bot.reads[1:])]
        print(f"the whitelist was read {len(Bot.reads)} times, at most {max(gaps):.1f} s apart: {rates()}", flush=True)
        pairs = f"{url}/api/v1/pairs"
        until(lambda: all(one["state"] == "live" for one in read(pairs)["pairs"]))
        print(f"30 days of candles of each after {time.monotonic() - begun:.1f} s: {rates()}", flush=True)
        delivered = until(
            lambda: all(one["candles_delivered"] > 0 for one in read(f"{url}/api/v1/status")["markets"])
        )
        print(f"every market has got its next candle {delivered:.1f} s later: {rates()}", flush=True)
    finally:
        for process in (service, sandbox):
            process.terminate()
            process.wait(30)


main()
