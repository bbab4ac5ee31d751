using Remora.Backtest.Chance;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Portfolios;

namespace Remora.Backtest.Portfolios;

/// <summary>
/// Losses of books in forecast volatilities, each with the day on which its horizon began, from
/// which a table with intervals is made.
/// </summary>
internal sealed class LossSample
{
    private const int Resamples = 500;
    private const int LeastDays = 90;
    private const int Digits = 4;
    private readonly List<(double Loss, int Day)> _losses = [];

    /// <summary>Adds a loss, positive when the book fell.</summary>
    public void Add(double loss, int day) => _losses.Add((loss, day));

    /// <summary>Returns the table; null with fewer than 90 days.</summary>
    public LossTable? Table(ulong seed)
    {
        var days = _losses.Select(loss => loss.Day).Distinct().Order().ToArray();
        if (days.Length < LeastDays)
            return null;
        var sorted = _losses.OrderBy(loss => loss.Loss).ToArray();
        var places = days.Select((day, i) => (day, i)).ToDictionary(pair => pair.day, pair => pair.i);
        var (losses, place) = (new double[sorted.Length], new int[sorted.Length]);
        for (var i = 0; i < sorted.Length; i++)
            (losses[i], place[i]) = (sorted[i].Loss, places[sorted[i].Day]);
        var counts = new int[days.Length];
        foreach (var p in place)
            counts[p]++;
        var times = new int[days.Length];
        var intervals = BlockBootstrap.Of(
            days.Length,
            4,
            (positions, values) =>
            {
                Array.Clear(times);
                foreach (var p in positions)
                    times[p]++;
                var total = 0.0;
                for (var p = 0; p < times.Length; p++)
                    total += times[p] * (double)counts[p];
                for (var level = 0; level < LossTable.Levels.Count; level++)
                    (values[2 * level], values[(2 * level) + 1]) = Tail(
                        losses,
                        place,
                        times,
                        (1 - LossTable.Levels[level]) * total
                    );
            },
            Resamples,
            seed
        );
        LossIntervals Of(int level) => new(Rounded(intervals[2 * level]), Rounded(intervals[(2 * level) + 1]));
        return new(Residuals.TableOf(losses), Of(0), Of(1), days.Length);
    }

    private static Bounds Rounded(Interval interval) =>
        new(Math.Round(interval.Low, Digits), Math.Round(interval.High, Digits));

    // The loss that a number of the resampled losses exceed, and their mean.
    private static (double AtRisk, double Shortfall) Tail(double[] losses, int[] place, int[] times, double number)
    {
        var (seen, sum) = (0.0, 0.0);
        for (var i = losses.Length - 1; i >= 0; i--)
        {
            seen += times[place[i]];
            sum += times[place[i]] * losses[i];
            if (seen >= number)
                return (losses[i], sum / seen);
        }
        return (double.NaN, double.NaN);
    }
}
