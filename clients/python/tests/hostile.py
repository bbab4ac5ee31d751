"""Hostile calls of the engine, in a process of its own: a crash is its exit code.

    python3 -m tests.hostile COUNT SEED

Four in five calls go to the C interface, the others to Python. Each one must succeed or be refused with a
reason, and none may be a defect (REMORA_INTERNAL).
"""

import ctypes
import math
import os
import random
import resource
import sys
import threading
import warnings
from ctypes import byref

import numpy as np

import remora
from remora import _frames, _native

INTERNAL = 99
TIMES = (
    0, 1, -1, 300_000, 2**63 - 1, -(2**63), -62_135_596_800_000, 253_402_300_799_999, 253_402_300_500_000,
    -62_135_596_500_000, 2**53, 1_704_067_200_000
)
NUMBERS = (
    math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, 5e-324, 1e-308, 1e-9, 1.0, 100.0, 65_000.25, 1e15, 1e300,
    sys.float_info.max
)
TEXTS = (
    b"", b"\x00", b"null", b"[]", b"{", b'"', b"\xff\xfe", b"{}" * 500, b"[" * 5000, b"BTC/USDT", b"1e999",
    '{"pair":"BTC/USDT","timeframe":"\U0001f40b"}'.encode()
)
OPTIONS = (
    b'{"pair":"BTC/USDT"}', b'{"pair":"BTC/USDT","timeframe":"5m"}',
    b'{"pair":"ETH/BTC:BTC","timeframe":"1d","policies":["aggressive","conservative"]}',
    b'{"pair":"A/B","timeframe":"1h","outside":[{"kind":"fear_greed_daily","times":[0,86400000],"values":[1,null]}]}',
    b'{"pair":"A/B","calendar":[{"time":"2024-01-02T03:04:05Z","announced":"2024-01-01","name":"x"}]}',
    b'{"pair":"A/B","policies":["{\\"name\\":\\"own\\",\\"decision\\":{\\"blocking_score\\":0.5}}"]}'
)
COLUMNS = (
    "risk_score", "safe_to_trade", "blocked_by", "regime", "as_of", "gaps", "date", "flags", "nothing", "", "é" * 40,
    "forecast_volatility_4h", "forecast_stop_distances_0.1_24h", "forecast_stop_distances_0.7_1h",
    "forecast_probability_of_rally_1e-320_1h", "forecast_as_of", "no_forecast", "forecast__4h"
)


