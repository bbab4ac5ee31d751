using Remora.Markets;

namespace Remora.Feeds.Macro;

/// <summary>
/// The trading days of New York, by the rules of its holidays, so that missing values on other days
/// do not count as an outage.
/// </summary>
internal static class TradingDays
{
    /// <summary>
    /// The time of day, UTC, at which the closes of a day are known: after both local closing times
    /// of the year.
    /// </summary>
    public static readonly TimeSpan CloseKnown = new(21, 15, 0);

    /// <summary>
    /// Extends into the next session. Also bridges a closure of one day that no rule covers.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(18);

    /// <summary>
    /// Returns until when a value can be used: until well after the next close should have been
    /// published.
    /// </summary>
    public static Instant GoodUntil(Instant heldAt)
    {
        var day = heldAt.Floor(TimeSpan.FromDays(1));
        while (day + CloseKnown <= heldAt || !IsTrading(DateOf(day)))
            day += TimeSpan.FromDays(1);
        return day + CloseKnown + Grace;
    }

    /// <summary>Returns whether there is a session on a day.</summary>
    public static bool IsTrading(DateOnly day) =>
        day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && !IsHoliday(day);

    private static DateOnly DateOf(Instant day) => DateOnly.FromDateTime(day.ToDateTimeOffset().UtcDateTime);

    private static bool IsHoliday(DateOnly day) =>
        (day.Month, day.DayOfWeek) switch
        {
            (1, DayOfWeek.Monday) when Nth(day) == 3 => true, // Martin Luther King's birthday
            (2, DayOfWeek.Monday) when Nth(day) == 3 => true, // Washington's birthday
            (5, DayOfWeek.Monday) when day.AddDays(7).Month == 6 => true, // Memorial Day
            (9, DayOfWeek.Monday) when Nth(day) == 1 => true, // Labor Day
            (11, DayOfWeek.Thursday) when Nth(day) == 4 => true, // Thanksgiving
            (_, DayOfWeek.Friday) when day == EasterSunday(day.Year).AddDays(-2) => true, // Good Friday
            _ => IsFixed(day)
                || (day.DayOfWeek == DayOfWeek.Monday && IsFixed(day.AddDays(-1)))
                || (day.DayOfWeek == DayOfWeek.Friday && day.Month != 12 && IsFixed(day.AddDays(1)))
                || (day is { Month: 12, Day: 24, DayOfWeek: DayOfWeek.Friday }),
        };

    // A New Year's Day on a Saturday is not moved to the Friday, which belongs to the old year.
    private static bool IsFixed(DateOnly day) => (day.Month, day.Day) is (1, 1) or (6, 19) or (7, 4) or (12, 25);

    private static int Nth(DateOnly day) => ((day.Day - 1) / 7) + 1;

    /// <summary>Computes Easter with the Gregorian computus, in the form of Meeus.</summary>
    private static DateOnly EasterSunday(int year)
    {
        int a = year % 19,
            b = year / 100,
            c = year % 100;
        var h = ((19 * a) + b - (b / 4) - ((b - ((b + 8) / 25) + 1) / 3) + 15) % 30;
        var l = (32 + (2 * (b % 4)) + (2 * (c / 4)) - h - (c % 4)) % 7;
        var m = (a + (11 * h) + (22 * l)) / 451;
        var n = h + l - (7 * m) + 114;
        return new(year, n / 31, (n % 31) + 1);
    }
}
