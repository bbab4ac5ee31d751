using System.Text.Json;
using Remora.Feeds.Keys;
using Remora.Markets;

namespace Remora.Feeds.Http;

/// <summary>One value that a source returned.</summary>
/// <param name="Signal">The kind of value.</param>
/// <param name="Base">The base currency that the value describes; null for the whole
/// market.</param>
/// <param name="Value">The value.</param>
/// <param name="HeldAt">The time that the value describes.</param>
/// <param name="IsLive">Whether the value is a momentary state rather than a published value. Such
/// a value is knowable from the moment at which it was read, never earlier.</param>
/// <param name="PublishedAt">The latest time at which it was published, if that is after
/// <paramref name="HeldAt"/>; null if the two are equal.</param>
public readonly record struct SourceReading(
    Signal Signal,
    string? Base,
    double Value,
    Instant HeldAt,
    bool IsLive = false,
    Instant? PublishedAt = null
)
{
    /// <summary>
    /// Returns when a value became knowable that existed before the first request.
    /// </summary>
    internal Instant KnownBefore(Instant now) => IsLive || PublishedAt > now ? now : PublishedAt ?? HeldAt;
}

/// <summary>
/// An outside source that responds over HTTP, in JSON or in a format that can be converted to JSON.
/// Defines everything that is specific to the source. Requests, delays, deadlines, limits and
/// health are the task of <see cref="HttpSourceFeed"/>. A new source is one file with one of these,
/// and its line in <see cref="HttpSources"/>.
/// </summary>
/// <param name="Name">The name of the source, for example <c>alternative.me</c>.</param>
/// <param name="Signals">The signals that it provides.</param>
/// <param name="Url">The URL to request.</param>
/// <param name="Interval">The interval between requests.</param>
/// <param name="TimeToLive">How long a value can be used after it became knowable.</param>
/// <param name="Read">Returns the values of a response that are known at a moment. Throws a
/// <see cref="FormatException"/> that names what is wrong with the response.</param>
public sealed record HttpSource(
    string Name,
    IReadOnlyList<Signal> Signals,
    Uri Url,
    TimeSpan Interval,
    TimeSpan TimeToLive,
    Func<JsonElement, Instant, IReadOnlyList<SourceReading>> Read
)
{
    /// <summary>
    /// Returns until when a value of a given time can be used, for sources that pause by a
    /// calendar; null if <see cref="TimeToLive"/> is sufficient.
    /// </summary>
    public Func<Instant, Instant>? GoodUntil { get; init; }

    /// <summary>The key that requests carry; null for sources without keys.</summary>
    public Credential? Credential { get; init; }

    /// <summary>
    /// Returns what each request at a moment appends to the query, for sources that require a time
    /// range; null for other sources.
    /// </summary>
    public Func<Instant, string>? QueryAt { get; init; }

    /// <summary>
    /// Converts a body to JSON or throws a <see cref="FormatException"/>; for sources with another
    /// format.
    /// </summary>
    public Func<byte[], JsonElement>? Decode { get; init; }

    /// <summary>
    /// The name of the source that this one is a fallback for; null for a source that is not a
    /// fallback.
    /// </summary>
    public string? FallbackFor { get; init; }

    internal Observation Observe(in SourceReading reading, Instant knowableAt)
    {
        var timeToLive = TimeToLive;
        if (GoodUntil?.Invoke(reading.HeldAt) is { } end)
            timeToLive = end > knowableAt ? end - knowableAt : TimeSpan.Zero;
        return new(reading.Signal, reading.Base, reading.Value, reading.HeldAt, knowableAt, timeToLive, Name);
    }
}

/// <summary>
/// The source of the US dollar index. The two indices differ, so this is a choice and not a
/// fallback.
/// </summary>
public enum DollarSource
{
    /// <summary>ICE's index of six currencies, from Yahoo, by the minute.</summary>
    Yahoo,

    /// <summary>
    /// The Federal Reserve's broad index, from FRED: daily values, published once a week.
    /// </summary>
    Fred,
}

/// <summary>All HTTP sources.</summary>
public static class HttpSources
{
    /// <summary>All sources, one line each.</summary>
    public static IReadOnlyList<HttpSource> All { get; } =
    [
        Sentiment.FearGreed.Source,
        Macro.YahooChart.Vix,
        Macro.YahooChart.DollarIndex,
        Macro.YahooChart.EquityFuture,
        Macro.Fred.Dollar,
        OnChain.CoinGecko.Source,
        OnChain.CoinPaprika.Source,
        Derivatives.Deribit.Bitcoin,
        Derivatives.Deribit.Ether,
    ];

    /// <summary>
    /// Returns the sources as the service polls them: one of the two for the dollar, with keys if
    /// there are any, each followed by its fallbacks.
    /// </summary>
    public static IEnumerable<IReadOnlyList<HttpSource>> Chains(DollarSource dollar, SourceKeys keys)
    {
        var unchosen = dollar == DollarSource.Fred ? Macro.YahooChart.DollarIndex : Macro.Fred.Dollar;
        return from source in All
            where source.FallbackFor is null && source != unchosen
            select (IReadOnlyList<HttpSource>)
                [
                    .. All.Where(other => other.FallbackFor == source.Name)
                        .Prepend(source)
                        .Select(link => WithKey(link, keys)),
                ];
    }

    /// <summary>Returns the source as it is requested with these keys.</summary>
    public static HttpSource WithKey(HttpSource source, SourceKeys keys) =>
        source == Macro.Fred.Dollar && keys.Fred is { } key ? Macro.Fred.ByKey(key) : source;
}
