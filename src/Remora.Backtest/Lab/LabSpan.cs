using Remora.Markets;

namespace Remora.Backtest.Lab;

/// <summary>
/// The past of a market that the lab uses: the months that are shown, and the sealed ones after
/// them.
/// </summary>
/// <param name="From">The first moment of an entry.</param>
/// <param name="SealedFrom">The end of the shown months and the begin of the sealed ones, a
/// midnight.</param>
/// <param name="Until">The end of the sealed months, a midnight.</param>
/// <param name="IsWhole">Whether these are two years; less history is labelled.</param>
public sealed record LabSpan(Instant From, Instant SealedFrom, Instant Until, bool IsWhole)
{
    /// <summary>The wanted length of both parts together, in days: two years.</summary>
    public const int Days = 730;

    /// <summary>The length of the sealed part of two years, in days: six months.</summary>
    public const int SealedDays = 182;

    /// <summary>The shortest span, in days.</summary>
    public const int LeastDays = 60;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Returns the span for candles from a first open to a last close.</summary>
    /// <exception cref="BacktestException">There are too few candles.</exception>
    public static LabSpan Of(MarketId market, Instant first, Instant end)
    {
        var until = end.Floor(Day);
        var known = (first + RequiredHistory.Base + Day).Floor(Day);
        var days = (int)((until - known) / Day);
        var all = (int)((end - first) / Day);
        if (days < LeastDays)
            throw new BacktestException(
                $"the lab needs {LeastDays + RequiredHistory.Base.Days} days of candles of {market}, of which "
                    + $"{RequiredHistory.Base.Days} warm up the engine; there are {all}"
            );
        return days >= Days
            ? new(until - (Days * Day), until - (SealedDays * Day), until, true)
            : new(known, until - (days / 4 * Day), until, false);
    }

    /// <summary>The number of whole days that are shown.</summary>
    internal int ShownDays => (int)((SealedFrom - From) / Day);

    /// <summary>
    /// Returns the first candle that has an effect on what happens from a moment on.
    /// </summary>
    internal static Instant Needed(Instant from) =>
        from - (RequiredHistory.Daily > RequiredHistory.Forecasts ? RequiredHistory.Daily : RequiredHistory.Forecasts);
}
