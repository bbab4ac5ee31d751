using System.Globalization;

namespace Remora.Markets;

/// <summary>
/// A moment in UTC with a resolution of a millisecond: the only representation of time in the
/// engine. The default value is the Unix epoch.
/// </summary>
/// <param name="UnixMilliseconds">Milliseconds since 1970-01-01T00:00:00Z.</param>
public readonly record struct Instant(long UnixMilliseconds) : IComparable<Instant>
{
    /// <summary>Earlier than every real event.</summary>
    public static readonly Instant MinValue = new(DateTimeOffset.MinValue.ToUnixTimeMilliseconds());

    /// <summary>Later than every real event.</summary>
    public static readonly Instant MaxValue = new(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());

    // Only complete dates: the parser would complete a partial one from today's date, and the
    // engine must not read a clock.
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mmK",
        "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Converts a time to an instant and truncates it to the millisecond.</summary>
    public static Instant From(DateTimeOffset time) => new(time.ToUnixTimeMilliseconds());

    /// <summary>Converts to a <see cref="DateTimeOffset"/> in UTC.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);

    /// <summary>
    /// Returns the latest multiple of <paramref name="step"/> since the epoch that is not after
    /// this moment.
    /// </summary>
    public Instant Floor(TimeSpan step)
    {
        var milliseconds = (long)step.TotalMilliseconds;
        var remainder = UnixMilliseconds % milliseconds;
        return new(UnixMilliseconds - (remainder < 0 ? remainder + milliseconds : remainder));
    }

    /// <summary>
    /// Parses an ISO-8601 moment (<c>2022-06-13T08:00:00Z</c>, <c>2022-06-13</c>) or Unix
    /// milliseconds. Without an offset the time is UTC.
    /// </summary>
    public static bool TryParse(string? text, out Instant instant)
    {
        instant = default;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds))
        {
            instant = new(milliseconds);
            // Rejects a bare year or 20220613.
            return instant >= MinValue && instant <= MaxValue && text.Length > 8;
        }
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, styles, out var time))
            return false;
        instant = From(time);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Instant other) => UnixMilliseconds.CompareTo(other.UnixMilliseconds);

    /// <summary>Formats as ISO-8601 in UTC, with a fraction only when it is not 0.</summary>
    public override string ToString() =>
        ToDateTimeOffset()
            .ToString(
                UnixMilliseconds % 1000 == 0 ? "yyyy-MM-ddTHH:mm:ssZ" : "yyyy-MM-ddTHH:mm:ss.fffZ",
                CultureInfo.InvariantCulture
            );

    /// <summary>The moment <paramref name="span"/> later.</summary>
    public static Instant operator +(Instant instant, TimeSpan span) =>
        new(instant.UnixMilliseconds + (span.Ticks / TimeSpan.TicksPerMillisecond));

    /// <summary>The moment <paramref name="span"/> earlier.</summary>
    public static Instant operator -(Instant instant, TimeSpan span) =>
        new(instant.UnixMilliseconds - (span.Ticks / TimeSpan.TicksPerMillisecond));

    /// <summary>The time from <paramref name="earlier"/> to <paramref name="later"/>.</summary>
    public static TimeSpan operator -(Instant later, Instant earlier) =>
        TimeSpan.FromMilliseconds(later.UnixMilliseconds - earlier.UnixMilliseconds);

    /// <summary>Whether the left moment is earlier.</summary>
    public static bool operator <(Instant left, Instant right) => left.UnixMilliseconds < right.UnixMilliseconds;

    /// <summary>Whether the left moment is later.</summary>
    public static bool operator >(Instant left, Instant right) => left.UnixMilliseconds > right.UnixMilliseconds;

    /// <summary>Whether the left moment is not later.</summary>
    public static bool operator <=(Instant left, Instant right) => left.UnixMilliseconds <= right.UnixMilliseconds;

    /// <summary>Whether the left moment is not earlier.</summary>
    public static bool operator >=(Instant left, Instant right) => left.UnixMilliseconds >= right.UnixMilliseconds;
}
