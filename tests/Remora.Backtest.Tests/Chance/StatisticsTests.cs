using Remora.Backtest.Chance;
using Remora.Backtest.Trading;
using Remora.Risk;

namespace Remora.Backtest.Tests.Chance;

public sealed class StatisticsTests
{
    [Fact]
    public void Holm_equals_the_manual_result()
    {
        var adjusted = MultipleTests.Holm([0.01, 0.04, 0.03, 0.005, double.NaN]);
        Assert.Equal([0.03, 0.06, 0.06, 0.02], adjusted[..4], (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.True(double.IsNaN(adjusted[4]));
    }

    [Fact]
    public void Benjamini_Hochberg_equals_the_manual_result() =>
        Assert.Equal(
            [0.02, 0.04, 0.04, 0.02],
            MultipleTests.BenjaminiHochberg([0.01, 0.04, 0.03, 0.005]),
            (a, b) => Math.Abs(a - b) < 1e-12
        );

    [Fact]
    public void Bootstrap_intervals_have_the_stated_coverage()
    {
        var covered = 0;
        for (var study = 0; study < 200; study++)
        {
            var random = new Random(study);
            var before = 0.0;
            var values = new double[300];
            // Neighbours are correlated.
            for (var i = 0; i < values.Length; i++)
                values[i] = before = (0.4 * before) + random.NextDouble() - 0.5;
            var interval = BlockBootstrap.Of(
                values.Length,
                1,
                (at, mean) => mean[0] = at.Average(i => values[i]),
                200,
                (ulong)study
            )[0];
            if (interval.Low <= 0 && interval.High >= 0)
                covered++;
        }
        Assert.InRange(covered, 170, 200);
    }

    [Fact]
    public void Random_numbers_are_uniform_and_reproducible()
    {
        var draws = new Draws(42);
        var counts = new int[10];
        for (var i = 0; i < 100_000; i++)
            counts[draws.Below(10)]++;
        Assert.All(counts, c => Assert.InRange(c, 9_600, 10_400));
        Assert.Equal(new Draws(7).Unit(), new Draws(7).Unit());
        // The first number of SplitMix64 with seed 0.
        Assert.Equal(0xE220A8397B1DCDAFul, new Draws(0).Next());
        Assert.NotEqual(Draws.SeedFor(1, "a|b"), Draws.SeedFor(1, "a|c"));
    }

    [Fact]
    public void Walk_forward_profits_only_from_informative_scores()
    {
        const int count = 8000;
        var series = Generated.Candles(count, 3);
        var random = new Random(3);
        Remora.Backtest.Strategies.Signals[] script =
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ =>
                    random.Next(10) switch
                    {
                        0 => Backtest.Strategies.Signals.Enter,
                        1 => Backtest.Strategies.Signals.Exit,
                        _ => Backtest.Strategies.Signals.None,
                    }
                ),
        ];
        var simulation = Simulation.Prepare(
            Trading.Scripted.Plan(script),
            series,
            Generated.Start,
            series.Candles[^1].OpenTime,
            AccountRules.Default
        );
        double[] knowing = [.. Enumerable.Repeat(0.45, count)];
        foreach (var trade in simulation.Baseline())
            knowing[trade.Known] = trade.ProfitRatio < 0 ? 0.9 : 0.1;
        var good = WalkForward.Run(simulation, knowing, 5, 99, 1);
        Assert.Equal(0.01, good.P);
        Assert.True(good.ProfitPct > good.UngatedProfitPct);
        double[] blind = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
        Assert.True(WalkForward.Run(simulation, blind, 5, 99, 1).P > 0.01);
    }

    [Fact]
    public void Each_ablation_blocks_for_one_reason()
    {
        var parts = Ablations.Of(RiskPolicy.Default);
        Assert.Equal(
            ["remora-1.fear-only", "remora-1.volatility-only", "remora-1.technical-only"],
            parts.Select(p => p.Name)
        );
        Assert.Equal([RiskFlag.ExtremeFear], parts[0].Decision.BlockingFlags);
        Assert.Equal(0, parts[2].External.Cap);
        Assert.DoesNotContain(RiskFlag.ExtremeFear, parts[2].Decision.BlockingFlags);
    }
}
