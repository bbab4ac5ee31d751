using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Portfolios;

/// <summary>
/// The last 30 days of one market's whole hours: the log return of each candle in units of the
/// volatility per candle that was forecast at the hour's begin. An hour is whole if all of its
/// candles exist (with or without volume), the one before it too, and there was a forecast from at
/// least a week of past at its begin. Hours with holes are absent.
/// </summary>
public sealed class StandardizedHours
{
    /// <summary>The number of hours that are kept: 30 days.</summary>
    public const int Kept = 720;

    private const long HourLength = 3_600_000;
    private readonly double[] _returns; // a ring by hour
    private readonly int[] _hours = new int[Kept]; // the hour since 1970 whose returns a slot has; 0 for none

    /// <param name="candlesPerHour">12 for candles of 5m (and of 1m, gathered to 5m), 4 for 15m
    /// (and 3m), 2 for 30m, 1 for 1h.</param>
    public StandardizedHours(int candlesPerHour)
    {
        if (candlesPerHour is not (12 or 4 or 2 or 1))
            throw new ArgumentOutOfRangeException(nameof(candlesPerHour), candlesPerHour, "expected 12, 4, 2 or 1");
        CandlesPerHour = candlesPerHour;
        _returns = new double[Kept * candlesPerHour];
    }

    /// <summary>The number of candles in an hour.</summary>
    public int CandlesPerHour { get; }

    /// <summary>The end of the newest whole hour; null before the first.</summary>
    public Instant? Newest => NewestHour == 0 ? null : new(NewestHour * HourLength);

    internal int NewestHour { get; private set; }

    /// <summary>Adds an hour. One that is not later than the newest changes nothing.</summary>
    /// <param name="end">The end of the hour, a full hour.</param>
    /// <param name="returns">The standardized returns of its candles, in order.</param>
    /// <exception cref="ArgumentException">The end is no full hour after 1970, the number of
    /// returns is wrong, or one is not finite.</exception>
    public void Add(Instant end, ReadOnlySpan<double> returns)
    {
        if (end.UnixMilliseconds <= 0 || end.UnixMilliseconds % HourLength != 0)
            throw new ArgumentException($"expected a full hour, not {end}", nameof(end));
        if (returns.Length != CandlesPerHour)
            throw new ArgumentException($"expected {CandlesPerHour} returns, not {returns.Length}", nameof(returns));
        foreach (var value in returns)
            if (!double.IsFinite(value))
                throw new ArgumentException($"expected finite returns, not {value}", nameof(returns));
        var hour = HourOf(end);
        if (hour <= NewestHour)
            return;
        NewestHour = hour;
        _hours[hour % Kept] = hour;
        returns.CopyTo(_returns.AsSpan(hour % Kept * CandlesPerHour));
    }

    /// <summary>Returns the returns of an hour.</summary>
    /// <param name="end">The end of the hour.</param>
    /// <param name="returns">The standardized returns of its candles, valid until the next
    /// hour.</param>
    /// <returns>Whether the hour is whole and one of the last 30 days.</returns>
    public bool TryGet(Instant end, out ReadOnlySpan<double> returns) => TryGet(HourOf(end), out returns);

    internal static int HourOf(Instant end) => (int)(end.UnixMilliseconds / HourLength);

    internal static Instant EndOf(int hour) => new(hour * HourLength);

    /// <summary>Returns the returns of an hour, if it is whole and one of the last 30
    /// days.</summary>
    internal bool TryGet(int hour, out ReadOnlySpan<double> returns)
    {
        var slot = hour % Kept;
        returns = _returns.AsSpan(slot * CandlesPerHour, CandlesPerHour);
        return _hours[slot] == hour && hour > NewestHour - Kept;
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear()
    {
        Array.Clear(_hours);
        Array.Clear(_returns);
        NewestHour = 0;
    }

    /// <summary>Reads or writes the state.</summary>
    /// <exception cref="FormatException">The state is not one that this class wrote.</exception>
    internal void Exchange(StateCodec codec)
    {
        codec.Field(_returns.AsSpan());
        codec.Field(_hours.AsSpan());
        NewestHour = 0;
        for (var slot = 0; slot < Kept; slot++)
        {
            if (_hours[slot] < 0 || (_hours[slot] > 0 && _hours[slot] % Kept != slot))
                throw new FormatException($"the state has an hour {_hours[slot]} in the wrong place");
            NewestHour = Math.Max(NewestHour, _hours[slot]);
        }
        foreach (var value in _returns)
            if (!double.IsFinite(value))
                throw new FormatException("the state has a return that is not finite");
    }
}
