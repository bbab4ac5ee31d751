using Remora.Markets;

namespace Remora.Backtest.Trading;

/// <summary>
/// The rows of a backtest: a period of candles without gaps, after the strategy's warm-up. As in
/// Freqtrade, a missing candle is filled with the previous close and no volume, the warm-up is
/// counted in candles from the start of the data, and the last row is the one that opens at
/// <c>to</c>.
/// </summary>
public sealed class CandleFrame
{
    private readonly Lazy<PriceTicks> _ticks;

    private CandleFrame(CandleTape series, Candle[] rows, int[] known, int first)
    {
        Series = series;
        Rows = rows;
        Known = known;
        First = first;
        _ticks = new(() => new(Rows));
    }

    /// <summary>The source candles.</summary>
    public CandleTape Series { get; }

    /// <summary>All rows, the warm-up first, in steps of the timeframe.</summary>
    public Candle[] Rows { get; }

    /// <summary>
    /// For each row, the position in <see cref="Series"/> of the last candle that had closed when
    /// the row opened, which is what was known at its open. Filled rows do not count. -1 when no
    /// candle had closed.
    /// </summary>
    public int[] Known { get; }

    /// <summary>The position of the first row of the period.</summary>
    public int First { get; }

    internal PriceTicks Ticks => _ticks.Value;

    /// <summary>Open time of the period's first row, from which figures count.</summary>
    public Instant From => Rows[First].OpenTime;

    /// <summary>Open time of the last row.</summary>
    public Instant To => Rows[^1].OpenTime;

    /// <summary>Share of the period's rows that are filled, [0, 1].</summary>
    public double FilledShare
    {
        get
        {
            var filled = 0;
            for (var i = First + 1; i < Rows.Length; i++)
                // The row before is not a candle of the data.
                if (Known[i] == Known[i - 1])
                    filled++;
            return filled / (double)Math.Max(1, Rows.Length - First - 1);
        }
    }

    /// <summary>Cuts a period out of a series.</summary>
    /// <param name="series">The candles.</param>
    /// <param name="from">The start of the period.</param>
    /// <param name="to">Open time of the last row.</param>
    /// <param name="startupCandles">The number of warm-up rows before the period.</param>
    /// <exception cref="BacktestException">The period has no candles, or only candles of the
    /// warm-up.</exception>
    public static CandleFrame Cut(CandleTape series, Instant from, Instant to, int startupCandles)
    {
        var step = series.Timeframe.Length;
        var candles = series.Candles;
        var wanted = from - (startupCandles * step);
        var start = LowerBound(candles, wanted);
        var end = LowerBound(candles, new(to.UnixMilliseconds + 1));
        if (start >= end)
            throw new BacktestException(
                $"there are no candles from {from} to {to}; the data covers {candles[0].OpenTime} to "
                    + $"{candles[^1].OpenTime}"
            );

        var count = (int)((candles[end - 1].OpenTime - candles[start].OpenTime) / step) + 1;
        if (count <= startupCandles + 1)
            throw new BacktestException(
                $"there are only {count} candles up to {to}; expected more than {startupCandles}, the warm-up"
            );
        var rows = new Candle[count];
        var known = new int[count];
        var next = start;
        for (var i = 0; i < count; i++)
        {
            known[i] = next - 1;
            var time = candles[start].OpenTime + (i * step);
            if (candles[next].OpenTime == time)
            {
                rows[i] = candles[next++];
            }
            else
            {
                var close = rows[i - 1].Close;
                rows[i] = new(time, close, close, close, close, 0);
            }
        }
        return new(series, rows, known, startupCandles);
    }

    internal static int LowerBound(IReadOnlyList<Candle> candles, Instant time)
    {
        var (low, high) = (0, candles.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (candles[middle].OpenTime < time)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
