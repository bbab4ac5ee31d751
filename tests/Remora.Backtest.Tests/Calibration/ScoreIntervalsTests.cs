using Remora.Backtest.Calibration;
using Remora.Markets;

namespace Remora.Backtest.Tests.Calibration;

/// <summary>Intervals of the calibration on planted scores.</summary>
public sealed class ScoreIntervalsTests
{
    private static readonly CandleTape Series = Generated.Candles(24 * 400, 11, Timeframe.OneHour);
    private static readonly Outcomes Later = Outcomes.Of(Series, TimeSpan.FromHours(4));
    private static readonly int[] Moments = [.. Enumerable.Range(0, Series.Candles.Count)];

    /// <summary>Calibrates a planted score; it blocks above its 9th tenth.</summary>
    internal static (DecileTable Table, ScoreIntervals Intervals, BlockedRow Blocked) Of(Func<int, double> score)
    {
        double[] scores = [.. Moments.Select(score)];
        var limit = scores.Where(value => !double.IsNaN(value)).Order().ElementAt(scores.Length * 8 / 10);
        bool[] blocked = [.. scores.Select(value => value > limit)];
        var table = DecileTable.Of("score", scores, Later, Moments);
        return (
            table,
            ScoreIntervals.Of(table, scores, blocked, Series, Later, Moments, 300, 1),
            BlockedRow.Of(blocked, Later, Moments)
        );
    }

    internal static double Knowing(int i) => Later.Volatility[i];

    internal static double Noise(int i) => new Random(i).NextDouble();

    internal static double Inverse(int i) => -Later.Volatility[i];

    [Fact]
    public void Intervals_contain_the_values()
    {
        foreach (var score in new Func<int, double>[] { Knowing, Noise, Inverse })
        {
            var (table, intervals, blocked) = Of(score);
            Assert.Equal(table.Bins.Count, intervals.BinVolatility.Count);
            foreach (var (bin, interval) in table.Bins.Zip(intervals.BinVolatility))
                Assert.InRange(bin.Volatility, interval.Low, interval.High);
            Assert.InRange(
                table.Bins[^1].Volatility / table.Bins[0].Volatility,
                intervals.VolatilityRatio.Low,
                intervals.VolatilityRatio.High
            );
            Assert.InRange(
                table.VolatilityCorrelation,
                intervals.VolatilityCorrelation.Low - 1e-9,
                intervals.VolatilityCorrelation.High + 1e-9
            );
            Assert.InRange(table.ReturnCorrelation, intervals.ReturnCorrelation.Low, intervals.ReturnCorrelation.High);
            Assert.InRange(
                blocked.ReturnBlocked - blocked.ReturnAllowed,
                intervals.ReturnDifference.Low,
                intervals.ReturnDifference.High
            );
        }
    }

    [Fact]
    public void A_score_that_knows_volatility_is_told_from_noise()
    {
        Assert.True(Of(Knowing).Intervals.VolatilityRatio.Low > 1.5);
        var noise = Of(Noise).Intervals;
        Assert.InRange(1, noise.VolatilityRatio.Low, noise.VolatilityRatio.High);
        Assert.InRange(0, noise.VolatilityCorrelation.Low, noise.VolatilityCorrelation.High);
        Assert.True(Of(Inverse).Intervals.VolatilityRatio.High < 1);
    }

    [Fact]
    public void Without_a_score_there_is_no_interval()
    {
        double[] none = [.. Moments.Select(_ => double.NaN)];
        var table = DecileTable.Of("score", none, Later, Moments);
        var intervals = ScoreIntervals.Of(table, none, new bool[none.Length], Series, Later, Moments, 50, 1);
        Assert.Empty(intervals.BinVolatility);
        Assert.True(double.IsNaN(intervals.VolatilityRatio.Low));
    }
}
