"""max_portfolio_var of the guard, with trades and answers that the tests define."""

import pickle
import random
import types
import unittest
from unittest import mock

try:
    import pandas as pd
except ImportError as missing:
    raise unittest.SkipTest(f"{missing}: on Debian, apt-get install python3-pandas") from None

from tests import service
from tests.faulty import FaultyServer
from tests.standin import IStrategy, RunMode, adjust, enter, make

from remora import RemoraClient
from remora.freqtrade import RemoraGuard
from remora.freqtrade.portfolio import BookAnswer, PortfolioLimit, by_service

NOW = pd.Timestamp("2026-01-01 10:20", tz="UTC")
WALLET = 1000.0
LIMIT = 0.04
LOSS = 0.08  # of a position, on one day in twenty


def one_bet(weights, limit, candidate, time):
    """Answers as if all pairs were one: the value at risk is that of the net exposure."""
    net = sum(weights.values())
    if candidate is None:
        return BookAnswer(LOSS * abs(net), [])
    sign = 1 if candidate[1] == "long" else -1
    after = net + sign * candidate[2]
    return BookAnswer(
        LOSS * abs(net), [], max(0.0, limit / LOSS - sign * net), LOSS * abs(after), sign * net < 0
    )


def trade(pair="BTC/USDT", amount=100.0, rate=1.0, is_short=False, pending=0.0, number=1):
    order = types.SimpleNamespace(safe_amount=pending, ft_order_side="sell" if is_short else "buy")
    return types.SimpleNamespace(
        id=number, pair=pair, amount=amount, open_rate=rate, is_short=is_short, leverage=1.0,
        stake_amount=amount * rate, entry_side=order.ft_order_side, open_orders=[order] if pending else [],
        has_open_orders=bool(pending)
    )


class Any(RemoraGuard, IStrategy):
    timeframe = "5m"
    can_short = True
    position_adjustment_enable = True
    wants = None

    def _remora_allows(self, pair, side, time, what):
        return True

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def adjust_trade_position(self, trade, current_time, **kwargs):
        return self.wants


