using Remora.Testing;
using Remora.Volatility;

namespace Remora.Tests.Volatility;

public sealed class PercentileRankTests
{
    [Fact]
    public void No_rank_below_the_minimum_of_past_values()
    {
        var rank = new PercentileRank(capacity: 10, minimum: 3);
        Assert.True(double.IsNaN(rank.Update(0.1)));
        Assert.True(double.IsNaN(rank.Update(0.2)));
        Assert.True(double.IsNaN(rank.Update(0.3)));
        Assert.Equal(1, rank.Update(0.4));
        Assert.Equal(0, rank.Update(0.05));
    }

    [Fact]
    public void It_remembers_as_many_values_as_its_capacity()
    {
        var rank = new PercentileRank(capacity: 4, minimum: 1);
        foreach (var value in new[] { 0.9, 0.9, 0.9, 0.9, 0.01, 0.01, 0.01, 0.01 })
            rank.Update(value);
        Assert.Equal(4, rank.Count);
        Assert.Equal(1, rank.Update(0.1)); // the four large values have left the window
    }

    [Theory, InlineData(1e-9, 0), InlineData(0, 0), InlineData(1.5, 1), InlineData(double.MaxValue, 1)]
    public void Values_outside_its_range_rank_at_the_ends(double value, double expected)
    {
        var rank = new PercentileRank(capacity: 10, minimum: 1);
        foreach (var past in new[] { 0.001, 0.01, 0.1 })
            rank.Update(past);
        Assert.Equal(expected, rank.Update(value));
    }

    [Fact]
    public void A_market_that_never_moves_ranks_lowest()
    {
        var rank = new PercentileRank(capacity: 100, minimum: 5);
        for (var i = 0; i < 50; i++)
            rank.Update(0);
        Assert.Equal(0, rank.Update(0));
    }

    /// <summary>
    /// Compares the rank with the exact rank among a month of values, computed by counting. A
    /// bucket is 1.1 % wide, so the error is at most the share of the past in one bucket, and much
    /// smaller for the volatility of real markets. The measured error is printed and must be at
    /// most 0.01, and 0.0005 on average.
    /// </summary>
    [Fact]
    public void It_is_close_to_the_exact_rank_among_a_month_of_values()
    {
        const int capacity = 8_640;
        var random = new Random(7);
        var rank = new PercentileRank(capacity, minimum: 288);
        var past = new Queue<double>();
        double worst = 0,
            total = 0,
            sigma = 0;
        var compared = 0;
        for (var i = 0; i < 60_000; i++)
        {
            // Log volatility changes slowly, as in real markets.
            sigma = (0.995 * sigma) + (0.05 * Some.Normal(random));
            var value = 0.003 * Math.Exp(sigma + (0.1 * Some.Normal(random)));
            var actual = rank.Update(value);
            if (past.Count >= 288 && i % 29 == 0)
            {
                var error = Math.Abs(actual - ((double)past.Count(p => p < value) / past.Count));
                worst = Math.Max(worst, error);
                total += error;
                compared++;
            }
            past.Enqueue(value);
            if (past.Count > capacity)
                past.Dequeue();
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{compared} ranks: off by {worst:f5} at most, {total / compared:f6} on average"
        );
        Assert.InRange(worst, 0, 0.01);
        Assert.InRange(total / compared, 0, 0.0005);
    }

    [Fact]
    public void Larger_values_never_rank_lower()
    {
        var random = new Random(9);
        var values = Enumerable.Range(0, 400).Select(_ => Math.Exp(-12 * random.NextDouble())).ToArray();
        var last = 0.0;
        foreach (var candidate in Enumerable.Range(0, 5_000).Select(i => Math.Exp(-13 + (13.0 * i / 5_000))))
        {
            var rank = new PercentileRank(1_000, 1);
            foreach (var value in values)
                rank.Update(value);
            var now = rank.Update(candidate);
            Assert.InRange(now, last, 1);
            last = now;
        }
    }
}
