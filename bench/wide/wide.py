#!/usr/bin/env python3
"""A wide source beside a service: 300 columns, 5,000 rows a second, four intervals.

    bench/wide/wide.py [--seconds 600] [--rows 5000] [--asks 50] [--folder FOLDER]

Starts the service with a sandbox and its store, creates the source and its rollup (1 minute, 1, 6
and 12 hours; 299 aggregates) with `remora rollup`, and asks for /risk at a constant rate: for a
tenth of the time alone, then while a batch is inserted every second. Prints the times of /risk in
both parts, the times of the inserts, and whether anything was dropped: rows of the source and of
each interval, `rollup verify`, and the service's own recorder.

With --folder, a run that was stopped continues where it ended; its rows count once. Needs
`dotnet build src/Remora.Cli -c Release`, Linux, and two cores without other work.
"""
import argparse
import base64
import http.client
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = ["dotnet", os.path.join(ROOT, "artifacts/bin/Remora.Cli/release/remora-cli.dll")]
PORT = 28019
INTS, FLOATS = 200, 97  # with at, kind and ingested: 300 columns
KINDS = [f"server-{number:02}" for number in range(40)]
COLUMNS = [f"i{n}" for n in range(INTS)] + [f"f{n}" for n in range(FLOATS)]
SOURCE = (
    "CREATE TABLE wide (at DateTime64(3, 'UTC'), kind LowCardinality(String), "
    + ", ".join([f"i{n} UInt32" for n in range(INTS)] + [f"f{n} Float64" for n in range(FLOATS)])
    + ", ingested DateTime64(6) DEFAULT now64(6)) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY (kind, at) "
    "SETTINGS non_replicated_deduplication_window = 1000\n"
)
ROLLUP = (
    "-- rollup: widely\n-- source: wide\n-- time: at\n-- ingested: ingested\n"
    "-- intervals: 1 minute, 1 hour, 6 hours, 12 hours\n-- keys: kind\n"
    + ",\n".join(
        ["count() AS n", "uniqCombined(12)(i0) AS u"]
        + [f"sum(i{n}) AS i{n}_sum" for n in range(INTS)]
        + [f"max(f{n}) AS f{n}_max" for n in range(FLOATS)]
    )
    + "\n"
)


def remora(*arguments):
    done = subprocess.run(PROGRAM + list(arguments), capture_output=True, text=True)
    assert done.returncode == 0, f"remora {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


