"""Forecasts inside Python: the same values as the answers of the engine, for frames and streams."""

import math
import unittest

from tests import native, tape

DAYS = 33
TABLES = (
    "factors", "probability_of_drawdown", "probability_of_rally", "value_at_risk", "expected_shortfall",
    "return_quantiles", "stop_distances", "short_stop_distances",
)
VALUES = ("volatility", "annualized_volatility", "percentile", "median_volatility", "relative_to_usual")


class Forecasts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.np = native.require_numpy()
        native.require()
        global remora
        import remora

        # Volume as on an exchange: without turnover a market is outside the tested range.
        cls.rows = [[*row[:5], 1e6] for row in tape.rows(DAYS)]
        cls.whole = remora.forecast(cls.rows, pair="BTC/USDT")

    def test_every_column_equals_the_answer_of_the_engine(self):
        answers, compared = [], 0
        with remora.Engine("BTC/USDT", "5m", policies="conservative") as engine:
            for row, candle in enumerate(self.rows):
                if row % 97 == 0 or row in (286, 287, 288, len(self.rows) - 1):
                    answers.append((row, engine.apply(candle)))
                else:
                    engine.assess([candle], columns=["as_of"])
        for row, answer in answers:
            found = {name: column[row] for name, column in self.whole.items()}
            self.assertEqual(found["no_forecast"], answer.no_forecast)
            self.assertEqual(found["state"], answer.state)
            forecast = answer.raw["forecast"] or {}
            self.assertEqual(found["forecast_coefficients"], forecast.get("coefficients"))
            for name in ("in_sample", "in_tested_range", "history_days", "confidence"):
                self.assert_same(found["forecast_" + name], forecast.get(name), (name, row))
            for horizon in ("1h", "4h", "24h"):
                answered = forecast.get("horizons", {}).get(horizon, {})
                for name in VALUES:
                    self.assert_same(found[f"forecast_{name}_{horizon}"], answered.get(name), (name, row))
                for table in TABLES:
                    for key, value in answered.get(table, {}).items():
                        compared += value is not None
                        self.assert_same(found[f"forecast_{table}_{key}_{horizon}"], value, (table, key, row))
        self.assertGreater(compared, 5000)
        self.assertEqual({answer.no_forecast for _, answer in answers}, {None, "warming_up"})

    def assert_same(self, found, answered, message):
        same = math.isnan(found) if answered is None else found == answered
        self.assertTrue(same, (message, found, answered))

    def test_a_chosen_horizon_and_thresholds(self):
        with remora.Engine("BTC/USDT", "5m") as engine:
            chosen = engine.forecast(self.rows, horizon="4h", fall=0.03, rise=0.01)
            answer = engine.assessment()
        self.assertTrue(set(chosen) < {*self.whole, "forecast_probability_of_drawdown_0.03_4h"})
        self.assertEqual(sum("probability" in name for name in chosen), 2)
        self.assertFalse(any(name.endswith(("_1h", "_24h")) for name in chosen))
        for name in set(chosen) & set(self.whole):
            self.np.testing.assert_array_equal(chosen[name], self.whole[name], name)
        fall = chosen["forecast_probability_of_drawdown_0.03_4h"]
        low, high = (self.whole[f"forecast_probability_of_drawdown_{key}_4h"] for key in ("0.05", "0.02"))
        known = ~self.np.isnan(fall)
        self.assertGreater(self.np.count_nonzero(known), 1000)
        self.assertTrue(((low <= fall) & (fall <= high))[known].all())
        table = answer.forecast.horizons["4h"].probability_of_drawdown
        self.assertTrue(table["0.05"] <= fall[-1] <= table["0.02"])

    def test_parts_a_cut_and_the_columns_of_an_assessment(self):
        with remora.Engine("BTC/USDT", "5m") as engine:
            parts = [engine.forecast(self.rows[:5000]), engine.forecast(self.rows[5000:])]
        cut = remora.forecast(self.rows[:5000], pair="BTC/USDT")
        assessed = remora.assess(self.rows, pair="BTC/USDT", columns=["risk_score", *self.whole])
        for name, column in self.whole.items():
            self.np.testing.assert_array_equal(self.np.concatenate([part[name] for part in parts]), column, name)
            self.np.testing.assert_array_equal(cut[name], column[:5000], name)
            self.np.testing.assert_array_equal(assessed[name], column, name)

    def test_what_is_refused(self):
        few = self.rows[:10]
        for options, expected in (
            ({"horizon": "2h"}, "horizon is '2h': expected 1h, 4h or 24h"), ({"fall": 1.5}, "fall is 1.5"),
            ({"rise": "x"}, "not supported"), ({"fall": math.nan}, "fall is nan"),
        ):
            with self.assertRaisesRegex(remora.EngineError, expected) as refused:
                remora.forecast(few, pair="BTC/USDT", **options)
            self.assertEqual(refused.exception.kind, "argument")
        for columns, expected in (
            ("risk_score", "expected a list of names"), ([], "expected a list"), (["risk_score", 7], "expected a list"),
            (["a\0b"], "expected a list"), (["\ud800"], "expected a list"), (["moon"], "'moon' is not a column"),
            (["forecast_stop_distances_0.9_4h"], "is not a column"),
            (["forecast_value_at_risk_0.2_4h"], "not a column"),
            (["forecast_probability_of_rally_0.01_2h"], "is not a column"), (["x" * 200], "column"),
        ):
            with self.assertRaisesRegex(remora.EngineError, expected):
                remora.assess(few, pair="BTC/USDT", columns=columns)

    def test_a_long_timeframe_has_none_and_says_why(self):
        days = [[day * 86_400_000, 100, 101, 99, 100, 1] for day in range(50)]
        found = remora.forecast(days, pair="BTC/USDT")
        self.assertEqual(set(found["no_forecast"]), {"timeframe_too_long"})
        self.assertTrue(self.np.isnan(found["forecast_volatility_4h"]).all())


