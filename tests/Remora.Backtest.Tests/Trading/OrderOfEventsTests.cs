using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Tests.Trading;

/// <summary>Freqtrade's order of events, one rule at a time.</summary>
public sealed class OrderOfEventsTests
{
    private static readonly AccountRules Account = AccountRules.Default with { AmountStep = 0.00001 };

    private static IReadOnlyList<Trade> Run(string script, params Candle[] candles)
    {
        var series = new CandleTape(Timeframe.FiveMinutes, candles, 0);
        return Simulation
            .Prepare(Scripted.Plan(script), series, candles[0].OpenTime, candles[^1].OpenTime, Account)
            .Run();
    }

    private static IReadOnlyList<Trade> Flat(string script) =>
        Run(script, [.. Generated.Prices([.. script.Select((_, i) => 100.0 + i)]).Candles]);

    private static Candle[] Candles(params (double Open, double High, double Low, double Close)[] rows) =>
        [
            .. rows.Select(
                (r, i) =>
                    new Candle(Generated.Start + (i * Timeframe.FiveMinutes.Length), r.Open, r.High, r.Low, r.Close, 1)
            ),
        ];

    [Fact]
    public void A_signal_acts_at_the_next_open()
    {
        var trade = Assert.Single(Flat(".e.x.."));
        Assert.Equal(102, trade.OpenRate);
        Assert.Equal(104, trade.CloseRate);
        Assert.Equal(ExitReason.Signal, trade.ExitReason);
    }

    [Fact]
    public void Enter_and_exit_together_do_nothing() => Assert.Empty(Flat(".b...."));

    [Fact]
    public void Enter_and_exit_together_do_not_exit_either() =>
        Assert.Equal(105, Assert.Single(Flat(".e.b.x")).CloseRate);

    [Fact]
    public void There_is_no_entry_on_the_last_row() => Assert.Empty(Flat("....e."));

    [Fact]
    public void Open_trades_close_at_the_last_open()
    {
        var trade = Assert.Single(Flat(".e...."));
        Assert.Equal(105, trade.CloseRate);
        Assert.Equal(ExitReason.Forced, trade.ExitReason);
    }

    [Fact]
    public void An_entry_on_the_row_of_an_exit_is_lost() =>
        Assert.Single(
            Run(
                ".ee...",
                Candles(
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (100, 100, 50, 100),
                    (100, 100, 100, 100),
                    (100, 100, 100, 100)
                )
            )
        );

    [Fact]
    public void An_entry_is_possible_on_the_row_after_an_exit()
    {
        // Exit at row 3, whose entry flag is not set; row 4 enters on the signal of row 3.
        var trades = Flat(".exe.x..");
        Assert.Equal([102.0, 104.0], trades.Select(t => t.OpenRate));
    }

    [Fact]
    public void The_stop_fills_at_its_price_rounded_up_to_the_price_step()
    {
        var trade = Assert.Single(
            Run(
                ".e...",
                Candles(
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (33.33, 34, 33, 33.5),
                    (33.5, 33.5, 20, 21),
                    (21, 21, 21, 21)
                )
            )
        );
        Assert.Equal(ExitReason.StopLoss, trade.ExitReason);
        Assert.Equal(30.00, trade.CloseRate); // 29.997
    }

    [Fact]
    public void A_stop_above_the_whole_candle_fills_at_the_open()
    {
        var trade = Assert.Single(
            Run(
                ".e...",
                Candles(
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (80, 85, 79, 80),
                    (80, 80, 80, 80)
                )
            )
        );
        Assert.Equal(80, trade.CloseRate);
    }

    [Fact]
    public void Ten_percent_is_taken_after_both_fees()
    {
        var trade = Assert.Single(
            Run(
                ".e...",
                Candles(
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (100, 120, 100, 100),
                    (100, 100, 100, 100),
                    (100, 100, 100, 100)
                )
            )
        );
        Assert.Equal(ExitReason.Roi, trade.ExitReason);
        Assert.Equal(0.1, trade.ProfitRatio, 12);
        Assert.Equal(trade.OpenTime, trade.CloseTime); // on the row of the entry
    }

    [Fact]
    public void The_profit_is_taken_at_a_multiple_of_the_tick()
    {
        var trade = Assert.Single(
            Run(
                ".e...",
                Candles(
                    (0.134, 0.134, 0.134, 0.134),
                    (0.134, 0.134, 0.134, 0.134),
                    (0.134, 0.2, 0.134, 0.134),
                    (0.134, 0.134, 0.134, 0.134),
                    (0.134, 0.134, 0.134, 0.134)
                )
            )
        );
        Assert.Equal(0.148, trade.CloseRate); // 0.14769...
    }

    [Theory]
    [InlineData(0.134, 0.1, 0.121)] // 0.12060000000000001
    [InlineData(0.13412, 0.1, 0.12071)] // 0.120708
    [InlineData(30000.1, 20000, 27000.1)] // 27000.09
    public void A_stop_is_rounded_up_to_the_tick_of_the_candles(double price, double low, double stop)
    {
        var trade = Assert.Single(
            Run(
                ".e...",
                Candles(
                    (price, price, price, price),
                    (price, price, price, price),
                    (price, price, price, price),
                    (price, price, low, price),
                    (price, price, price, price)
                )
            )
        );
        Assert.Equal((ExitReason.StopLoss, stop), (trade.ExitReason, trade.CloseRate));
    }

    [Fact]
    public void The_stop_comes_before_the_profit()
    {
        var trade = Assert.Single(
            Run(
                ".e...",
                Candles(
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (100, 130, 80, 100),
                    (100, 100, 100, 100),
                    (100, 100, 100, 100)
                )
            )
        );
        Assert.Equal(ExitReason.StopLoss, trade.ExitReason);
    }

    [Fact]
    public void The_exit_signal_comes_before_the_stop()
    {
        var trade = Assert.Single(
            Run(
                ".ex..",
                Candles(
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (100, 100, 100, 100),
                    (95, 96, 50, 60),
                    (60, 60, 60, 60)
                )
            )
        );
        Assert.Equal((ExitReason.Signal, 95.0), (trade.ExitReason, trade.CloseRate));
    }

    [Fact]
    public void Trading_ends_when_the_balance_is_below_the_stake()
    {
        // Each trade falls to its stop and costs about 10.18. After 88 of them, 1000 is below
        // 101.01.
        var rows = Enumerable
            .Range(0, 400)
            .Select(i => i % 3 == 2 ? (100.0, 100.0, 50.0, 100.0) : (100.0, 100.0, 100.0, 100.0))
            .ToArray();
        var trades = Run(string.Concat(Enumerable.Repeat(".e.", 134)), Candles(rows));
        var balance = 1000 + trades.Sum(t => t.Profit);
        Assert.InRange(balance, 90, 101.01);
        Assert.True(trades.Count < 130);
    }

    [Fact]
    public void Amounts_are_rounded_down_to_the_step()
    {
        var trade = Assert.Single(Flat(".e...."));
        Assert.Equal(0.98039, trade.Amount, 12);
        Assert.Equal(0.98039 * 102, trade.Stake, 9);
    }
}
