"""The engine inside Python: the same values as `remora replay`, for every kind of frame."""

import csv
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests import native, service, tape

DAYS = 34
SHORT_DAYS = 3


def float_or_nan(text):
    return float(text) if text else math.nan


class TheEngine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.np = native.require_numpy()
        native.require()
        global remora
        import remora

        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        rows = list(tape.rows(DAYS))
        cls.rows = [list(row) for row in rows]
        cls.columns = {
            name: cls.np.array([row[i] for row in rows]) for i, name in enumerate(tape.HEADER.split(","))
        }

    def pandas(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("no pandas: on Debian, apt-get install python3-pandas")
        return pandas

    def frame(self, pandas, rows=None):
        frame = pandas.DataFrame(self.rows[:rows], columns=tape.HEADER.split(","))
        frame["date"] = pandas.to_datetime(frame.pop("timestamp"), unit="ms", utc=True)
        return frame

    def head(self, rows):
        return {name: column[:rows] for name, column in self.columns.items()}

    def assert_same(self, one, other, message=None):
        self.assertEqual(list(one), list(other))
        for name in one:
            self.np.testing.assert_array_equal(one[name], other[name], f"{name} {message or ''}")

    def refusal(self, expected, kind, *arguments, **options):
        with self.assertRaises(remora.EngineError) as refused:
            remora.assess(*arguments, **{"pair": "BTC/USDT", **options})
        self.assertEqual(refused.exception.kind, kind, refused.exception)
        self.assertIn(expected, str(refused.exception))
        return refused.exception


class AgainstReplay(TheEngine):
    def test_every_column_equals_a_replay(self):
        candles = tape.write(self.folder / "candles.csv", DAYS)
        fear = self.folder / "fear.csv"
        days = [(tape.START + day * 86_400_000, 20 + 7 * day % 60) for day in range(-2, DAYS)]
        fear.write_text("timestamp,value\n" + "".join(f"{time},{value}\n" for time, value in days))
        calendar = self.folder / "calendar.csv"
        event = "2024-01-10T13:30:00Z", "2023-12-01", "figures, of December"
        calendar.write_text("time,announced,name\n" + ",".join(event) + "\n")
        policy = {"name": "own", "decision": {"blocking_score": 0.45, "blocking_flags": ["scheduled_event"]}}
        file = self.folder / "own.json"
        file.write_text(json.dumps(policy))
        for side, given, outside, events in (
            ("long", file, {"fear_greed_daily": fear}, calendar),
            ("short", policy, {"fear_greed_daily": tuple(zip(*days))}, [event]),
        ):
            written = self.folder / f"{side}.csv"
            run = service.remora(
                "replay", str(candles), "--pair", "BTC/USDT", "--to", str(written), "--side", side, "--policy",
                str(file), "--outside", f"fear_greed_daily={fear}", "--calendar", str(calendar)
            )
            self.assertEqual(run.returncode, 0, run.stderr)
            with written.open() as lines:
                expected = list(csv.DictReader(lines))
            found = remora.assess(
                self.columns, pair="BTC/USDT", side=side, policy=given, outside=outside, calendar=events
            )
            self.assertEqual(list(found), list(expected[0]))
            for name, column in found.items():
                self.assert_equals_text(name, column, [row[name] for row in expected])
            self.assertTrue(0 < self.np.count_nonzero(~found["safe_to_trade"]) < len(expected))
            self.assertTrue(any("scheduled_event" in text for text in set(found["blocked_by"])))

    def test_false_leaves_out_the_shipped_dates(self):
        head = self.head(288 * 6)  # the fifth has an employment report
        shipped = remora.assess(head, pair="BTC/USDT")
        none = remora.assess(head, pair="BTC/USDT", calendar=False)
        self.np.testing.assert_array_equal(shipped["risk_score"], none["risk_score"])
        later = ~self.np.isnan(none["forecast_volatility_24h"])
        self.assertTrue((shipped["forecast_volatility_24h"] != none["forecast_volatility_24h"])[later].any())

    def assert_equals_text(self, name, column, texts):
        if column.dtype.kind == "f":
            self.np.testing.assert_array_equal(column, [float_or_nan(text) for text in texts], name)
        elif column.dtype.kind == "M":
            written = [text.replace("Z", "") if text else "NaT" for text in texts]
            self.np.testing.assert_array_equal(column, self.np.array(written, column.dtype), name)
        elif column.dtype == bool:
            self.assertEqual([str(value).lower() for value in column], texts, name)
        elif column.dtype.kind == "i":
            self.assertEqual([str(value) for value in column], texts, name)
        else:
            self.assertEqual([value or "" for value in column], texts, name)


class Streams(TheEngine):
    def test_one_candle_at_a_time_equals_all_at_once(self):
        rows = 288 * SHORT_DAYS
        batch = remora.assess(self.head(rows), pair="BTC/USDT", policy="conservative", side="short")
        with remora.Engine("BTC/USDT", "5m", policies=["remora-1", "conservative"]) as engine:
            self.assertEqual(engine.policies, ("remora-1", "conservative"))
            for row in range(rows):
                answer = engine.apply(self.rows[row], side="short", policy="conservative")
                self.assertEqual(answer.safe_to_trade, batch["safe_to_trade"][row])
                for name in ("risk_score", "position_scale", "volatility", "risk_confidence"):
                    found = answer.raw[name]
                    self.assertTrue(
                        found == batch[name][row] or (found is None and math.isnan(batch[name][row])), (name, row)
                    )
                self.assertEqual((answer.regime, answer.state), (batch["regime"][row], batch["state"][row]))
                self.assertEqual("|".join(answer.blocked_by), batch["blocked_by"][row])
        self.assertEqual((answer.pair, answer.side, answer.policy), ("BTC/USDT", "short", "conservative"))

    def test_parts_equal_the_whole(self):
        whole = remora.assess(self.columns, pair="BTC/USDT")
        with remora.Engine("BTC/USDT") as engine:
            at, parts = 0, []
            for size in (2, 1, 500, 1, 3000, 10**6):
                part = {name: column[at:at + size] for name, column in self.columns.items()}
                parts.append(engine.assess(part))
                at += size
        joined = {name: self.np.concatenate([part[name] for part in parts]) for name in whole}
        self.assert_same(joined, whole)

    def test_a_cut_tape_has_the_same_past(self):
        whole = remora.assess(self.columns, pair="BTC/USDT")
        for rows in (1, 1000, 5000):
            cut = remora.assess(self.head(rows), pair="BTC/USDT", timeframe="5m")
            self.assert_same(cut, {name: column[:rows] for name, column in whole.items()}, rows)

    def test_later_values_and_later_moments(self):
        with remora.Engine("BTC/USDT", "5m", outside={"fear_greed_daily": ([], [])}) as engine:
            first = engine.apply(self.rows[0])
            self.assertIsNone(first.raw["fear_greed_index"])
            engine.observe({"fear_greed_daily": ([tape.START], [11.0])})
            second = engine.apply(self.rows[1])
            self.assertEqual(second.raw["fear_greed_index"], 11)
            self.assertIn("flag_extreme_fear", second.blocked_by)
            later = engine.assessment(at=second.as_of + timedelta(hours=3))
            self.assertEqual((second.stale, later.stale), (False, True))
            with self.assertRaisesRegex(remora.EngineError, "created without 'vix_daily'"):
                engine.observe({"vix_daily": ([tape.START], [30.0])})

    def test_a_refused_candle_changes_nothing_and_a_closed_engine_says_so(self):
        engine = remora.Engine("BTC/USDT", "5m")
        engine.apply(self.rows[0])
        for bad in (self.rows[0], [*self.rows[1][:5], -1.0], [1, 2], None, "candle", [None] * 6, [math.nan] * 6):
            with self.assertRaises(remora.EngineError):
                engine.apply(bad)
        self.assertEqual(engine.apply(self.rows[1]).raw["as_of"], "2024-01-01T00:10:00Z")
        engine.close()
        engine.close()
        with self.assertRaisesRegex(remora.EngineError, "was freed"):
            engine.apply(self.rows[2])

    def test_a_forked_process_gives_the_same(self):
        expected = remora.assess(self.columns, pair="BTC/USDT")["risk_score"]
        child = os.fork()
        if child == 0:
            status = 1
            try:
                found = [remora.assess(self.columns, pair="BTC/USDT")["risk_score"] for _ in range(3)]
                status = 0 if all(self.np.array_equal(one, expected, equal_nan=True) for one in found) else 2
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_threads_have_their_own_engines_and_do_not_share_one(self):
        expected = remora.assess(self.columns, pair="BTC/USDT")["risk_score"]
        found, shared = [], remora.Engine("BTC/USDT")
        outcomes = []

        def work():
            found.append(remora.assess(self.columns, pair="BTC/USDT")["risk_score"])
            try:
                outcomes.append(len(shared.assess(self.columns)["risk_score"]))
            except remora.EngineError as error:
                outcomes.append(error.kind)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for scores in found:
            self.np.testing.assert_array_equal(scores, expected)
        self.assertEqual(outcomes.count(len(self.rows)), 1, outcomes)  # the others: busy, or candles it has seen
        self.assertEqual(set(outcomes) - {len(self.rows), "busy", "candle"}, set())


    def test_no_calendar_differs_from_the_shipped_one_in_forecasts_only(self):
        shipped = remora.assess(self.columns, pair="BTC/USDT", policy="remora-1")
        without = remora.assess(self.columns, pair="BTC/USDT", policy="remora-1", calendar=False)
        differing = {
            name for name in shipped
            if not self.np.array_equal(shipped[name], without[name], equal_nan=shipped[name].dtype.kind in "fM")
        }
        self.assertIn("forecast_volatility_24h", differing)
        self.assertTrue(all(name.startswith("forecast_") for name in differing), differing)


class Kinds(TheEngine):
    def test_ccxt_rows_give_the_same_as_arrays(self):
        self.assert_same(remora.assess(self.rows, pair="BTC/USDT"), remora.assess(self.columns, pair="BTC/USDT"))
        empty = remora.assess([], pair="BTC/USDT")
        self.assertTrue(all(len(column) == 0 for column in empty.values()))

    def test_arrays_of_other_types_give_the_same(self):
        expected = remora.assess(self.head(500), pair="BTC/USDT")
        given = self.head(500)
        self.assert_same(
            remora.assess({
                "Close": list(given["close"]), "OPEN": given["open"].astype(">f8"), "high": given["high"],
                "low": given["low"].astype(object), "volume": given["volume"].astype(int), "x": None,
                "Timestamp": given["timestamp"].astype(float)
            }, pair="BTC/USDT"), expected
        )
        moments = [datetime.fromtimestamp(time / 1000, timezone.utc) for time in given["timestamp"].tolist()]
        self.assert_same(remora.assess({**given, "timestamp": moments}, pair="BTC/USDT"), expected)
        nanoseconds = given["timestamp"].astype("M8[ms]").astype("M8[ns]")
        dated = remora.assess({**given, "timestamp": nanoseconds}, pair="BTC/USDT")
        self.assertEqual(dated["as_of"].dtype, self.np.dtype("M8[ns]"))
        coarse = {name: dated[name].astype("M8[ms]") for name in ("date", "as_of", "regime_since")}
        self.assert_same({**dated, **coarse}, expected)

    def test_pandas_keeps_the_index_and_the_type_of_times(self):
        pandas = self.pandas()
        expected = remora.assess(self.columns, pair="BTC/USDT")
        frame = self.frame(pandas)
        for times in (frame["date"], frame["date"].dt.tz_convert("Asia/Tokyo"), frame["date"].dt.tz_localize(None)):
            given = frame.assign(date=times)
            given.index = pandas.Index(range(7, 7 + len(given)), name="number")
            found = remora.assess(given, pair="BTC/USDT")
            self.assertTrue(found.index.equals(given.index))
            self.assertEqual(list(found), list(expected))
            self.assertEqual({found[name].dtype for name in ("date", "as_of", "regime_since")}, {given["date"].dtype})
            self.assertTrue((found["date"] == given["date"]).all())
            self.assertTrue((found["as_of"] == given["date"] + pandas.Timedelta("5min")).all())
            for name in expected:
                if expected[name].dtype.kind in "fib":
                    self.np.testing.assert_array_equal(found[name].to_numpy(), expected[name], name)
            for name in ("regime", "blocked_by", "policy_id", "state"):
                self.assertEqual([None if value != value else value for value in found[name]], list(expected[name]))

    def test_pandas_with_times_as_index_and_a_join_by_as_of(self):
        pandas = self.pandas()
        frame = self.frame(pandas, 288)
        risk = remora.assess(frame.set_index("date"), pair="BTC/USDT")
        self.assertTrue((risk.index == frame["date"]).all())
        trades = pandas.DataFrame({"opened": frame["date"].iloc[[10, 11]] + pandas.Timedelta("2min")})
        joined = pandas.merge_asof(trades, risk, left_on="opened", right_on="as_of")
        # At 00:52 the candle of 00:45 has closed, and that of 00:50 has not.
        self.assertEqual(joined["date"].iloc[0], frame["date"].iloc[9])

    def test_arrow(self):
        try:
            import pyarrow
        except ImportError:
            self.skipTest("no pyarrow")
        expected = remora.assess(self.columns, pair="BTC/USDT")
        table = pyarrow.table({
            **{name: column for name, column in self.columns.items() if name != "timestamp"},
            "date": pyarrow.array(self.columns["timestamp"].astype("M8[ms]")).cast(pyarrow.timestamp("us", "UTC"))
        })
        found = remora.assess(table, pair="BTC/USDT")
        self.assertIsInstance(found, pyarrow.Table)
        self.assertEqual(found.column_names, list(expected))
        self.assertEqual(found.schema.field("as_of").type, pyarrow.timestamp("us", "UTC"))
        self.assertEqual(found["regime"].to_pylist(), list(expected["regime"]))
        self.assertEqual(found["blocked_by"].to_pylist(), list(expected["blocked_by"]))
        self.np.testing.assert_array_equal(found["risk_score"].to_numpy(), expected["risk_score"])
        self.assertEqual(found["regime_since"].null_count, int(self.np.isnat(expected["regime_since"]).sum()))

        class Stream:
            """Anything with a stream: polars, DuckDB."""

            def __arrow_c_stream__(self, requested_schema=None):
                return table.__arrow_c_stream__(requested_schema)

        self.assertEqual(str(remora.assess(Stream(), pair="BTC/USDT").to_pydict()), str(found.to_pydict()))
        self.refusal("the column 'high' has the type string", "argument", table.set_column(
            table.column_names.index("high"), "high", pyarrow.array(["x"] * len(table))
        ))


    def test_texts_keep_their_values_however_many_there_are(self):
        from remora import _frames

        random = self.np.random.default_rng(1)
        for most in (-1, 0, 1, 126, 127, 128, 200, 253, 254, 255, 300, 40_000):
            codes = random.integers(-1, most + 1, 3000).astype(self.np.int32)
            short, names = _frames._shortened(codes, lambda code: f"{40_000 - code:05}")
            self.assertEqual(names, sorted(set(names)))
            found = [None if code < 0 else names[code] for code in short.tolist()]
            self.assertEqual(found, [None if code < 0 else f"{40_000 - code:05}" for code in codes.tolist()], most)
            short[:] = 0  # a frame can be changed


class Refusals(TheEngine):
    def test_frames(self):
        head = self.head(5)
        nan = head["open"].copy()
        nan[2] = math.nan
        self.refusal("candles are int", "argument", 5)
        self.refusal("no column 'open': there are none", "argument", {})
        error = self.refusal("no column 'high'", "argument", {k: v for k, v in head.items() if k != "high"})
        self.assertEqual(error.column, "high")
        self.refusal("no column of open times", "argument", {k: v for k, v in head.items() if k != "timestamp"})
        error = self.refusal("row 2, open: a value is not a finite number", "candle", {**head, "open": nan})
        self.assertEqual((error.row, error.column), (2, "open"))
        twice = head["timestamp"][[0, 0, 2, 3, 4]]
        self.refusal("row 1, timestamp", "candle", {**head, "timestamp": twice}, timeframe="5m")
        short = {**head, "low": head["low"][:4]}
        self.refusal("the column 'low' has 4 values, and 'timestamp' has 5", "argument", short)
        self.refusal("the column 'low' is not numbers", "argument", {**head, "low": ["a"] * 5})
        self.refusal("is not numbers: the type is bool", "argument", {**head, "low": self.np.ones(5, bool)})
        self.refusal("2 dimensions", "argument", {**head, "low": self.np.ones((5, 1))})
        self.refusal("open times is not datetimes", "argument", {**head, "timestamp": ["x"] * 5})
        self.refusal("missing or not a whole number", "argument", {**head, "timestamp": nan})
        self.refusal("row 1 is not a list of six numbers: [1, 2]", "argument", [self.rows[0], [1, 2]])
        self.refusal("there is only one", "candle", self.rows[:1])

    def test_a_mixed_up_pandas_frame(self):
        pandas = self.pandas()
        frame = self.frame(pandas, 20)
        error = self.refusal("row 1, timestamp", "candle", frame.iloc[::-1], timeframe="5m")
        self.assertEqual(error.row, 1)
        self.refusal("more than one column 'high'", "argument", pandas.concat([frame, frame[["high"]]], axis=1))
        missing = frame.assign(date=frame["date"].where(frame.index != 3))
        self.refusal("row 3, timestamp: the time is missing", "candle", missing)

    def test_options(self):
        head = self.head(5)
        self.refusal("pair is 'BTC'", "options", head, pair="BTC")
        self.refusal("timeframe is '7m': expected one of 1m", "options", head, timeframe="7m")
        self.refusal("side is 'up': expected long or short", "argument", head, side="up")
        expected = "'bold' is not a policy: expected remora-2, remora-1, conservative or aggressive"
        self.refusal(expected, "argument", head, policy="bold")
        self.refusal("weights.regime", "options", head, policy={"weights": {"regime": 2}})
        self.refusal("a policy is 5", "argument", head, policy=5)
        self.refusal("kind is 'moon'", "options", head, outside={"moon": ([], [])})
        self.refusal("expected a file, or a pair", "argument", head, outside={"vix_daily": 5})
        self.refusal("no-such.csv", "options", head, outside={"vix_daily": "no-such.csv"})
        self.refusal("no-such.csv", "options", head, calendar="no-such.csv")
        self.refusal("expected a file, events", "argument", head, calendar=5)
        file = self.folder / "bad.json"
        file.write_text('{ "decision": { "blocking": 1 } }')
        self.refusal(f"{file}: policy: decision.blocking: unknown field", "options", head, policy=file)
        with self.assertRaisesRegex(remora.EngineError, "'bold' is not a policy of this engine: expected remora-2"):
            remora.Engine("BTC/USDT").assess(head, policy="bold")

    def test_hostile_calls_end_in_an_answer_or_a_reason(self):
        run = subprocess.run(
            [sys.executable, "-m", "tests.hostile", "100000", "1"], capture_output=True, text=True,
            cwd=Path(__file__).resolve().parents[1],
        )
        self.assertEqual(run.returncode, 0, run.stderr[-3000:])
        self.assertIn("answered", run.stdout)


class Installations(unittest.TestCase):
    def run_python(self, program, **environment):
        path = str(service.REPOSITORY / "clients/python/src")
        return subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": path, **environment}
        )

    def test_without_the_library_or_numpy_it_says_what_is_missing(self):
        program = (
            "import remora\n"
            "try: remora.assess([], pair='BTC/USDT')\n"
            "except remora.RemoraError as e: print(e.kind, e)"
        )
        run = self.run_python(program, REMORA_ENGINE_LIBRARY="/no/libremora.so")
        self.assertIn("not_installed this installation of remora has no engine: install the wheel", run.stdout)
        run = self.run_python(program, REMORA_ENGINE_LIBRARY=__file__)
        self.assertIn("cannot be used", run.stdout)
        run = self.run_python("import sys; sys.modules['numpy'] = None\n" + program,
                              REMORA_ENGINE_LIBRARY=native.require())
        self.assertIn("Engine.assess need numpy: pip install 'remora[engine]'", run.stdout)

    def test_a_stream_needs_only_the_standard_library(self):
        program = (
            "import sys, remora\nengine = remora.Engine('BTC/USDT', '5m')\n"
            "print(engine.apply([0, 1, 1, 1, 1, 1]).state, {'numpy', 'pandas', 'pyarrow'} & set(sys.modules))"
        )
        run = self.run_python(program, REMORA_ENGINE_LIBRARY=native.require())
        self.assertEqual(run.stdout, "warming_up set()\n", run.stderr)

    def test_arrays_import_neither_pandas_nor_pyarrow(self):
        native.require_numpy()
        program = (
            "import sys, remora\nremora.assess([[0, 1, 1, 1, 1, 1]], pair='BTC/USDT', timeframe='5m')\n"
            "print({'pandas', 'pyarrow'} & set(sys.modules))"
        )
        run = self.run_python(program, REMORA_ENGINE_LIBRARY=native.require())
        self.assertEqual(run.stdout, "set()\n", run.stderr)
