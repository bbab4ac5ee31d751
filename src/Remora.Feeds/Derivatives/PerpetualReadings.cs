using Remora.Feeds.Exchanges;
using Remora.Markets;

namespace Remora.Feeds.Derivatives;

/// <summary>
/// Validates what an exchange returns about a perpetual. An invalid value throws an
/// <see cref="ExchangeException"/> that names it.
/// </summary>
internal static class PerpetualReadings
{
    private const double LargestRate = 0.1; // per 8 hours; exchanges cap it at a few percent
    private static readonly TimeSpan EightHours = TimeSpan.FromHours(8);
    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Oldest = TimeSpan.FromHours(2);

    /// <summary>Returns the funding rate, scaled to eight hours.</summary>
    public static (double Value, Instant HeldAt) Read(in FundingRate rate, Instant now)
    {
        if (!(rate.Hours is >= 1 and <= 24))
            throw Bad($"the funding interval is {rate.Hours} hours: expected 1 to 24");
        var value = rate.Value * (EightHours.TotalHours / rate.Hours);
        return Math.Abs(value) <= LargestRate
            ? (value, HeldAt(rate.At, now))
            : throw Bad($"the funding rate is {value} per 8 hours: expected -{LargestRate} to {LargestRate}");
    }

    /// <summary>Returns the open interest.</summary>
    public static (double Value, Instant HeldAt) Read(in OpenInterest interest, Instant now) =>
        interest.Value is > 0 and < 1e18
            ? (interest.Value, HeldAt(interest.At, now))
            : throw Bad($"the open interest is {interest.Value}, not above 0");

    private static Instant HeldAt(Instant? stated, Instant now)
    {
        if (stated is not { } at || (at > now && at <= now + ClockError))
            return now;
        if (at > now)
            throw Bad($"the time {at} of the value is in the future");
        return at >= now - Oldest
            ? at
            : throw Bad($"the time {at} of the value is more than {Oldest.TotalHours} hours ago");
    }

    private static ExchangeException Bad(string what) => new(ExchangeErrorKind.BadResponse, what);
}
