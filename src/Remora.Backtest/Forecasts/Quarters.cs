using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>The quarters of the year, in UTC. All models are fitted anew at their begin.</summary>
internal static class Quarters
{
    /// <summary>Returns the begin of each quarter that begins within [from, until).</summary>
    public static IEnumerable<Instant> Within(Instant from, Instant until)
    {
        for (var quarter = BeginOf(from); quarter < until; quarter = Next(quarter))
            if (quarter >= from)
                yield return quarter;
    }

    /// <summary>Returns the begin of the quarter that contains a moment.</summary>
    public static Instant BeginOf(Instant time)
    {
        var date = time.ToDateTimeOffset();
        return Instant.From(new(date.Year, date.Month - ((date.Month - 1) % 3), 1, 0, 0, 0, TimeSpan.Zero));
    }

    private static Instant Next(Instant quarter) => Instant.From(quarter.ToDateTimeOffset().AddMonths(3));
}
