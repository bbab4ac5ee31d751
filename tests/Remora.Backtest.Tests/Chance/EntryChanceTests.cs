using Remora.Backtest.Chance;

namespace Remora.Backtest.Tests.Chance;

/// <summary>
/// On planted gates, the figures per entry say what is true, and the figure per time is fooled.
/// </summary>
public sealed class EntryChanceTests
{
    private const int Trades = 1000;

    // Every second trade loses; the gate blocks a tenth of the time in each test.
    private static readonly EntryTally Tally = new([.. Enumerable.Range(0, Trades).Select(Trade)]);

    private static BaselineTrade Trade(int i)
    {
        var ratio = (new Random(i).NextDouble() - 0.5) * 0.02;
        return new(i, ratio, 100 * ratio, Math.Min(0, ratio) - 0.001);
    }

    private static bool[] Blocked(Func<int, bool> which) => [.. Enumerable.Range(0, Trades).Select(which)];

    [Fact]
    public void A_gate_that_blocks_at_random_has_no_lift()
    {
        var random = new Random(7);
        var blocked = Blocked(_ => random.NextDouble() < 0.1);
        var entries = Tally.Compare(blocked, 0.1);
        Assert.InRange(entries.LoserLift, 0.7, 1.3);
        Assert.All(EntryChance.Test(Tally, blocked, 499, 1).Values, test => Assert.InRange(test.P, 0.01, 0.99));
        var edge = EntryChance.Intervals(Tally, blocked, 500, 1)["edge_pct"];
        Assert.True(edge.Low < 0 && edge.High > 0);
    }

    [Fact]
    public void A_gate_that_blocks_losers_is_found()
    {
        var random = new Random(8);
        var blocked = Blocked(i => Trade(i).ProfitRatio < 0 && random.NextDouble() < 0.2);
        var entries = Tally.Compare(blocked, 0.1);
        Assert.InRange(entries.LoserLift, 1.8, 2.2);
        Assert.True(
            entries.BlockedMoney < 0
                && entries.EdgePct > 0
                && entries.ShortfallGainPct > 0
                && entries.ExcursionGainPct > 0
        );
        var tests = EntryChance.Test(Tally, blocked, 499, 1);
        foreach (var figure in new[] { "edge_pct", "loser_lift", "excursion_gain_pct" })
            Assert.InRange(tests[figure].P, 0.002, 0.01);
        Assert.True(EntryChance.Intervals(Tally, blocked, 500, 1)["loser_lift"].Low > 1);
    }

    /// <summary>
    /// The gate blocks a tenth of the time, but only one trade in a hundred falls into it. By time,
    /// it seems to avoid losers (0.1); by entries, it does nothing.
    /// </summary>
    [Fact]
    public void A_gate_that_blocks_when_nobody_trades_fools_the_figure_by_time_only()
    {
        var random = new Random(9);
        var blocked = Blocked(_ => random.NextDouble() < 0.01);
        var entries = Tally.Compare(blocked, 0.1);
        Assert.InRange(entries.LoserLiftByTime, 0.01, 0.25);
        Assert.InRange(entries.LoserLift, 0.5, 1.6);
        Assert.All(EntryChance.Test(Tally, blocked, 499, 1).Values, test => Assert.True(test.P >= 0.01));
    }

    [Fact]
    public void A_placebo_blocks_as_many_trades_as_the_gate()
    {
        // All trades are equal, so every placebo of the same count has the same figures.
        var equal = new EntryTally([.. Enumerable.Range(0, 50).Select(i => new BaselineTrade(i, 0.01, 1, -0.01))]);
        var tests = EntryChance.Test(equal, [.. Enumerable.Range(0, 50).Select(i => i % 7 == 0)], 99, 1);
        Assert.Equal(1, tests["edge_pct"].P);
        Assert.Equal(double.NaN, tests["loser_lift"].P); // there is no loser
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Few_or_no_trades_have_no_figures_and_no_crash(int count)
    {
        var tally = new EntryTally([.. Enumerable.Range(0, count).Select(Trade)]);
        var blocked = new bool[count];
        // Nothing is blocked, so each placebo is the same.
        Assert.All(EntryChance.Test(tally, blocked, 99, 1).Values, test => Assert.True(test.P is 1 or double.NaN));
        Assert.Equal(Interval.None, EntryChance.Intervals(tally, blocked, 99, 1)["edge_pct"]);
    }
}
