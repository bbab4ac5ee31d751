#!/usr/bin/env python3
"""A storm of small inserts into a table with a rollup, with several settings of the tables.

    storm.py URL [--user NAME] [--seconds N] [--writers N]

The password is in REMORA_CLICKHOUSE_PASSWORD. It makes and drops the database parts_storm.
Prints one line per set of settings: accepted and refused inserts per second, their times, the most
parts of the rollup's table and how long merging took after the storm.
"""
import argparse
import http.client
import os
import threading
import time
import urllib.parse

SETS = {
    "defaults": "",
    "delay 150, throw 300": "parts_to_delay_insert = 150, parts_to_throw_insert = 300",
    "delay 1000, throw 10000": "parts_to_delay_insert = 1000, parts_to_throw_insert = 10000",
    "no limit, sleep 500 ms": "parts_to_delay_insert = 1000000, parts_to_throw_insert = 1000000, "
    "merge_selecting_sleep_ms = 500",
}


class Server:
    def __init__(self, arguments):
        url = urllib.parse.urlparse(arguments.url)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        self.headers = {"X-ClickHouse-User": arguments.user}
        if password := os.environ.get("REMORA_CLICKHOUSE_PASSWORD"):
            self.headers["X-ClickHouse-Key"] = password

    def run(self, sql, **settings):
        query = urllib.parse.urlencode({"async_insert": 0, **settings})
        self.connection.request("POST", "/?" + query, sql.encode(), self.headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        return answer.status, text


def one(arguments, settings):
    control = Server(arguments)

    def must(sql):
        status, text = control.run(sql)
        assert status == 200, text
        return text.strip()

    more = ", " + settings if settings else ""
    must("DROP DATABASE IF EXISTS parts_storm SYNC")
    must("CREATE DATABASE parts_storm")
    must("CREATE TABLE parts_storm.events (at DateTime, kind String, value Float64) ENGINE = Null")
    must(
        "CREATE TABLE parts_storm.rollup (bucket DateTime, kind LowCardinality(String), rows "
        "SimpleAggregateFunction(sum, UInt64), total AggregateFunction(sum, Float64)) ENGINE = "
        f"AggregatingMergeTree ORDER BY (kind, bucket) SETTINGS index_granularity = 8192{more}"
    )
    must(
        "CREATE MATERIALIZED VIEW parts_storm.view TO parts_storm.rollup AS SELECT toStartOfHour(at) AS bucket, kind, "
        "count() AS rows, sumState(value) AS total FROM parts_storm.events GROUP BY bucket, kind"
    )
    times, refused, most = [], [0], 0
    end = time.monotonic() + arguments.seconds

    def write(number):
        server = Server(arguments)
        pause = arguments.writers / 1000  # a thousand inserts a second together
        due = time.monotonic()
        while due < end:
            time.sleep(max(0, due - time.monotonic()))
            due = max(due + pause, time.monotonic() - 1)
            begun = time.monotonic()
            if begun >= end:
                return
            status, text = server.run(f"INSERT INTO parts_storm.events VALUES (now(), 'k{number}', 1)")
            if status == 200:
                times.append(time.monotonic() - begun)
            else:
                assert "TOO_MANY_PARTS" in text, text
                refused[0] += 1

    parts = "SELECT count() FROM system.parts WHERE database = 'parts_storm' AND table = 'rollup' AND active"
    writers = [threading.Thread(target=write, args=(number,)) for number in range(arguments.writers)]
    for writer in writers:
        writer.start()
    while time.monotonic() < end:
        most = max(most, int(must(parts)))
        time.sleep(0.2)
    for writer in writers:
        writer.join()
    begun = time.monotonic()
    while int(must(parts)) > 10 and time.monotonic() - begun < 60:
        time.sleep(0.1)
    merged = time.monotonic() - begun
    rows = int(must("SELECT sum(rows) FROM parts_storm.rollup"))
    assert rows == len(times), (rows, len(times))
    must("DROP DATABASE parts_storm SYNC")
    times.sort()
    return (
        f"{len(times) / arguments.seconds:7.0f} accepted/s {refused[0] / arguments.seconds:7.0f} refused/s "
        f"p50 {times[len(times) // 2] * 1e3:7.1f} ms  p99 {times[len(times) * 99 // 100] * 1e3:8.1f} ms "
        f"most parts {most:5}  merged after {merged:5.1f} s"
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--user", default="default")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--writers", type=int, default=16)
    arguments = parser.parse_args()
    for name, settings in SETS.items():
        print(f"{name:24} {one(arguments, settings)}", flush=True)


main()