class TheLimit(unittest.TestCase):
    def setUp(self):
        self.trades = []
        proxy = mock.patch(
            "freqtrade.persistence.Trade.get_trades_proxy", lambda is_open=None: list(self.trades), create=True
        )
        proxy.start()
        self.addCleanup(proxy.stop)

    def bot(self, ask=one_bet, mode=RunMode.BACKTEST, **remora):
        bot = make(Any, mode, max_portfolio_var=LIMIT, ungated_backtest=False, **remora)
        bot.wallets = types.SimpleNamespace(get_total_stake_amount=lambda: WALLET)
        bot.prices = {}
        bot.said = []
        bot.dp.get_analyzed_dataframe = lambda pair, timeframe: (
            pd.DataFrame({"close": [bot.prices[pair]] if pair in bot.prices else []}), None
        )
        bot.dp.send_msg = lambda text, always_send: bot.said.append(text)
        bot.__dict__["_remora_limit_made"] = PortfolioLimit(bot, ask)
        return bot

    def enter(self, bot, **given):
        return enter(bot, now=NOW, max_stake=5000.0, **given)

    def test_an_entry_is_as_large_as_fits_and_earlier_orders_count(self):
        bot = self.bot()
        self.assertEqual(self.enter(bot, stake=300.0), 300.0)
        self.trades.append(trade(amount=0.0, pending=300.0))  # placed in this loop, not filled
        self.assertAlmostEqual(self.enter(bot, pair="ETH/USDT", stake=300.0), 200.0)
        self.trades.append(trade("ETH/USDT", 200.0, number=2))
        self.assertIsNone(self.enter(bot, pair="SOL/USDT", stake=300.0))
        self.assertEqual({name: bot.remora_portfolio_counts()[name] for name in ("scaled", "blocked")}, {
            "scaled": 1, "blocked": 1
        })
        self.assertAlmostEqual(bot.remora_portfolio(NOW).value_at_risk, LIMIT)

    def test_open_trades_count_at_their_present_price(self):
        bot = self.bot()
        self.trades.append(trade(amount=100.0, rate=2.0))
        bot.prices["BTC/USDT"] = 4.0  # 400 of a wallet of 1200
        self.assertAlmostEqual(self.enter(bot, stake=500.0), 0.5 * 1200 - 400)

    def test_block_refuses_the_entry_that_does_not_fit_whole(self):
        bot = self.bot(portfolio_action="block")
        self.assertEqual(self.enter(bot, stake=500.0), 500.0)
        self.assertIsNone(self.enter(bot, stake=501.0))
        self.assertEqual(bot.remora_portfolio_counts()["blocked"], 1)

    def test_hedges_pass_up_to_the_risk_without_them(self):
        for action in ("scale", "block"):
            bot = self.bot(portfolio_action=action)
            self.trades = [trade(amount=800.0)]  # above the limit by its price
            self.assertIsNone(self.enter(bot, pair="ETH/USDT", stake=100.0))
            self.assertEqual(self.enter(bot, pair="ETH/USDT", side="short", stake=100.0), 100.0)
            self.assertEqual(self.enter(bot, pair="ETH/USDT", side="short", stake=1600.0), 1600.0)
            beyond = self.enter(bot, pair="ETH/USDT", side="short", stake=2000.0)
            self.assertEqual(beyond, None if action == "block" else 1600.0)

    def test_no_entry_of_random_books_raises_them_above_the_limit(self):
        chance = random.Random(5)
        for action in ("scale", "block"):
            bot = self.bot(portfolio_action=action)
            for _ in range(300):
                self.trades = [
                    trade(amount=chance.uniform(1, 400), rate=1.0, is_short=chance.random() < 0.4, number=number)
                    for number in range(chance.randrange(5))
                ]
                before = bot.remora_portfolio(NOW).value_at_risk
                side = chance.choice(["long", "short"])
                stake = self.enter(bot, side=side, stake=chance.uniform(6, 1500))
                if stake is not None:
                    self.trades.append(trade(amount=stake, is_short=side == "short", number=9))
                    after = bot.remora_portfolio(NOW).value_at_risk
                    self.assertLessEqual(after, max(LIMIT, before) * (1 + 1e-8))

    def test_additions_are_scaled_or_blocked_like_entries(self):
        self.trades = [trade(amount=400.0)]
        for action, wants, gets in (
            ("scale", 50.0, 50.0), ("scale", 500.0, 100.0), ("block", 500.0, None), ("block", 50.0, 50.0),
            ("scale", -20.0, -20.0)
        ):
            bot = self.bot(portfolio_action=action)
            bot.wants = wants
            found, _ = self.adjust(bot)
            if gets is None:
                self.assertIsNone(found)
            else:
                self.assertAlmostEqual(found, gets)

    def adjust(self, bot, now=NOW, one=None):
        return adjust(bot, now=now, trade=one or self.trades[0])

    def test_reduce_trims_all_trades_by_the_same_part_once_an_hour(self):
        bot = self.bot(portfolio_action="reduce")
        self.trades = [trade(amount=600.0), trade("ETH/USDT", 200.0, number=2)]
        for one in self.trades:
            stake, tag = self.adjust(bot, one=one)
            self.assertAlmostEqual(stake, -one.stake_amount * (1 - 500 / 800))
            self.assertEqual(tag, "remora_portfolio")
            one.amount += stake
            one.stake_amount += stake
            self.assertIsNone(self.adjust(bot, one=one)[0])
        self.assertAlmostEqual(bot.remora_portfolio(NOW).value_at_risk, LIMIT)
        self.trades[0].amount += 20  # by less than LEAST_TRIM
        self.assertIsNone(self.adjust(bot, now=NOW + pd.Timedelta(hours=1))[0])
        for action in ("scale", "block"):
            self.trades[0].amount = 900.0
            self.assertIsNone(self.adjust(self.bot(portfolio_action=action))[0])

    def test_reduce_needs_adjustments_of_positions(self):
        bot = self.bot(portfolio_action="reduce")
        bot.bot_start()
        bot.position_adjustment_enable = False
        with self.assertRaisesRegex(ValueError, "position_adjustment_enable"):
            bot.bot_start()

    def test_hours_above_the_limit_are_counted_and_notified_once(self):
        bot = self.bot(mode=RunMode.DRY_RUN)
        self.trades = [trade(amount=400.0)]
        for hour, amount in enumerate((400, 600, 700, 700, 300, 800, 0)):
            self.trades[0].amount = float(amount)
            for minute in (0, 20, 40):
                bot.bot_loop_start(current_time=NOW.floor("h") + pd.Timedelta(hours=hour, minutes=minute))
        counts = bot.remora_portfolio_counts()
        self.assertEqual((counts["hours"], counts["hours_over"]), (6, 4))
        self.assertEqual(len(bot.said), 4)
        self.assertIn("they lose more than 4.8% of the wallet (max_portfolio_var 4.0%; 1 of 2 hours", bot.said[0])
        self.assertIn("within max_portfolio_var again (3 of 5 hours", bot.said[1])

    def test_without_an_answer_on_error_decides(self):
        for ask in (lambda *_: None, lambda *_: BookAnswer(None, ["BTC/USDT"]), lambda *_: {}["wrong"]):
            for action in ("scale", "block"):
                for on_error, expected in (("allow", 300.0), ("last", 300.0), ("block", None)):
                    bot = self.bot(ask, portfolio_action=action, on_error=on_error)
                    self.assertEqual(self.enter(bot, stake=300.0), expected, (action, on_error))
                    self.assertGreater(bot.remora_portfolio_counts()["unknown"], 0)

    def test_below_the_minimum_of_the_exchange_there_is_no_entry(self):
        bot = self.bot()
        self.trades = [trade(amount=498.0)]
        self.assertIsNone(self.enter(bot, stake=300.0, min_stake=5.0))
        self.assertAlmostEqual(self.enter(bot, stake=300.0, min_stake=1.0), 2.0)

    def test_settings_are_checked(self):
        for wrong in ({"max_portfolio_var": 0.0}, {"max_portfolio_var": True}, {"portfolio_action": "sell"}):
            with self.assertRaisesRegex(ValueError, f"remora: {next(iter(wrong))} is"):
                make(Any, RunMode.BACKTEST, **wrong)._remora_settings()
        without = make(Any, RunMode.BACKTEST)
        self.assertIsNone(without.remora_portfolio(NOW))
        self.assertEqual(without.remora_portfolio_counts(), {})

    def test_a_strategy_with_a_limit_can_be_pickled(self):
        bot = make(Any, RunMode.BACKTEST, max_portfolio_var=LIMIT)
        bot.bot_start()
        self.assertEqual(pickle.loads(pickle.dumps(bot))._remora_settings().max_portfolio_var, LIMIT)