class Store:
    """The engine of the service, by the file that its owner can read."""

    def __init__(self, data):
        with open(os.path.join(data, "sandbox/clickhouse/endpoint")) as file:
            endpoint = json.load(file)
        self.pid = endpoint["pid"]
        login = base64.b64encode(f"service:{endpoint['password']}".encode()).decode()
        self.headers = {"Authorization": "Basic " + login}
        self.connection = http.client.HTTPConnection("127.0.0.1", endpoint["port"], timeout=300)

    def run(self, sql, body=None, **settings):
        query = {"database": "remora", **settings}
        if body is not None:
            query["query"] = sql
        path, body = "/?" + urllib.parse.urlencode(query), sql.encode() if body is None else body
        try:
            answer, text = self.send(path, body)
        except (OSError, http.client.HTTPException):
            self.connection.close()  # the engine closes idle connections; inserts have tokens
            answer, text = self.send(path, body)
        assert answer.status == 200, text
        return text.strip()

    def send(self, path, body):
        self.connection.request("POST", path, body, self.headers)
        answer = self.connection.getresponse()
        return answer, answer.read().decode()

    def processor(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def blocks(rows):
    """Batches without their time, of numbers that compress as measurements do."""
    chance = random.Random(26)
    kinds = [bytes([len(kind)]) + kind.encode() for kind in KINDS]
    pack = struct.Struct(f"<{INTS}I{FLOATS}d").pack
    made = []
    for _ in range(4):
        values = [
            pack(*[chance.randrange(1000) for _ in range(INTS)], *[chance.randrange(4000) / 4 for _ in range(FLOATS)])
            for _ in range(500)
        ]
        made.append([chance.choice(kinds) + chance.choice(values) for _ in range(rows)])
    return made


def batch(block, second, begun):
    first = (begun + second) * 1000
    step = 1000 / len(block)
    at = struct.Struct("<q").pack
    return b"".join(at(int(first + i * step)) + row for i, row in enumerate(block))


class Asking(threading.Thread):
    """Asks at a constant rate; each time is measured from when the request was due."""

    def __init__(self, rate):
        super().__init__(daemon=True)
        self.rate, self.times, self.failed, self.ended = rate, [], 0, threading.Event()

    def run(self):
        connection, begun, count = None, time.monotonic(), 0
        while not self.ended.is_set():
            due = begun + count / self.rate
            count += 1
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
                connection.request("GET", "/api/v1/risk?pair=BTC/USDT")
                answer = connection.getresponse()
                answer.read()
                self.failed += answer.status != 200
            except (OSError, http.client.HTTPException):
                connection, self.failed = None, self.failed + 1
            self.times.append(time.monotonic() - due)

    def end(self, name):
        self.ended.set()
        self.join()
        print(f"/risk {name}: {len(self.times)} requests, {self.failed} failed, {shown(self.times)}", flush=True)


def shown(times):
    times = sorted(times)
    at = lambda part: times[min(len(times) - 1, int(part * len(times)))] * 1e3
    return f"p50 {at(0.5):.1f} ms, p99 {at(0.99):.1f} ms, worst {times[-1] * 1e3:.1f} ms"


def get(path):
    with_timeout = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    with_timeout.request("GET", path)
    answer = with_timeout.getresponse()
    return answer.status, answer.read().decode()


def wait_for_service(service):
    for _ in range(600):
        assert service.poll() is None, "the service has ended; see log in its folder"
        try:
            if '"ready":true' in get("/api/v1/store")[1] and get("/api/v1/risk?pair=BTC/USDT")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit("the service did not start")


def write(store, arguments, state, folder):
    prepared, times, behind = blocks(arguments.rows), [], 0.0
    columns = ", ".join(["at", "kind"] + COLUMNS)
    begun = time.monotonic()
    for number, second in enumerate(range(state["done"], arguments.seconds)):
        due = begun + number
        if (wait := due - time.monotonic()) > 0:
            time.sleep(wait)
        body = batch(prepared[second % len(prepared)], second, state["begun"])
        sent = time.monotonic()
        behind = max(behind, sent - due - 1)
        store.run(
            f"INSERT INTO wide ({columns}) FORMAT RowBinary", body, async_insert=0, insert_deduplication_token=second
        )
        times.append(time.monotonic() - sent)
        state["done"] = second + 1
        with open(os.path.join(folder, "wide.json.new"), "w") as file:
            json.dump(state, file)
        os.replace(os.path.join(folder, "wide.json.new"), os.path.join(folder, "wide.json"))
    took = time.monotonic() - begun
    if times:
        print(
            f"inserts: {len(times)} batches of {arguments.rows} rows in {took:.1f} s "
            f"({len(times) * arguments.rows / took:.0f} rows/s), {shown(times)}; at most {max(behind, 0):.1f} s behind"
        )
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--asks", type=float, default=50)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="remora-wide-") as temporary:
        measure(arguments, arguments.folder or temporary)


def measure(arguments, folder):
    data = os.path.join(folder, "data")
    os.makedirs(data, exist_ok=True)
    log = open(os.path.join(folder, "log"), "a")
    service = subprocess.Popen(
        PROGRAM + ["serve", "--sandbox", "--pairs", "BTC/USDT", "--data", data, "--port", str(PORT), "--store", "true"],
        stdout=log,
        stderr=log,
    )
    try:
        wait_for_service(service)
        for name, text in [("wide.sql", SOURCE), ("widely.sql", ROLLUP)]:
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        kept = os.path.join(data, "sandbox")
        remora("rollup", "source", os.path.join(folder, "wide.sql"), "--data", kept)
        remora("rollup", "apply", os.path.join(folder, "widely.sql"), "--data", kept)
        state = {"begun": int(time.time()), "done": 0}
        if os.path.exists(os.path.join(folder, "wide.json")):
            with open(os.path.join(folder, "wide.json")) as file:
                state = json.load(file)
        else:
            with open(os.path.join(folder, "wide.json"), "w") as file:
                json.dump(state, file)
        store = Store(data)
        alone = Asking(arguments.asks)
        alone.start()
        time.sleep(max(5, arguments.seconds / 10))
        alone.end("alone")
        used = store.processor()
        beside = Asking(arguments.asks)
        beside.start()
        took = write(store, arguments, state, folder)
        beside.end("beside the inserts")
        print(f"processor time of the engine: {(store.processor() - used) / took:.2f} cores")
        report(store, arguments, folder, kept)
    finally:
        service.send_signal(signal.SIGINT)
        service.wait()
        log.close()


def report(store, arguments, folder, kept):
    sent = arguments.seconds * arguments.rows
    counts = [int(store.run("SELECT count() FROM wide"))]
    for interval in ["1m", "1h", "6h", "12h"]:
        counts.append(int(store.run(f"SELECT sum(n) FROM widely_{interval}")))
    print(f"rows sent {sent}, in the source {counts[0]}, in the four intervals {counts[1:]}")
    print(remora("rollup", "verify", os.path.join(folder, "widely.sql"), "--data", kept).strip())
    print(
        "disk and parts: "
        + store.run(
            "SELECT concat('source ', formatReadableSize(sumIf(bytes_on_disk, table = 'wide')), ' in ', "
            "toString(countIf(table = 'wide')), ' parts, rollup ', formatReadableSize(sumIf(bytes_on_disk, table LIKE "
            "'widely%')), ' in ', toString(countIf(table LIKE 'widely%')), ' parts') FROM system.parts WHERE active"
        )
    )
    recorder = json.loads(get("/api/v1/store")[1])["recorder"]
    dropped = recorder["dropped_rows"]
    print(f"the service's recorder dropped {dropped} rows; {recorder['journal_batches']} batches wait")
    if any(count != sent for count in counts) or dropped:
        sys.exit("rows are missing")
    print("nothing was dropped")


try:
    main()
except KeyboardInterrupt:
    sys.exit("stopped; with --folder, the same command continues")
