using Remora.Backtest.Evidence;
using Remora.Backtest.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Evidence;

/// <summary>Gates at equal blocked time, against a direct computation.</summary>
public sealed class GateComparisonTests
{
    private const int Days = 240;
    private static readonly Candle[] Candles = Some.Candles(5, Days * 288);
    private static readonly MarketHours Hours = MarketHours.Of(Candles);
    private static readonly Instant From = Hours.BeginOf(190 * 24);
    private static readonly Instant Until = Hours.BeginOf(Hours.Count);

    [Fact]
    public void The_share_of_smaller_numbers_is_that_of_the_period_before()
    {
        var random = new Random(3);
        double[] numbers =
        [
            .. Enumerable.Range(0, 400).Select(_ => random.Next(5) == 0 ? double.NaN : random.Next(30)),
        ];
        var shares = GateComparison.SmallerShares(numbers, lookBack: 50, least: 20);
        for (var i = 0; i < numbers.Length; i++)
        {
            double[] before = [.. numbers[Math.Max(0, i - 50)..i].Where(n => !double.IsNaN(n))];
            var expected =
                double.IsNaN(numbers[i]) || before.Length < 20
                    ? double.NaN
                    : before.Count(n => n < numbers[i]) / (double)before.Length;
            Assert.Equal(expected, shares[i]);
        }
    }

    [Fact]
    public void It_equals_a_direct_computation_at_every_cell()
    {
        double[][] numbers = [Noise(1, 0.5), Noise(2, 0), Noise(3, 0.2), Noise(4, 0.9)];
        var found = Compare(numbers)!;
        Assert.Equal(["4h", "24h"], found.Cells.Select(cell => cell.Horizon));
        foreach (var (cell, hours) in found.Cells.Zip([4, 24]))
        {
            int[] entries =
            [
                .. Enumerable
                    .Range(190 * 24, Hours.Count - (190 * 24))
                    .Where(hour => Hours.AreWhole(hour, hour + hours)),
            ];
            Assert.Equal(entries.Length, cell.Entries);
            var bad = entries.OrderByDescending(hour => Hours.Fall(hour, hour + hours)).Take(entries.Length / 20);
            for (var gate = 0; gate < numbers.Length; gate++)
                Assert.Equal(Met(numbers[gate], entries, [.. bad]), cell.Met[gate], 1e-12);
        }
        for (var gate = 0; gate < numbers.Length; gate++)
            Assert.Equal(found.Cells.Average(cell => cell.Met[gate]), found.Means[gate], 1e-12);
    }

    /// <summary>The rule holds for a gate that knows the future, and not for equal gates.</summary>
    [Fact]
    public void The_rule_holds_for_a_gate_that_is_better_beyond_chance()
    {
        var (all, none) = (Noise(1, 1), Noise(2, 0));
        var better = Compare([all, none, none, none])!;
        Assert.True(better.RuleHolds);
        Assert.All(better.Differences, d => Assert.Equal((0, true), (d.CellsBelow, d.Interval.Low > 0)));
        Assert.True(better.Means[0] > 0.5, $"{better.Means[0]}");

        var equal = Compare([none, none, none, none])!;
        Assert.False(equal.RuleHolds);
        Assert.All(equal.Differences, d => Assert.Equal((0.0, 0.0, 0.0), (d.Mean, d.Interval.Low, d.Interval.High)));
        // Better than one, but not than all.
        Assert.False(Compare([all, none, Noise(1, 1), none])!.RuleHolds);
        Assert.False(Compare([none, all, none, none])!.RuleHolds);
    }

    [Fact]
    public void An_unknown_number_does_not_block_and_no_entries_give_no_comparison()
    {
        double[] unknown = [.. Enumerable.Repeat(double.NaN, Hours.Count + 1)];
        var found = Compare([Noise(1, 1), unknown, Noise(2, 0), Noise(3, 0)])!;
        Assert.All(found.Cells, cell => Assert.True(double.IsNaN(cell.Met[1])));
        Assert.False(found.RuleHolds);
        Assert.Null(new GateComparison().Compare(1));
    }

    private static GateComparisonFigures? Compare(double[][] numbers)
    {
        var comparison = new GateComparison();
        comparison.Add("BTC/USDT", Hours, numbers, From, Until);
        return comparison.Compare(seed: 7);
    }

    // A number that knows the fall of the next hours, mixed with noise.
    private static double[] Noise(int seed, double knowledge)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable
                .Range(0, Hours.Count + 1)
                .Select(hour =>
                    ((1 - knowledge) * random.NextDouble() * 0.01)
                    + (knowledge * (hour > 0 && Hours.AreWhole(hour, hour + 24) ? Hours.Fall(hour, hour + 24) : 0))
                ),
        ];
    }

    private static double Met(double[] numbers, int[] entries, int[] bad)
    {
        double ShareOf(int hour)
        {
            double[] before = [.. numbers[Math.Max(0, hour - (180 * 24))..hour]];
            return before.Count(n => n < numbers[hour]) / (double)before.Length;
        }

        var shares = entries.ToDictionary(hour => hour, ShareOf);
        var steps = Enumerable
            .Range(2, 29)
            .Select(q => 1 - (q / 100.0))
            .Select(from =>
                (
                    Blocked: entries.Count(hour => shares[hour] >= from) / (double)entries.Length,
                    Met: bad.Count(hour => shares[hour] >= from) / (double)bad.Length
                )
            )
            .ToArray();
        var i = Array.FindIndex(steps, step => step.Blocked >= 0.1);
        var (low, high) = (steps[i - 1], steps[i]);
        return low.Met + ((0.1 - low.Blocked) / (high.Blocked - low.Blocked) * (high.Met - low.Met));
    }
}