class Calls:
    """Random calls of one thread. Engines are shared, and freed at any time."""

    def __init__(self, seed, engines):
        self.random = random.Random(seed)
        self.library = ctypes.CDLL(os.environ["REMORA_ENGINE_LIBRARY"])
        self.engines = engines
        self.codes = {}

    def pick(self, *values):
        return self.random.choice(values)

    def handle(self):
        known = list(self.engines)
        if not known or self.random.random() < 0.1:
            return ctypes.c_uint64(self.random.choice((0, 1, 2**64 - 1, self.random.getrandbits(64))))
        return ctypes.c_uint64(self.random.choice(known))

    def text(self, valid):
        text = bytearray(self.random.choice(valid if self.random.random() < 0.6 else TEXTS))
        for _ in range(self.pick(0, 0, 0, 1, 3)):
            if text:
                text[self.random.randrange(len(text))] = self.random.randrange(256)
        if self.random.random() < 0.02:
            return None, ctypes.c_int64(self.pick(-1, 0, 5))
        length = self.pick(len(text), len(text), len(text) // 2, 0, -1, -2, 2**62, -(2**63))
        return bytes(text), ctypes.c_int64(min(length, len(text)) if 0 <= length < 2**40 else length)

    def error(self):
        self.reason = _native._Error()
        return None if self.random.random() < 0.1 else byref(self.reason)

    def candles(self):
        """Returns candles, valid or not, and the arrays, which must stay alive."""
        rows = self.pick(0, 1, 2, 3, 10, 50)
        step = self.pick(300_000, 300_000, 3_600_000, 86_400_000, 60_000, 7)
        start = self.pick(*TIMES) if self.random.random() < 0.3 else step * self.random.randrange(5_000_000)
        time = np.empty(rows, np.int64)
        for row in range(rows):
            time[row] = max(min(start + row * step, 2**63 - 1), -(2**63))
        if rows and self.random.random() < 0.2:
            time[self.random.randrange(rows)] = self.random.choice(TIMES)
        scale = self.pick(1.0, 1.0, 1e-300, 1e300)
        prices = np.sort(np.exp(np.array([[self.random.gauss(0, 1) for _ in range(4)] for _ in range(rows)])) * scale)
        if rows == 0:
            prices = np.empty((0, 4))
        low, first, second, high = (np.ascontiguousarray(prices[:, i]) for i in range(4))
        values = [first, high, low, second, np.abs(first)]
        if rows and self.random.random() < 0.4:
            self.random.choice(values)[self.random.randrange(rows)] = self.random.choice(NUMBERS)
        arrays = [time, *values]
        given = []
        for array in arrays:
            length, data = len(array), array.ctypes.data
            if self.random.random() < 0.02:
                length = self.pick(0, -1, max(0, length - 1), -(2**63))
            if self.random.random() < 0.02:
                data = None
            given.append(_native._Array(data, length))
        return _native._Candles(*given), arrays

    def outputs(self, rows):
        kept, outputs = [], []
        for _ in range(self.pick(0, 1, 3)):
            name = self.random.choice(COLUMNS).encode()
            memory = np.empty(max(1, rows * 8), np.uint8)
            size = self.pick(rows * 8, rows * 8, rows * 8, max(0, rows * 8 - 1), 0, -1)
            data = None if self.random.random() < 0.02 else memory.ctypes.data
            outputs.append(_native._Output(
                None if self.random.random() < 0.02 else name, self.pick(0, 0, 0, 1, -1, 2**31 - 1),
                self.pick(0, 1, 2, -5), data, size
            ))
            kept += [name, memory]
        return (_native._Output * len(outputs))(*outputs), len(outputs), kept

    def call(self):
        ends = self.pick("free", *["apply"] * 5)
        name = self.pick("create", *["apply"] * 6, "seed", "observe", "json", "text", ends, "describe")
        error = self.error()
        library, keep = self.library, []
        size = self.pick(0, 1, 10, 100, 5000, -1, -(2**63))
        buffer = None if self.random.random() < 0.1 else ctypes.create_string_buffer(max(1, size))
        length = ctypes.c_int64()
        out = (buffer, ctypes.c_int64(size), None if self.random.random() < 0.2 else byref(length), error)
        if name == "create":
            made = ctypes.c_uint64()
            given = None if self.random.random() < 0.05 else byref(made)
            code = library.remora_create(*self.text(OPTIONS), given, error)
            if made.value:
                self.engines[made.value] = True
        elif name == "apply":
            candles, keep = self.candles()
            outputs, count, more = self.outputs(len(keep[0]))
            keep += more
            if self.random.random() < 0.03:
                count = self.pick(-1, 2**62, 0)
            code = library.remora_apply(
                self.handle(), None if self.random.random() < 0.02 else byref(candles),
                None if self.random.random() < 0.02 else outputs, ctypes.c_int64(count), error
            )
        elif name == "seed":
            hourly, keep = self.candles()
            daily, more = self.candles()
            keep += more
            code = library.remora_seed(
                self.handle(), *(None if self.random.random() < 0.05 else byref(one) for one in (hourly, daily)), error
            )
        elif name == "observe":
            valid = (b'[{"kind":"fear_greed_daily","times":[86400000],"values":[50]}]', b"[]", b"[null]")
            code = library.remora_observe(self.handle(), *self.text(valid), error)
        elif name == "json":
            now = self.pick(_native.NO_TIME, *TIMES)
            place = self.pick(0, 1, -1), self.pick(0, 1, 2), ctypes.c_int64(now)
            code = library.remora_json(self.handle(), *place, *out)
        elif name == "text":
            code = library.remora_text(self.handle(), self.pick(0, 1, 5, -1, 2**31 - 1), *out)
        elif name == "describe":
            code = library.remora_describe(*out)
        else:
            handle = self.handle()
            code = library.remora_free(handle, error)
            self.engines.pop(handle.value, None)
        self.codes[code] = self.codes.get(code, 0) + 1
        if code == INTERNAL:
            raise AssertionError(f"call {sum(self.codes.values())}, {name}, failed inside: {self.reason.message!r}")


def python_values(rng):
    """Returns a random argument for Python."""
    kind = rng.randrange(12)
    rows = rng.choice((0, 1, 2, 5, 30))
    if kind == 0:
        return rng.choice((None, True, 7, 1.5, "text", b"bytes", object(), [], (), {}, set(), [[]], [None], math.nan))
    if kind == 1:
        return [[rng.choice((1, "x", None, math.nan, 2**70, [], 300_000)) for _ in range(rng.choice((5, 6, 7)))]
                for _ in range(rows)]
    times = np.arange(rows, dtype=np.int64) * 300_000 + rng.choice(TIMES[:4] + TIMES[-1:])
    frame = {name: np.full(rows, rng.choice((1.0, 100.0, 1e-300, 1e300))) for name in _frames._VALUES}
    frame[rng.choice(("timestamp", "date", "open_time", "TIME"))] = times
    for _ in range(rng.choice((0, 1, 1, 2))):
        name = rng.choice(list(frame))
        if not isinstance(frame[name], np.ndarray):
            continue
        frame[name] = rng.choice((
            lambda: frame[name][:-1], lambda: list(frame[name]), lambda: frame[name].astype(object),
            lambda: frame[name].astype(str), lambda: frame[name].astype(np.complex128), lambda: None,
            lambda: frame[name].reshape(1, -1), lambda: frame[name].astype(np.float32), lambda: frame[name][::-1],
            lambda: np.array(["2024-01-01"] * rows, "M8[s]"), lambda: np.array(["NaT"] * rows, "M8[ns]"),
            lambda: np.full(rows, rng.choice(NUMBERS)), lambda: np.full(rows, rng.choice(TIMES)),
            lambda: np.array(["0001-01-01", "9999-12-31"] * rows, "M8[D]")[:rows], lambda: np.ma.masked_all(rows),
            lambda: (value for value in range(rows)), lambda: np.zeros(rows, "M8[Y]"), lambda: [{}] * rows,
            lambda: np.array([True] * rows), lambda: frame[name].astype(">f8"), lambda: memoryview(b"12345678")
        ))()
    if rng.random() < 0.1:
        del frame[rng.choice(list(frame))]
    return frame


def python_call(rng):
    options = {"pair": "BTC/USDT"}
    if rng.random() < 0.3:
        options[rng.choice(("pair", "timeframe", "side", "policy", "calendar", "outside", "columns"))] = rng.choice((
            None, "", "x", 5, [], {}, "short", "5m", "1h", "aggressive", ("remora-1",), {"name": "own"}, {"weights": 3},
            {"vix_daily": ([0], [1.0])}, {"vix_daily:BTC": ([], [])}, {"vix_daily": None}, [(1, 2, 3)], "\ud800", "\0",
            {"a": math.nan}, {"b": {1, 2}}, [("2024-01-01T00:00:00Z", "2023-12-01", "event")], "/", "x" * 100_000, False
        ))
    try:
        remora.assess(python_values(rng), **options)
        return "answered"
    except remora.EngineError as error:
        assert str(error) and error.kind != "internal", error
        return error.kind


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count, seed):
    warnings.simplefilter("ignore")
    engines = {}
    threads = 4
    failures = []
    calls = [Calls(seed * 100 + i, engines) for i in range(threads)]

    def work(one, times):
        try:
            for _ in range(times):
                one.call()
        except BaseException as failure:
            failures.append(failure)

    largest = []
    for _ in range(4):
        running = [threading.Thread(target=work, args=(one, count // 5 // threads)) for one in calls]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        if failures:
            raise failures[0]
        for engine in list(engines):
            calls[0].library.remora_free(ctypes.c_uint64(engine), None)
            engines.pop(engine, None)
        largest.append(memory())
    codes = {code: sum(one.codes.get(code, 0) for one in calls) for one in calls for code in one.codes}

    rng, kinds = random.Random(seed), {}
    for i in range(count // 5):
        kind = python_call(rng)
        kinds[kind] = kinds.get(kind, 0) + 1
        if i == count // 20:
            largest.append(memory())
    largest.append(memory())
    assert set(codes) >= {0, 1, 2, 3, 4, 5}, codes
    assert set(kinds) >= {"answered", "argument", "candle", "options"}, kinds
    # No leak: after the first quarter of each half, memory stays where it is.
    assert largest[3] - largest[0] < 40 and largest[-1] - largest[-2] < 40, largest
    print(f"C: {dict(sorted(codes.items()))}; Python: {dict(sorted(kinds.items()))}; MB: {[round(x) for x in largest]}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
