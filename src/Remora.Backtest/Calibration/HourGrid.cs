using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>Realised variance on a grid of full hours, from candles of at most an hour. NaN where the hour's candles are not whole.</summary>
internal sealed class HourGrid
{
    private readonly double[] _cumulative; // of the hours' variances, those that are not known left out
    private readonly int[] _missing;       // how many were not known up to here

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

    /// <summary>Position in the series of the candle with which each hour ends; -1 where it is missing.</summary>
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
            while (next < candles.Count && candles[next].OpenTime < lastOpen) next++;
            var here = next < candles.Count && candles[next].OpenTime == lastOpen;
            var from = next - (int)perHour;
            // All candles of the hour and the one before it, from whose close the first return is taken.
            var whole = here && from >= 0 && candles[next].OpenTime - candles[from].OpenTime == Timeframe.OneHour.Length;
            grid.Candle[hour] = here ? next : -1;
            grid.Variance[hour] = whole ? squares[next] - squares[from] : double.NaN;
            grid.Return[hour] = whole ? Math.Log(candles[next].Close / candles[from].Close) : double.NaN;
            grid._cumulative[hour + 1] = grid._cumulative[hour] + (whole ? grid.Variance[hour] : 0);
            grid._missing[hour + 1] = grid._missing[hour] + (whole ? 0 : 1);
        }
        return grid;
    }

    /// <summary>Log of the variance over the hours [from, to); NaN where one of them is missing or nothing moved.</summary>
    public double LogVariance(int from, int to)
    {
        if (from < 0 || to > Count || _missing[to] != _missing[from]) return double.NaN;
        var sum = _cumulative[to] - _cumulative[from];
        return sum > 0 ? Math.Log(sum) : double.NaN;
    }
}
