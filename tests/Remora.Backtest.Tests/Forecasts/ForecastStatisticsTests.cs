using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Backtest.Forecasts;

namespace Remora.Backtest.Tests.Forecasts;

/// <summary>Statistics of forecasts against values of SciPy and NumPy, and laws.</summary>
public sealed class ForecastStatisticsTests
{
    [Theory]
    [InlineData(8, 250, 0.01, 0.0054204051941277994)]
    [InlineData(0, 250, 0.01, 0.02498150305344973)]
    [InlineData(13, 250, 0.05, 0.8853472694425738)]
    [InlineData(25, 250, 0.05, 0.0013109034724475318)]
    public void Kupiec_equals_scipy(int hits, int n, double rate, double p) =>
        Assert.Equal(p, HitTests.Kupiec(hits, n, rate), 2e-7);

    [Fact]
    public void Kupiec_rejects_at_its_stated_rate()
    {
        var (random, rejected) = (new Random(5), 0);
        for (var study = 0; study < 400; study++)
        {
            var hits = Enumerable.Range(0, 1000).Count(_ => random.NextDouble() < 0.05);
            rejected += HitTests.Kupiec(hits, 1000, 0.05) < 0.05 ? 1 : 0;
        }
        Assert.InRange(rejected, 8, 34);
    }

    [Fact]
    public void Christoffersen_equals_scipy_and_finds_clusters()
    {
        Assert.Equal(3.581042111379564e-14, HitTests.Christoffersen(Hits(300, i => i % 50 < 3)), 1e-12);
        Assert.Equal(0.2242578678757997, HitTests.Christoffersen(Hits(300, i => i % 20 == 0)), 2e-7);
        Assert.True(double.IsNaN(HitTests.Christoffersen(Hits(300, _ => false))));
        Assert.True(double.IsNaN(HitTests.Christoffersen([])));
    }

    [Fact]
    public void Christoffersen_does_not_join_what_a_gap_separates()
    {
        var hits = Hits(300, i => i % 20 is 0 or 1);
        // A hit on each side of a gap, at the end, where it is nobody's neighbour otherwise.
        bool?[] separated = [.. hits, null, true, null, true, null, false];
        Assert.Equal(HitTests.Christoffersen(hits), HitTests.Christoffersen(separated), 1e-15);
        Assert.NotEqual(
            HitTests.Christoffersen(hits),
            HitTests.Christoffersen([.. separated.Where(hit => hit is not null)])
        );
    }

    [Fact]
    public void Rank_correlation_equals_scipy() =>
        Assert.Equal(
            0.8132530120481927,
            Ranks.Correlation([3.1, 2.2, 5.5, 4.4, 4.4, 1.0, 9.7, 8.3], [1, 3, 4, 4, 6, 2, 9, 5]),
            1e-12
        );

    [Theory]
    [InlineData(1, 1.6834391373221411)]
    [InlineData(4, 3.3052875571990166)]
    [InlineData(24, 6.436810741887615)]
    public void Diebold_Mariano_equals_numpy(int horizon, double statistic)
    {
        double[] differences =
        [
            .. Enumerable.Range(0, 200).Select(i => (i * 7919 % 101 / 101.0) - 0.45 + (i % 10 < 5 ? 0.3 : -0.3)),
        ];
        Assert.Equal(statistic, DieboldMariano.Test(differences, horizon).Statistic, 1e-9);
    }

    [Fact]
    public void Reliability_decomposes_the_Brier_score()
    {
        // Ten probabilities, each as often as the others, so that each group has one of them.
        var random = new Random(3);
        double[] probabilities = [.. Enumerable.Range(0, 2000).Select(i => 0.05 + (i % 10 / 10.0))];
        bool[] events = [.. probabilities.Select(p => random.NextDouble() < p * 0.8)];
        var groups = FallSkill.Reliability(probabilities, events);
        Assert.Equal(10, groups.Count);
        Assert.All(groups, group => Assert.Equal(200, group[2]));

        var mean = events.Average(e => e ? 1.0 : 0);
        var reliability = groups.Sum(g => g[2] * Math.Pow(g[0] - g[1], 2)) / 2000;
        var resolution = groups.Sum(g => g[2] * Math.Pow(g[1] - mean, 2)) / 2000;
        var brier = probabilities.Zip(events, (p, e) => Math.Pow(p - (e ? 1 : 0), 2)).Average();
        Assert.Equal(brier, reliability - resolution + (mean * (1 - mean)), 1e-12);
    }

    [Fact]
    public void A_forecast_of_the_rate_has_no_skill_and_the_truth_has_all()
    {
        var random = new Random(4);
        bool[] events = [.. Enumerable.Range(0, 500).Select(_ => random.NextDouble() < 0.3)];
        double[] rates = [.. events.Select(_ => 0.25)];
        var none = FallSkill.Of(rates, rates, events, 1);
        Assert.Equal(0, none.BrierSkill, 1e-12);
        Assert.Equal([0.0, 0.0], none.Interval, (a, b) => Math.Abs(a - b) < 1e-12);
        var all = FallSkill.Of([.. events.Select(e => e ? 1.0 : 0)], rates, events, 1);
        Assert.Equal(1, all.BrierSkill, 1e-12);
        var rateUnknown = FallSkill.Of(rates, [.. rates.Select(_ => double.NaN)], events, 1);
        Assert.True(double.IsNaN(rateUnknown.BrierSkill) && rateUnknown.Reliability.Count == 0);
    }

    [Fact]
    public void The_known_rate_counts_only_outcomes_that_have_ended()
    {
        var random = new Random(6);
        bool?[] outcomes =
        [
            .. Enumerable
                .Range(0, 300)
                .Select(_ =>
                    random.Next(3) switch
                    {
                        0 => null,
                        1 => true,
                        _ => (bool?)false,
                    }
                ),
        ];
        const int horizon = 24;
        var rates = FallSkill.KnownRate(outcomes, horizon);
        for (var hour = 0; hour < outcomes.Length; hour++)
        {
            var ended = outcomes[..Math.Max(0, hour - horizon + 1)].OfType<bool>().ToArray();
            if (ended.Length == 0)
                Assert.True(double.IsNaN(rates[hour]));
            else
                Assert.Equal(ended.Average(e => e ? 1.0 : 0), rates[hour], 1e-12);
        }
    }

    [Fact]
    public void The_interval_of_a_ratio_equals_that_of_the_step_by_step_bootstrap()
    {
        var random = new Random(8);
        var before = 0.0;
        double[] below = [.. Enumerable.Range(0, 2000).Select(_ => 1 + random.NextDouble())];
        double[] above = [.. below.Select(b => b * (0.5 + (before = (0.8 * before) + (0.1 * random.NextDouble()))))];
        var fast = BlockBootstrap.OfRatio(above, below, 2000, 1);
        var slow = BlockBootstrap.Of(
            above.Length,
            1,
            (at, ratio) => ratio[0] = at.Sum(i => above[i]) / at.Sum(i => below[i]),
            2000,
            2
        )[0];
        var width = slow.High - slow.Low;
        Assert.Equal(slow.Low, fast.Low, 0.1 * width);
        Assert.Equal(slow.High, fast.High, 0.1 * width);
        Assert.Equal(fast, BlockBootstrap.OfRatio(above, below, 2000, 1));
        Assert.Equal(Interval.None.Low, BlockBootstrap.OfRatio([], [], 100, 1).Low);
    }

    private static bool?[] Hits(int count, Func<int, bool> hit) =>
        [.. Enumerable.Range(0, count).Select(i => (bool?)hit(i))];
}
