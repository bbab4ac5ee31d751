using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// The full hours of a market, from candles of 5 minutes. An hour is whole if all of its candles
/// have volume and the candle before it too, whose close is the base of its first return.
/// </summary>
internal sealed class MarketHours
{
    /// <summary>The number of candles in an hour.</summary>
    public const int Candles = 12;

    private readonly bool[] _whole;
    private readonly double[] _squares;
    private readonly double[] _highs;
    private readonly double[] _lows;
    private readonly double[] _closes;
    private readonly Instant _begin;

    private MarketHours(Instant begin, int count)
    {
        _begin = begin;
        _whole = new bool[count];
        _squares = new double[count];
        _highs = new double[count];
        _lows = new double[count];
        _closes = new double[count];
    }

    /// <summary>The number of hours.</summary>
    public int Count => _whole.Length;

    /// <summary>Returns the begin of an hour.</summary>
    public Instant BeginOf(int hour) => _begin + TimeSpan.FromHours(hour);

    /// <summary>Returns the hour that contains a moment; it can lie outside.</summary>
    public int HourAt(Instant time) => (int)Math.Floor((time - _begin).TotalHours);

    /// <summary>Builds the hours of a tape with candles of 5 minutes.</summary>
    public static MarketHours Of(IReadOnlyList<Candle> candles)
    {
        var length = Timeframe.FiveMinutes.Length;
        var begin = candles[0].OpenTime.Floor(Timeframe.OneHour.Length);
        var end = candles[^1].OpenTime + length;
        var hours = new MarketHours(begin, (int)Math.Ceiling((end - begin).TotalHours));
        var returns = new int[hours.Count];
        var (before, close) = (Instant.MinValue, double.NaN);
        foreach (var candle in candles)
        {
            if (candle.Volume <= 0)
                continue;
            var hour = hours.HourAt(candle.OpenTime);
            if (candle.OpenTime == before)
            {
                var change = Math.Log(candle.Close / close);
                hours._squares[hour] += change * change;
                returns[hour]++;
            }
            var first = hours._highs[hour] == 0;
            hours._highs[hour] = first ? candle.High : Math.Max(hours._highs[hour], candle.High);
            hours._lows[hour] = first ? candle.Low : Math.Min(hours._lows[hour], candle.Low);
            hours._closes[hour] = candle.Close;
            (before, close) = (candle.OpenTime + length, candle.Close);
        }
        for (var hour = 0; hour < returns.Length; hour++)
            hours._whole[hour] = returns[hour] == Candles;
        return hours;
    }

    /// <summary>
    /// Builds hours of which only the squared returns are known, as the store returns them. Their
    /// returns, falls and rises are unknown.
    /// </summary>
    /// <param name="whole">The begin of each whole hour, ascending, and the sum of its squared
    /// returns. At least one.</param>
    public static MarketHours Of(IReadOnlyList<(Instant Time, double Squares)> whole)
    {
        var begin = whole[0].Time;
        var hours = new MarketHours(begin, (int)(whole[^1].Time - begin).TotalHours + 1);
        foreach (var (time, squares) in whole)
        {
            var hour = hours.HourAt(time);
            (hours._whole[hour], hours._squares[hour]) = (true, squares);
        }
        return hours;
    }

    /// <summary>Returns the number of whole hours among the hours [from, to).</summary>
    public int Whole(int from, int to)
    {
        var count = 0;
        for (var hour = Math.Max(0, from); hour < Math.Min(to, Count); hour++)
            count += _whole[hour] ? 1 : 0;
        return count;
    }

    /// <summary>Whether all of the hours [from, to) are whole.</summary>
    public bool AreWhole(int from, int to) => from >= 0 && to <= Count && Whole(from, to) == to - from;

    /// <summary>
    /// Returns the mean squared return of 5 minutes over the whole hours among [from, to); NaN when
    /// there are fewer than <paramref name="least"/> of them.
    /// </summary>
    public double Variance(int from, int to, int least)
    {
        var (sum, count) = (0.0, 0);
        for (var hour = Math.Max(0, from); hour < Math.Min(to, Count); hour++)
        {
            if (!_whole[hour])
                continue;
            sum += _squares[hour];
            count++;
        }
        return count >= least && count > 0 ? sum / (count * Candles) : double.NaN;
    }

    /// <summary>Returns the log return over a whole hour; NaN otherwise.</summary>
    public double HourReturn(int hour) => _whole[hour] && hour > 0 ? Return(hour, hour + 1) : double.NaN;

    /// <summary>
    /// Returns the log return over the hours [from, to), which are whole.
    /// </summary>
    public double Return(int from, int to) => Math.Log(_closes[to - 1] / _closes[from - 1]);

    /// <summary>
    /// Returns the deepest fall below the last close before the hours [from, to), which are whole:
    /// the log of that close over the lowest price, at least 0.
    /// </summary>
    public double Fall(int from, int to)
    {
        var lowest = _closes[from - 1];
        for (var hour = from; hour < to; hour++)
            lowest = Math.Min(lowest, _lows[hour]);
        return Math.Log(_closes[from - 1] / lowest);
    }

    /// <summary>
    /// Returns the highest rise above the last close before the hours [from, to), which are whole:
    /// the log of the highest price over that close, at least 0.
    /// </summary>
    public double Rise(int from, int to)
    {
        var highest = _closes[from - 1];
        for (var hour = from; hour < to; hour++)
            highest = Math.Max(highest, _highs[hour]);
        return Math.Log(highest / _closes[from - 1]);
    }

    /// <summary>
    /// Returns the position in the week of the moment at which an hour begins, from Monday 00 UTC.
    /// </summary>
    public int HourOfWeek(int hour) =>
        // 1970-01-01 was a Thursday.
        (int)(((BeginOf(hour).UnixMilliseconds / 3_600_000) + 72) % SeasonalRidge.Week);
}
