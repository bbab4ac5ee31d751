using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>
/// The outcomes within a horizon after each candle, with which a score is compared. NaN when
/// candles of the horizon are missing.
/// </summary>
public sealed class Outcomes
{
    private Outcomes(int count, TimeSpan horizon)
    {
        Horizon = horizon;
        Volatility = new double[count];
        Drawdown = new double[count];
        Return = new double[count];
    }

    /// <summary>The horizon.</summary>
    public TimeSpan Horizon { get; }

    /// <summary>
    /// Realised volatility: the square root of the sum of squared log returns, a ratio.
    /// </summary>
    public double[] Volatility { get; }

    /// <summary>
    /// The fall from the close to the lowest low, a ratio of 0 or more: the largest unrealised loss
    /// of an entry at the close.
    /// </summary>
    public double[] Drawdown { get; }

    /// <summary>Return from the close to the horizon's last close, a ratio.</summary>
    public double[] Return { get; }

    /// <summary>Computes the outcomes for every candle.</summary>
    public static Outcomes Of(CandleTape series, TimeSpan horizon)
    {
        var candles = series.Candles;
        var ahead = series.Timeframe.CountIn(horizon);
        var outcomes = new Outcomes(candles.Count, horizon);
        var squares = CumulativeSquares(candles);
        // Positions of rising lows; the first is the lowest of the horizon.
        var lows = new int[candles.Count];
        var (firstLow, endLow, next) = (0, 0, 0);
        for (var i = 0; i < candles.Count; i++)
        {
            var last = i + ahead;
            var whole =
                last < candles.Count && candles[last].OpenTime - candles[i].OpenTime == ahead * series.Timeframe.Length;
            for (; next <= Math.Min(last, candles.Count - 1); next++)
            {
                while (endLow > firstLow && candles[lows[endLow - 1]].Low >= candles[next].Low)
                    endLow--;
                lows[endLow++] = next;
            }
            while (firstLow < endLow && lows[firstLow] <= i)
                firstLow++;
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
