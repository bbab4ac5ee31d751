using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>What came after each candle within a horizon: the yardstick that a score is held against. NaN where the candles of the horizon are not whole.</summary>
public sealed class Outcomes
{
    private Outcomes(int count, TimeSpan horizon)
    {
        Horizon = horizon;
        Volatility = new double[count];
        Drawdown = new double[count];
        Return = new double[count];
    }

    /// <summary>How far ahead.</summary>
    public TimeSpan Horizon { get; }

    /// <summary>Realised volatility: root of the sum of squared log returns, a ratio.</summary>
    public double[] Volatility { get; }

    /// <summary>How far the lowest low fell below the close, a ratio of 0 or more: what someone who entered went through.</summary>
    public double[] Drawdown { get; }

    /// <summary>Return from the close to the horizon's last close, a ratio.</summary>
    public double[] Return { get; }

    /// <summary>Works them out for every candle.</summary>
    public static Outcomes Of(CandleTape series, TimeSpan horizon)
    {
        var candles = series.Candles;
        var ahead = series.Timeframe.CountIn(horizon);
        var outcomes = new Outcomes(candles.Count, horizon);
        var squares = CumulativeSquares(candles);
        var lows = new int[candles.Count]; // positions of rising lows: the first is the lowest of the horizon
        var (firstLow, endLow, next) = (0, 0, 0);
        for (var i = 0; i < candles.Count; i++)
        {
            var last = i + ahead;
            var whole = last < candles.Count && candles[last].OpenTime - candles[i].OpenTime == ahead * series.Timeframe.Length;
            for (; next <= Math.Min(last, candles.Count - 1); next++)
            {
                while (endLow > firstLow && candles[lows[endLow - 1]].Low >= candles[next].Low) endLow--;
                lows[endLow++] = next;
            }
            while (firstLow < endLow && lows[firstLow] <= i) firstLow++;
            if (!whole)
            {
                outcomes.Volatility[i] = outcomes.Drawdown[i] = outcomes.Return[i] = double.NaN;
                continue;
            }
            var close = candles[i].Close;
            outcomes.Volatility[i] = Math.Sqrt(Math.Max(0, squares[last] - squares[i]));
            outcomes.Drawdown[i] = Math.Max(0, 1 - (candles[lows[firstLow]].Low / close));
            outcomes.Return[i] = (candles[last].Close / close) - 1;
        }
        return outcomes;
    }

    internal static double[] CumulativeSquares(IReadOnlyList<Candle> candles)
    {
        var squares = new double[candles.Count];
        for (var i = 1; i < squares.Length; i++)
        {
            var change = Math.Log(candles[i].Close / candles[i - 1].Close);
            squares[i] = squares[i - 1] + (change * change);
        }
        return squares;
    }
}
