using Remora.Backtest.Strategies;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.Strategies;

/// <summary>The rules of the strategies on tapes that can be computed by hand.</summary>
public sealed class StrategyRulesTests
{
    private static readonly TimeSpan Hour = Timeframe.OneHour.Length;

    private static Candle At(int hour, double close, double? high = null, double? low = null) =>
        new(Generated.Start + (hour * Hour), close, high ?? close, low ?? close, close, 1);

    private static Signals[] Run(IStrategy strategy, IEnumerable<double> closes) =>
        [.. closes.Select((close, hour) => strategy.Update(At(hour, close)))];

    [Theory]
    [InlineData(Side.Long, 110, 90)]
    [InlineData(Side.Short, 90, 110)]
    public void FourHourTrend_decides_when_four_hours_close(Side side, double with, double against)
    {
        // After 100 candles of 100, a close of 110 moves EMA 20 to 100.95 and EMA 100 to 100.20.
        var signals = Run(
            new FourHourTrend(side),
            [.. Enumerable.Repeat(100.0, 400), .. Enumerable.Repeat(with, 4), .. Enumerable.Repeat(against, 4)]
        );
        Assert.All(signals.Take(403), signal => Assert.Equal(Signals.None, signal));
        Assert.Equal(Signals.Enter, signals[403]);
        Assert.Equal([Signals.None, Signals.None, Signals.None, Signals.Exit], signals[404..]);
    }

    [Theory]
    [InlineData(Side.Long, 101.0, 101.5, 99.9)]
    [InlineData(Side.Short, 99.0, 98.5, 100.1)]
    public void ChannelBreakout_leaves_the_range_and_its_middle(Side side, double edge, double beyond, double back)
    {
        var strategy = new ChannelBreakout(side);
        for (var hour = 0; hour < 100; hour++)
            Assert.Equal(Signals.None, strategy.Update(At(hour, 100, 101, 99)));
        Assert.Equal(Signals.None, strategy.Update(At(100, edge))); // on the edge
        Assert.Equal(Signals.Enter, strategy.Update(At(101, beyond)));
        Assert.Equal(Signals.Exit, strategy.Update(At(102, back))); // the middle is now 100.25 or 99.75
    }

    [Fact]
    public void MeanReversion_buys_a_fall_within_a_rise_and_sells_the_recovery()
    {
        // The mean gain of RSI(2) is 0.1. Falls of 0.5 give 16.7, then 6.25.
        double[] rise = [.. Enumerable.Range(0, 200).Select(i => 100 + (0.1 * i))];
        var signals = Run(new MeanReversion(), [.. rise, 119.4, 118.9, 119.6]);
        Assert.Equal([Signals.None, Signals.Enter, Signals.Exit], signals[200..]);
        // The same fall below the mean of 200.
        double[] fall = [.. rise.Select(close => 240 - close)];
        Assert.DoesNotContain(Signals.Enter, Run(new MeanReversion(), [.. fall, 119.5, 118.9]));
    }

    [Fact]
    public void DipBuyer_buys_once_when_the_index_falls_below_30()
    {
        // After 14 rises of 1: falls of 10 give 56.5, 38.5, 28.7 and 22.2.
        double[] rise = [.. Enumerable.Range(100, 15).Select(i => (double)i)];
        var signals = Run(new DipBuyer(), [.. rise, 104, 94, 84, 74]);
        Assert.Equal([Signals.None, Signals.None, Signals.Enter, Signals.None], signals[15..]);
    }

    [Fact]
    public void Grid_is_placed_daily_and_closed_on_monday()
    {
        var grid = new Grid();
        var step = Timeframe.FiveMinutes.Length;
        var changes = new List<(Instant Closed, Signals Signals)>();
        for (var at = Generated.Start; at < Generated.Start + TimeSpan.FromDays(8); at += step)
            if (grid.Update(new(at, 100, 100, 100, 100, 1)) is var signal && signal != Signals.None)
                changes.Add((at + step, signal));
        Assert.Equal(
            [
                (Generated.At("2024-01-01T01:00Z"), Signals.Enter), // a Monday
                .. Enumerable.Range(2, 6).Select(day => (Generated.At($"2024-01-0{day}"), Signals.Enter)),
                (Generated.At("2024-01-08"), Signals.Exit),
                (Generated.At("2024-01-08T01:00Z"), Signals.Enter),
                (Generated.At("2024-01-09"), Signals.Enter),
            ],
            changes
        );
        Assert.Equal(Signals.None, grid.Update(new(Generated.At("2024-01-09T23:55Z"), 100, 100, 100, 100, 0)));
    }

    [Fact]
    public void VolatilityTargetHold_holds_the_part_that_has_40_percent_a_year()
    {
        var strategy = new VolatilityTargetHold();
        var signals = new List<Signals>();
        for (var day = 0; day < 32; day++)
        for (var hour = 0; hour < 24; hour++)
            signals.Add(strategy.Update(At((24 * day) + hour, 100 * Math.Exp(day % 2 * 0.04))));
        // 31 daily closes are 30 returns of 4 %.
        Assert.Equal(
            [(24 * 31) - 1, (24 * 32) - 1],
            signals.Index().Where(s => s.Item == Signals.Enter).Select(s => s.Index)
        );
        Assert.Equal(0.40 / (0.04 * Math.Sqrt(365)), strategy.Size, 12);
    }

    [Fact]
    public void A_calm_market_is_held_in_full()
    {
        var strategy = new VolatilityTargetHold();
        for (var hour = 0; hour < 24 * 31; hour++)
            strategy.Update(At(hour, 100 * Math.Exp(hour % 2 * 0.0001)));
        Assert.Equal(1, strategy.Size);
    }
}
