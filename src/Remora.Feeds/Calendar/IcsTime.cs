using System.Globalization;
using Remora.Markets;
using TimeZoneConverter;

namespace Remora.Feeds.Calendar;

/// <summary>A date or time of an iCalendar file.</summary>
/// <param name="Local">The time on the clocks of its zone; midnight of a whole day.</param>
/// <param name="Zone">The time zone; null for a whole day.</param>
internal sealed record IcsTime(DateTime Local, TimeZoneInfo? Zone)
{
    // Later and earlier times are errors in the file.
    public const int FirstYear = 1970,
        LastYear = 2199;

    // How Microsoft 365 names UTC.
    private const string MicrosoftUtc = "tzone://Microsoft/Utc";

    // How the Bureau of Labor Statistics names the time of New York.
    private const string AgencyEastern = "US-Eastern";
    private const string Eastern = "America/New_York";

    /// <summary>Whether it is a whole day, without a time of day.</summary>
    public bool IsDay => Zone is null;

    /// <summary>Parses one value of a property.</summary>
    /// <param name="value">The value, for example <c>20260128T140000</c>.</param>
    /// <param name="property">The property, whose TZID parameter names the zone.</param>
    /// <param name="floating">The zone of a time without one; null if it must have one.</param>
    /// <exception cref="FormatException">It is not a time, or its zone is not known.</exception>
    public static IcsTime Parse(string value, IcsProperty property, TimeZoneInfo? floating = null)
    {
        if (DateTime.TryParseExact(value, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return new(Checked(day, value), null);
        var isUtc = value.EndsWith('Z');
        var text = isUtc ? value[..^1] : value;
        const string form = "yyyyMMdd'T'HHmmss";
        if (!DateTime.TryParseExact(text, form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            throw new FormatException(
                $"'{Cut(value)}' is not a time: expected one such as 20260128T140000 or 20260128T190000Z"
            );
        var zone =
            isUtc ? TimeZoneInfo.Utc
            : property.Parameters.TryGetValue("TZID", out var name) ? ZoneOf(name)
            : floating ?? throw new FormatException("its time has no zone");
        return new(Checked(time, value), zone);
    }

    /// <summary>
    /// Returns the moment at which clocks of this zone show a time. As RFC 5545 says, a time that
    /// they show twice is the first one, and a time that they skip is as much later as they skip.
    /// </summary>
    /// <param name="local">The time; its time of day does not matter for a whole day.</param>
    /// <param name="allDayAt">The time of day, UTC, for whole days; null if there is none.</param>
    /// <exception cref="FormatException">It is a whole day, and no time is set for it.</exception>
    public Instant At(DateTime local, TimeSpan? allDayAt)
    {
        if (Zone is null)
        {
            var time = allDayAt ?? throw new FormatException("the event is a whole day: set its time with --at");
            return Instant.From(new(local.Date + time, TimeSpan.Zero));
        }
        var isTwice = Zone.IsAmbiguousTime(local);
        return Instant.From(new(local, isTwice ? Zone.GetAmbiguousTimeOffsets(local).Max() : Zone.GetUtcOffset(local)));
    }

    /// <summary>Shortens text of a file for a message.</summary>
    public static string Cut(string text) => text.Length > 100 ? text[..100] + " …" : text;

    private static TimeZoneInfo ZoneOf(string name) =>
        name == MicrosoftUtc ? TimeZoneInfo.Utc
        : TZConvert.TryGetTimeZoneInfo(name == AgencyEastern ? Eastern : name, out var zone) ? zone
        : throw new FormatException(
            $"the time zone '{Cut(name)}' is not known: "
                + "allowed are names such as Europe/Berlin or 'W. Europe Standard Time'"
        );

    private static DateTime Checked(DateTime time, string value) =>
        time.Year is >= FirstYear and <= LastYear
            ? time
            : throw new FormatException($"'{value}' is out of range: expected a year from {FirstYear} to {LastYear}");
}
