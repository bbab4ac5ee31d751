using Remora.Backtest.Chance;
using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>
/// Confidence intervals of what follows low and high scores. The bootstrap draws whole days in
/// blocks of weeks, because neighbouring moments share most of their horizon, and volatility is
/// similar for weeks.
/// </summary>
/// <param name="HorizonHours">The horizon in hours.</param>
/// <param name="BinVolatility">Mean realised volatility after each bin of the score's
/// <see cref="DecileTable"/>.</param>
/// <param name="VolatilityRatio">Mean volatility after the highest bin, divided by that after the
/// lowest.</param>
/// <param name="VolatilityCorrelation">Rank correlation with realised volatility.</param>
/// <param name="ReturnCorrelation">Rank correlation with the return.</param>
/// <param name="ReturnDifference">Mean return after blocked moments minus that after allowed
/// moments, a ratio.</param>
public sealed record ScoreIntervals(
    double HorizonHours,
    IReadOnlyList<Interval> BinVolatility,
    Interval VolatilityRatio,
    Interval VolatilityCorrelation,
    Interval ReturnCorrelation,
    Interval ReturnDifference
)
{
    internal static ScoreIntervals Of(
        DecileTable table,
        double[] score,
        bool[] blocked,
        CandleTape series,
        Outcomes outcomes,
        int[] moments,
        int resamples,
        ulong seed
    )
    {
        int[] complete = [.. moments.Where(i => !double.IsNaN(outcomes.Volatility[i]))];
        int[] scored = [.. complete.Where(i => !double.IsNaN(score[i]))];
        if (scored.Length == 0)
            return new(table.HorizonHours, [], Interval.None, Interval.None, Interval.None, Interval.None);
        int DayOf(int i) => (int)(series.Candles[i].OpenTime.UnixMilliseconds / 86_400_000);
        var first = DayOf(complete[0]);
        var bins = table.Bins.Count;
        var days = new Sums[DayOf(complete[^1]) - first + 1];
        for (var i = 0; i < days.Length; i++)
            days[i] = new(bins);

        var x = Ranks.Of(Array.ConvertAll(scored, i => score[i]));
        var volatility = Ranks.Of(Array.ConvertAll(scored, i => outcomes.Volatility[i]));
        var returns = Ranks.Of(Array.ConvertAll(scored, i => outcomes.Return[i]));
        var middle = (scored.Length - 1) / 2.0; // ranks are centred, so that their squares stay exact
        for (var k = 0; k < scored.Length; k++)
        {
            var i = scored[k];
            var bin = 0;
            while (score[i] > table.Bins[bin].High)
                bin++;
            var day = days[DayOf(i) - first];
            day.AddBin(bin, outcomes.Volatility[i]);
            day.AddRanks(x[k] - middle, volatility[k] - middle, returns[k] - middle);
        }
        foreach (var i in complete)
            days[DayOf(i) - first].AddReturn(blocked[i], outcomes.Return[i]);

        var sum = new Sums(bins);
        var intervals = BlockBootstrap.Of(
            days.Length,
            bins + 4,
            (at, values) =>
            {
                sum.Clear();
                foreach (var day in at)
                    sum.Add(days[day]);
                sum.CopyTo(values);
            },
            resamples,
            seed
        );
        return new(
            table.HorizonHours,
            intervals[..bins],
            intervals[bins],
            intervals[bins + 1],
            intervals[bins + 2],
            intervals[bins + 3]
        );
    }

    /// <summary>The sums over a day from which every figure of a sample follows.</summary>
    private sealed class Sums(int bins)
    {
        private const int Singles = 13;

        // Volatility and count of each bin, then the sums of ranks and of returns.
        private readonly double[] _values = new double[(2 * bins) + Singles];

        private Span<double> Ranked => _values.AsSpan(2 * bins, 9);

        private Span<double> Returns => _values.AsSpan((2 * bins) + 9, 4);

        public void AddBin(int bin, double volatility)
        {
            _values[bin] += volatility;
            _values[bins + bin]++;
        }

        public void AddRanks(double x, double volatility, double change)
        {
            ReadOnlySpan<double> terms =
            [
                1,
                x,
                volatility,
                change,
                x * x,
                volatility * volatility,
                change * change,
                x * volatility,
                x * change,
            ];
            for (var i = 0; i < terms.Length; i++)
                Ranked[i] += terms[i];
        }

        public void AddReturn(bool isBlocked, double change)
        {
            Returns[isBlocked ? 0 : 2] += change;
            Returns[isBlocked ? 1 : 3]++;
        }

        public void Clear() => Array.Clear(_values);

        public void Add(Sums other)
        {
            for (var i = 0; i < _values.Length; i++)
                _values[i] += other._values[i];
        }

        public void CopyTo(double[] values)
        {
            for (var i = 0; i < bins; i++)
                values[i] = _values[i] / _values[bins + i];
            values[bins] = bins > 1 ? values[bins - 1] / values[0] : double.NaN;
            values[bins + 1] = Correlation(2);
            values[bins + 2] = Correlation(3);
            values[bins + 3] = (Returns[0] / Returns[1]) - (Returns[2] / Returns[3]);
        }

        // Of the first rank with another, from their sums, squares and products.
        private double Correlation(int with)
        {
            var (n, x, y) = (Ranked[0], Ranked[1], Ranked[with]);
            var xx = Ranked[4] - (x * x / n);
            var yy = Ranked[3 + with] - (y * y / n);
            var xy = Ranked[5 + with] - (x * y / n);
            return xx > 0 && yy > 0 ? xy / Math.Sqrt(xx * yy) : double.NaN;
        }
    }
}
