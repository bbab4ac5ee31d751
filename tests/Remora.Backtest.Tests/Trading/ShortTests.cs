using Remora.Backtest.Figures;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.Trading;

/// <summary>Short trades, computed by hand.</summary>
public sealed class ShortTests
{
    private static readonly AccountRules Account = new() { AmountStep = 0 };

    private static Simulation Prepare(string script, params (double Open, double High, double Low)[] rows)
    {
        Candle[] candles =
        [
            .. rows.Select(
                (r, i) =>
                    new Candle(Generated.Start + (i * Timeframe.FiveMinutes.Length), r.Open, r.High, r.Low, r.Open, 1)
            ),
        ];
        var plan = Scripted.Plan(script) with { Side = Side.Short };
        var series = new CandleTape(Timeframe.FiveMinutes, candles, 0);
        return Simulation.Prepare(plan, series, candles[0].OpenTime, candles[^1].OpenTime, Account);
    }

    private static Trade Run(string script, params (double Open, double High, double Low)[] rows) =>
        Assert.Single(Prepare(script, rows).Run());

    [Fact]
    public void A_fall_is_a_profit_after_both_fees()
    {
        var trade = Run("ex.", (100, 100, 100), (100, 101, 95), (95, 95, 95), (95, 95, 95));
        // One unit: sold for 99.9, bought back for 95.095.
        Assert.Equal(99.9 - 95.095, trade.Profit, 12);
        Assert.Equal(1 - (95.095 / 99.9), trade.ProfitRatio, 12);
        Assert.True(trade.Short);
    }

    [Fact]
    public void The_stop_is_above_the_entry_and_rounded_down()
    {
        var trade = Run("e...", (33.33, 33.33, 33.33), (33.33, 34, 33), (34, 40, 34), (34, 34, 34));
        Assert.Equal((ExitReason.StopLoss, 36.66), (trade.ExitReason, trade.CloseRate)); // 36.663
        var gap = Run("e...", (100, 100, 100), (100, 100, 100), (120, 125, 115), (120, 120, 120));
        Assert.Equal(120, gap.CloseRate);
    }

    [Fact]
    public void A_short_trade_loses_its_stake_at_most()
    {
        var stopped = Prepare(
            "e...",
            (100, 100, 100),
            (100, 100, 100),
            (150, 180, 150),
            (500, 500, 500),
            (500, 500, 500)
        );
        var plan = stopped.Plan with { StopLoss = double.NegativeInfinity };
        var trade = Assert.Single(Simulation.Prepare(plan, stopped.Frame, Account).Run());
        Assert.Equal(ExitReason.Liquidation, trade.ExitReason);
        Assert.Equal(-1, trade.ProfitRatio, 12);
        Assert.Equal(stopped.Frame.Rows[3].OpenTime, trade.CloseTime);
    }

    [Fact]
    public void Ten_percent_is_taken_after_both_fees()
    {
        var trade = Run("e...", (100, 100, 100), (100, 100, 100), (99, 99, 80), (99, 99, 99));
        Assert.Equal(ExitReason.Roi, trade.ExitReason);
        Assert.Equal(100 * 0.9 * 0.999 / 1.001, trade.CloseRate, 9);
        Assert.Equal(0.10, trade.ProfitRatio, 12);
    }

    [Fact]
    public void A_rise_goes_against_the_trade()
    {
        var simulation = Prepare("ex.", (100, 100, 100), (100, 104, 95), (95, 95, 95), (95, 95, 95));
        Assert.Equal(-0.04, Assert.Single(simulation.Baseline()).Excursion, 12);
    }

    [Fact]
    public void An_open_short_trade_is_valued_at_the_close()
    {
        var series = Generated.Candles(24 * 30, 3, Timeframe.OneHour);
        var script = new Signals[series.Candles.Count];
        script[0] = Signals.Enter;
        var plan = Scripted.Plan(script) with
        {
            Side = Side.Short,
            Timeframe = Timeframe.OneHour,
            StopLoss = double.NegativeInfinity,
            Roi = [],
        };
        var simulation = Simulation.Prepare(plan, series, Generated.Start, series.Candles[^1].OpenTime, Account);
        var trade = Assert.Single(simulation.Run());
        var days = Equity.Daily(simulation, [trade]);
        var (open, close) = (series.Candles[1].Open, series.Candles[(24 * 10) - 1].Close);
        var amount = 100 / open;
        Assert.Equal(1000 + (amount * ((open * 0.999) - (close * 1.001))), days[9].Balance, 9);
    }
}