class TheService(unittest.TestCase):
    """What the service answers, as the guard understands it."""

    def test_pairs_that_it_does_not_know_are_named(self):
        ask = by_service(RemoraClient(service.url(), timeout=30))
        found = ask({"BTC/USDT": 0.1, "NO/USDT": 0.1}, LIMIT, ("BTC/USDT", "short", 0.01), NOW)
        self.assertEqual((found.unknown, found.is_hedge), (["NO/USDT"], True))
        self.assertIs(ask({"BTC/USDT": 0.1}, LIMIT, ("BTC/USDT", "long", 0.01), NOW).is_hedge, False)
        self.assertEqual(ask({"NO/USDT": 0.1}, LIMIT, ("ETH/USDT", "short", 0.5), NOW).unknown, ["NO/USDT"])
        self.assertIsNone(ask({}, LIMIT, ("NO/USDT", "long", 0.5), NOW))
        self.assertIsNone(ask({"NO/USDT": 0.1}, LIMIT, None, NOW))
        self.assertEqual(ask({}, LIMIT, None, NOW), BookAnswer(0.0, []))

    def test_figures_of_its_answer(self):
        class Client:
            def portfolio(self, wallet, positions, limit, candidate=None):
                self.asked = wallet, positions, limit, candidate
                return {
                    "value_at_risk": {"0.95": 0.08}, "unknown": [],
                    "candidate": candidate and {
                        "largest_notional": 0.3, "is_hedge": False, "with": {"value_at_risk": {"0.95": 0.05}}
                    }
                }

        client = Client()
        ask = by_service(client)
        added = {"pair": "ETH/USDT", "side": "short", "notional": 0.2}
        found = ask({"BTC/USDT": -0.4}, LIMIT, ("ETH/USDT", "short", 0.2), NOW)
        self.assertEqual(found, BookAnswer(0.08, [], 0.3, 0.05, False))
        held = [{"pair": "BTC/USDT", "side": "short", "notional": 0.4}]
        self.assertEqual(client.asked, (1.0, held, LIMIT, added))
        # Alone it has twice the risk that the limit allows.
        self.assertAlmostEqual(ask({}, LIMIT, ("ETH/USDT", "short", 0.2), NOW).largest, 0.1)

    def test_faults_are_no_answer(self):
        with FaultyServer() as server:
            for mode in ("500", "html", "truncated", "hangup", "schema"):
                server.mode = mode
                ask = by_service(RemoraClient(server.url, breaker_seconds=0))
                self.assertIsNone(ask({"BTC/USDT": 0.1}, LIMIT, ("ETH/USDT", "long", 0.1), NOW), mode)
