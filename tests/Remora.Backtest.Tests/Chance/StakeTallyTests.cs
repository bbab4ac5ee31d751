using Remora.Backtest.Chance;
using Remora.Backtest.Trading;

namespace Remora.Backtest.Tests.Chance;

/// <summary>Sizes compared with smaller constant stakes.</summary>
public sealed class StakeTallyTests
{
    private static BaselineTrade[] Trades(int count, int seed, double mean = 0)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new BaselineTrade(
                    i,
                    mean + (0.1 * (random.NextDouble() + random.NextDouble() - 1)),
                    1,
                    -0.01,
                    1 + random.Next(20)
                )),
        ];
    }

    private readonly struct Sizes(double[] sizes) : IEntryGate
    {
        public double At(int known) => sizes[known];
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_figures_equal_a_plain_computation(int seed)
    {
        var random = new Random(seed);
        var trades = Trades(10 + random.Next(400), seed, 0.03 * (random.NextDouble() - 0.5));
        double[] sizes = [.. trades.Select(_ => random.Next(3) == 0 ? 0 : random.NextDouble())];
        var figures = new StakeTally(trades).Of(new Sizes(sizes));

        double Shortfall(IEnumerable<double> values) =>
            100 * values.Order().Take(Math.Max(1, trades.Length / 20)).Average();
        var sized = trades.Select((t, i) => sizes[i] * t.ProfitRatio).ToArray();
        Assert.Equal(100 * sized.Average(), figures.MeanPct, 9);
        Assert.Equal(Shortfall(sized), figures.ShortfallPct, 9);
        Assert.Equal(Shortfall(trades.Select(t => t.ProfitRatio)), figures.FullShortfallPct, 9);
        var exposure = trades.Select((t, i) => sizes[i] * t.Rows).Sum() / trades.Sum(t => t.Rows);
        Assert.Equal(exposure, figures.Exposure, 12);
        // The constant stakes have the exposure and the shortfall that they are named after.
        Assert.Equal(
            figures.ShortfallPct,
            Shortfall(trades.Select(t => figures.StakeOfEqualShortfall * t.ProfitRatio)),
            9
        );
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 30)];

    [Fact]
    public void A_constant_size_gains_nothing()
    {
        var trades = Trades(500, 1, 0.01);
        var figures = new StakeTally(trades).Of(new Sizes([.. trades.Select(_ => 0.5)]));
        Span<double> gains = stackalloc double[3];
        figures.CopyTo(gains);
        foreach (var gain in gains)
            Assert.Equal(0, gain, 12);
        Assert.Equal((0.5, 0.5), (Math.Round(figures.Exposure, 12), Math.Round(figures.StakeOfEqualShortfall, 12)));
    }

    [Fact]
    public void Sizes_that_avoid_the_worst_trades_gain_and_random_ones_do_not()
    {
        var series = Generated.Candles(6000, 11);
        var random = new Random(11);
        var script = new Backtest.Strategies.Signals[6000];
        for (var i = 0; i < script.Length; i++)
            script[i] = random.Next(10) switch
            {
                0 => Backtest.Strategies.Signals.Enter,
                1 => Backtest.Strategies.Signals.Exit,
                _ => Backtest.Strategies.Signals.None,
            };
        var plan = Trading.Scripted.Plan(script) with { Roi = [] };
        // A rebate, because a smaller stake is always better for a strategy that loses.
        var simulation = Simulation.Prepare(
            plan,
            series,
            Generated.Start,
            series.Candles[^1].OpenTime,
            new() { Fee = -0.002 }
        );
        var trades = simulation.Baseline();
        var tally = new StakeTally(trades);
        var size = Gate.Open(6000).Size;
        foreach (var trade in trades.OrderBy(t => t.ProfitRatio).Take(trades.Count / 5))
            Array.Fill(size, 0.5, Math.Max(0, trade.Known - 2), 4);
        var planted = tally.Compare(simulation, new("planted", size), 199, 200, 1);
        foreach (var name in StakeTally.Names)
        {
            Assert.Equal(0.005, planted.Tests[name].P);
            Assert.True(planted.Intervals[name].Low > 0, name);
        }

        // A random gate is no better than its rotations: p is uniform.
        var p = Enumerable
            .Range(0, 100)
            .Select(i => tally.Compare(simulation, Generated.RandomGate(6000, 500 + i), 99, 10, (ulong)i))
            .Select(c => c.Tests["shortfall_gain_at_exposure_pct"].P)
            .Order()
            .ToArray();
        var distance = p.Select(
                (value, i) => Math.Max(Math.Abs(value - (i / 100.0)), Math.Abs(value - ((i + 1) / 100.0)))
            )
            .Max();
        Assert.True(distance < 0.195, $"distance {distance:0.000}"); // exceeded once in a thousand times
    }

    [Fact]
    public void Without_trades_there_are_no_figures() =>
        Assert.True(double.IsNaN(new StakeTally([]).Of(new Sizes([])).Exposure));
}
