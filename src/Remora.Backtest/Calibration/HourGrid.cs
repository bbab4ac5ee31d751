using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>
/// Realised variance on a grid of full hours, from candles of at most one hour. NaN when candles of
/// the hour are missing.
/// </summary>
internal sealed class HourGrid
{
    // Running sum of the hours' variances, without unknown ones.
    private readonly double[] _cumulative;
    private readonly int[] _missing; // running count of unknown hours

    private HourGrid(int count)
    {
        Variance = new double[count];
        Return = new double[count];
        Candle = new int[count];
        _cumulative = new double[count + 1];
        _missing = new int[count + 1];
    }

    /// <summary>Variance realised within each hour.</summary>
    public double[] Variance { get; }

    /// <summary>Log return over each hour.</summary>
    public double[] Return { get; }

    /// <summary>Position in the series of each hour's last candle; -1 when it is missing.</summary>
    public int[] Candle { get; }

    public int Count => Variance.Length;

    public static HourGrid Of(CandleTape series)
    {
        var candles = series.Candles;
        var perHour = Timeframe.OneHour.Length / series.Timeframe.Length;
        var begin = candles[0].OpenTime.Floor(Timeframe.OneHour.Length);
        var hours = (int)((candles[^1].OpenTime + series.Timeframe.Length - begin) / Timeframe.OneHour.Length);
        var grid = new HourGrid(hours);
        var squares = Outcomes.CumulativeSquares(candles);
        var next = 0;
        for (var hour = 0; hour < hours; hour++)
        {
            var lastOpen = begin + ((hour + 1) * Timeframe.OneHour.Length) - series.Timeframe.Length;
            while (next < candles.Count && candles[next].OpenTime < lastOpen)
                next++;
            var here = next < candles.Count && candles[next].OpenTime == lastOpen;
            var from = next - (int)perHour;
            // The hour is complete with all of its candles and the candle before it, whose close is
            // the base of the first return.
            var whole =
                here && from >= 0 && candles[next].OpenTime - candles[from].OpenTime == Timeframe.OneHour.Length;
            grid.Candle[hour] = here ? next : -1;
            grid.Variance[hour] = whole ? squares[next] - squares[from] : double.NaN;
            grid.Return[hour] = whole ? Math.Log(candles[next].Close / candles[from].Close) : double.NaN;
            grid._cumulative[hour + 1] = grid._cumulative[hour] + (whole ? grid.Variance[hour] : 0);
            grid._missing[hour + 1] = grid._missing[hour] + (whole ? 0 : 1);
        }
        return grid;
    }

    /// <summary>
    /// Returns the log of the variance over the hours [from, to); NaN when an hour is missing or
    /// the price does not move.
    /// </summary>
    public double LogVariance(int from, int to)
    {
        if (from < 0 || to > Count || _missing[to] != _missing[from])
            return double.NaN;
        var sum = _cumulative[to] - _cumulative[from];
        return sum > 0 ? Math.Log(sum) : double.NaN;
    }
}
