using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Remora.Notify;

/// <summary>The hours of each day without messages, for example 22:00 to 07:00.</summary>
/// <param name="From">The start, inclusive, in local time.</param>
/// <param name="To">The end, exclusive, in local time. It can be on the next day.</param>
public readonly record struct QuietHours(TimeOnly From, TimeOnly To)
{
    /// <summary>Parses <c>22:00-07:00</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out QuietHours? hours)
    {
        hours = null;
        if (text.Split('-') is not [var start, var end] || !TryTime(start, out var from) || !TryTime(end, out var to))
            return false;
        if (from == to)
            return false; // a whole day, or no time at all
        hours = new(from, to);
        return true;

        static bool TryTime(string part, out TimeOnly time) =>
            TimeOnly.TryParseExact(part, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }

    /// <summary>Returns the text form.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:HH\\:mm}-{To:HH\\:mm}");

    /// <summary>
    /// Returns how long quiet hours still last; zero outside of them. Where the clock is changed,
    /// it can be off by that change, and is then asked again.
    /// </summary>
    internal TimeSpan Rest(DateTimeOffset now, TimeZoneInfo zone)
    {
        var time = TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        return time.IsBetween(From, To) ? To - time : TimeSpan.Zero; // the difference goes around midnight
    }
}
