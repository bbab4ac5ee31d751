import logging
import unittest
from datetime import date, datetime, timezone
from unittest import mock

from remora import Assessment, Forecast, RemoraClient, RemoraError
from tests.faulty import assessment, forecast_answer


class ReadingAnswers(unittest.TestCase):
    def test_only_true_and_false_are_verdicts_and_wrong_types_are_refused(self):
        for wrong in (
            {"safe_to_trade": None}, {"safe_to_trade": 1}, {"safe_to_trade": "false"}, {"risk_score": "high"},
            {"risk_score": True}, {"position_scale": 3}, {"blocked_by": "x"},
            {"reasoning": [1]}, {"as_of": "yesterday"}, {"regime": 4}, {"stale": "no"},
        ):
            with self.subTest(wrong=wrong), self.assertRaises(RemoraError) as raised:
                Assessment.from_json(assessment("BTC/USDT", **wrong))
            self.assertEqual(raised.exception.kind, "not_an_assessment")

    def test_reports_are_checked_and_wrong_arguments_are_not_sent(self):
        client = RemoraClient("http://127.0.0.1:1", breaker_seconds=0)
        risk = {"value_at_risk": {"0.95": 0.03}, "positions": []}
        with mock.patch.object(client._services.endpoints[0], "get", return_value=risk) as get:
            book = [{"pair": "BTC/USDT", "side": "short", "notional": 500.0}]
            self.assertEqual(client.portfolio(1000, book, limit=0.04), risk)
            get.assert_called_once_with(
                "/api/v1/portfolio/risk", mock.ANY, "POST", {"wallet": 1000, "positions": book, "limit": 0.04}
            )
        for wallet in (0, -1, float("nan"), float("inf"), True):
            with self.assertRaises(ValueError):
                client.portfolio(wallet, book)
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        record = {"horizons": {}, "alarm": {"raised": False}}
        with mock.patch.object(client._services.endpoints[0], "get", return_value=record) as get:
            self.assertEqual(client.scorecard("BTC/USDT", "4h", start), record)
            self.assertIn("horizon=4h&from=2026-01-01T00%3A00%3A00.000Z", get.call_args.args[0])
        graded = {"horizon": "24h", "books": []}
        with mock.patch.object(client._services.endpoints[0], "get", return_value=graded) as get:
            self.assertEqual(client.book_scorecards(end=start), graded)
            self.assertEqual(get.call_args.args[0], "/api/v1/scorecard/books?to=2026-01-01T00%3A00%3A00.000Z")
        with self.assertRaises(ValueError):
            client.scorecard("BTC/USDT", start=datetime(2026, 1, 1))
        for wrong in (None, [], {}, {"pairs": []}):
            for ask in (
                client.correlations, lambda: client.portfolio(1, book), lambda: client.scorecard("BTC/USDT"),
                client.book_scorecards
            ):
                fresh = mock.patch.object(client._services.endpoints[0], "get", return_value=wrong)
                with fresh, self.assertRaises(RemoraError) as raised:
                    ask()
                self.assertEqual(raised.exception.kind, "not_an_assessment")

    def test_unknown_values_of_a_forecast_are_none_and_wrong_types_are_refused(self):
        client = RemoraClient("http://127.0.0.1:9")
        with mock.patch.object(client._services.endpoints[0], "get", return_value=forecast_answer("BTC/USDT")):
            answer = client.forecast("BTC/USDT")
        forecast = answer.forecast
        self.assertEqual((forecast.calendar_known_until, forecast.confidence), (date(2027, 12, 31), None))
        horizon = forecast.horizons["4h"]
        self.assertEqual((horizon.volatility, horizon.percentile, horizon.factors), (0.011, None, {"level": 1.5}))
        self.assertEqual((horizon.probability_of_drawdown, horizon.stop_distances), ({"0.02": None}, {}))
        warming = {"pair": "BTC/USDT", "forecast": None, "no_forecast": "warming_up"}
        with mock.patch.object(client._services.endpoints[0], "get", return_value=warming):
            answer = client.forecast("BTC/USDT")
            self.assertEqual((answer.forecast, answer.no_forecast), (None, "warming_up"))
        for wrong in (
            [], {}, {"pair": "BTC/USDT"}, forecast_answer("ETH/USDT"), {**warming, "forecast": 1},
            forecast_answer("BTC/USDT", in_sample="no"), forecast_answer("BTC/USDT", horizons=[]),
            forecast_answer("BTC/USDT", horizons={"4h": {"factors": {"level": "x"}}}),
            forecast_answer("BTC/USDT", calendar_known_until="soon"),
        ):
            client = RemoraClient("http://127.0.0.1:9")
            get = mock.patch.object(client._services.endpoints[0], "get", return_value=wrong)
            subtest, logged = self.subTest(wrong=wrong), self.assertLogs("remora", logging.WARNING)
            with subtest, logged, get, self.assertRaises(RemoraError) as raised:
                client.forecast("BTC/USDT")
            self.assertEqual(raised.exception.kind, "not_an_assessment")
        for ratio in (0, 1, -0.1, float("nan")):
            with self.subTest(ratio=ratio), self.assertRaises(ValueError):
                client.forecast("BTC/USDT", fall=ratio)

    def test_a_value_of_a_forecast_by_its_column(self):
        forecast = Forecast.from_json({
            "horizons": {"24h": {"volatility": 0.02, "percentile": None, "stop_distances": {"0.1": 0.03, "0.05": None}}}
        })
        for column, value in (
            ("forecast_volatility_24h", 0.02), ("forecast_percentile_24h", None),
            ("forecast_stop_distances_0.1_24h", 0.03), ("forecast_stop_distances_0.05_24h", None),
            ("forecast_value_at_risk_0.95_24h", None),
        ):
            self.assertEqual(forecast.value(column), value, column)
        for wrong, named in (
            ("volatility_24h", "HORIZON one of 24h"), ("forecast_volatility_4h", "HORIZON one of 24h"),
            ("forecast_volatilty_24h", "NAME is one of volatility, "), ("forecast_24h", "NAME is one of"),
            ("forecast_stop_distances_24h", "with a key"), ("forecast_stop_distances_0.07_24h", "has 0.1, 0.05"),
        ):
            with self.assertRaisesRegex(ValueError, named):
                forecast.value(wrong)

    def test_unknown_values_are_none_and_new_fields_are_kept(self):
        answer = Assessment.from_json({"safe_to_trade": False, "risk_score": None, "something_new": 1})
        self.assertEqual((answer.safe_to_trade, answer.risk_score, answer.raw["something_new"]), (False, None, 1))
