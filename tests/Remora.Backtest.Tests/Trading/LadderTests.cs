using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Tests.Trading;

/// <summary>Trades with several orders, computed by hand.</summary>
public sealed class LadderTests
{
    private const double Fee = 0.001;
    private static readonly Ladder Average = new(2, 0.10, 0.05, 0.30, Restocks: false);
    private static readonly Ladder Grid = new(2, 0.10, 0.10, 0.30, Restocks: true);

    private static Trade Run(Ladder ladder, string script, params (double Open, double High, double Low)[] rows)
    {
        Candle[] candles =
        [
            .. rows.Select(
                (r, i) =>
                    new Candle(Generated.Start + (i * Timeframe.FiveMinutes.Length), r.Open, r.High, r.Low, r.Open, 1)
            ),
        ];
        var plan = Scripted.Plan(script) with { Ladder = ladder };
        var series = new CandleTape(Timeframe.FiveMinutes, candles, 0);
        return Assert.Single(
            Simulation
                .Prepare(plan, series, candles[0].OpenTime, candles[^1].OpenTime, new() { Fee = Fee, AmountStep = 0 })
                .Run()
        );
    }

    [Fact]
    public void An_average_is_sold_at_its_target_after_fees()
    {
        var trade = Run(Average, "e...", (100, 100, 100), (100, 100, 95), (95, 95, 89), (95, 120, 95), (100, 100, 100));
        // Both orders are filled, so the profit of 5 % is that of the whole stake.
        Assert.Equal(0.05, trade.ProfitRatio, 12);
        Assert.Equal(ExitReason.Roi, trade.ExitReason);
        Assert.Equal(2 * (1 + Fee) * 1.05 / ((1 / 100.0 + (1 / 90.0)) * (1 - Fee)), trade.CloseRate, 9);
        Assert.Equal(5 * (1 + Fee), trade.Profit, 9); // of a stake of 100
    }

    [Fact]
    public void An_order_that_did_not_fill_earns_nothing()
    {
        var trade = Run(Average, "e..", (100, 100, 100), (100, 100, 95), (95, 120, 95), (100, 100, 100));
        Assert.Equal(0.05 / 2, trade.ProfitRatio, 12);
    }

    [Fact]
    public void A_touch_fills_no_order()
    {
        var trade = Run(Average, "e..", (100, 100, 100), (100, 100, 90), (95, 120, 95), (100, 100, 100));
        Assert.Equal(0.05 / 2, trade.ProfitRatio, 12);
    }

    [Fact]
    public void The_row_of_a_purchase_does_not_reach_the_target()
    {
        var trade = Run(Average, "e..", (100, 100, 100), (100, 200, 89), (95, 95, 95), (96, 96, 96));
        Assert.Equal(ExitReason.Forced, trade.ExitReason);
        var value = ((96 / 100.0) + (96 / 90.0)) / 2 * (1 - Fee) / (1 + Fee);
        Assert.Equal(value - 1, trade.ProfitRatio, 12);
    }

    [Fact]
    public void The_stop_sells_everything_after_the_orders_above_it()
    {
        var trade = Run(Average, "e..", (100, 100, 100), (100, 100, 100), (100, 100, 60), (96, 96, 96));
        Assert.Equal((ExitReason.StopLoss, 70.0), (trade.ExitReason, trade.CloseRate));
        Assert.Equal((((70 / 100.0) + (70 / 90.0)) / 2 * (1 - Fee) / (1 + Fee)) - 1, trade.ProfitRatio, 12);
        // A gap below the stop fills both orders and the stop at the open.
        var gap = Run(Average, "e..", (100, 100, 100), (100, 100, 100), (50, 55, 45), (96, 96, 96));
        Assert.Equal((((50 / 100.0) + 1) / 2 * (1 - Fee) / (1 + Fee)) - 1, gap.ProfitRatio, 12);
    }

    [Fact]
    public void A_grid_sells_each_order_alone_and_buys_it_again()
    {
        var trade = Run(
            Grid,
            "e.....x.",
            (100, 100, 100),
            (100, 105, 95), // the first order at 100
            (100, 100, 89), // the second at 90
            (95, 100, 91), // sold at 99
            (95, 100, 85), // bought again at 90
            (95, 120, 95), // both sold, at 110 and 99
            (111, 111, 111),
            (111, 111, 111),
            (111, 111, 111)
        );
        var gains = 0.5 * ((1.1 * (1 - Fee)) - (1 + Fee));
        Assert.Equal(3 * gains / (1 + Fee), trade.ProfitRatio, 12);
        Assert.Equal((ExitReason.Signal, 111.0), (trade.ExitReason, trade.CloseRate));
    }

    [Fact]
    public void The_last_open_closes_a_grid()
    {
        var trade = Run(Grid, "e..", (100, 100, 100), (100, 100, 89), (95, 95, 95), (80, 80, 80));
        Assert.Equal(ExitReason.Forced, trade.ExitReason);
        Assert.Equal((((80 / 100.0) + (80 / 90.0)) / 2 * (1 - Fee) / (1 + Fee)) - 1, trade.ProfitRatio, 12);
    }
}