class Seeds(unittest.TestCase):
    """Longer candles from before the first candle."""

    @classmethod
    def setUpClass(cls):
        cls.np = native.require_numpy()
        native.require()
        global remora
        import remora

        rows, days = list(tape.rows(230)), 230
        falls = [1 - 0.7 * row / len(rows) for row in range(days * 288)]
        cls.rows = [[row[0], *(value * fall for value in row[1:5]), row[5]] for row, fall in zip(rows, falls)]

    @staticmethod
    def longer(rows, count):
        return [
            [
                part[0][0], part[0][1], max(row[2] for row in part), min(row[3] for row in part), part[-1][4],
                sum(row[5] for row in part)
            ]
            for part in (rows[i:i + count] for i in range(0, len(rows), count))
        ]

    def test_a_seed_and_the_last_month_give_what_the_whole_past_gives(self):
        whole = remora.assess(self.rows, pair="BTC/USDT")
        begin = len(self.rows) - 31 * 288
        seeds = {"hourly": self.longer(self.rows, 12), "daily": self.longer(self.rows, 288)}
        found = []
        for given in (seeds, {"hourly": seeds["hourly"]}, {}):
            with remora.Engine("BTC/USDT", "5m") as engine:
                engine.seed(**given)  # also those after the first candle, which are ignored
                found.append(engine.assess(self.rows[begin:]))
        seeded, without_days, unseeded = found
        for name in ("regime", "safe_to_trade", "trend_classification"):
            self.assertTrue((seeded[name][-288:] == whole[name][-288:]).all(), name)
        bearish = [[("bear_market" in flags) for flags in one["flags"][-288:]] for one in (seeded, whole, without_days)]
        self.assertTrue(any(bearish[0]))  # needs the daily candles
        self.assertEqual(bearish[0], bearish[1])
        self.assertFalse(any(bearish[2]))
        self.assertFalse(self.np.isnan(seeded["adx"][12]))  # needs the hourly candles
        self.assertTrue(self.np.isnan(unseeded["adx"][12]))

    def test_a_seed_comes_before_the_candles_and_once(self):
        with remora.Engine("BTC/USDT", "5m") as engine:
            with self.assertRaisesRegex(remora.EngineError, "row 1, timestamp"):
                engine.seed(daily=[[0, 1, 1, 1, 1, 1], [1000, 1, 1, 1, 1, 1]])
            engine.seed(daily=[[0, 1, 1, 1, 1, 1]])
            with self.assertRaisesRegex(remora.EngineError, "has a seed"):
                engine.seed()
            engine.apply(self.rows[0])
            with self.assertRaisesRegex(remora.EngineError, "has candles already"):
                engine.seed()
