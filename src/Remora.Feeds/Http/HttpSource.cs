using System.Text.Json;
using Remora.Feeds.Keys;
using Remora.Markets;

namespace Remora.Feeds.Http;

/// <summary>One value as a source tells it.</summary>
/// <param name="Signal">What it is.</param>
/// <param name="Base">The base currency it is about; null for the whole market.</param>
/// <param name="Value">The value.</param>
/// <param name="HeldAt">The time it describes.</param>
/// <param name="IsLive">Whether it is a passing state rather than a published value: then it was knowable when it was seen, and never before.</param>
/// <param name="PublishedAt">When it was published at the latest, where that is after <paramref name="HeldAt"/>; null where the two are the same.</param>
public readonly record struct Reading(Signal Signal, string? Base, double Value, Instant HeldAt, bool IsLive = false, Instant? PublishedAt = null)
{
    /// <summary>When a value that was there before anyone looked was knowable.</summary>
    internal Instant KnownBefore(Instant now) => IsLive || PublishedAt > now ? now : PublishedAt ?? HeldAt;
}

/// <summary>
/// An outside source that answers over HTTP, in JSON or in what can be turned into it. Everything that is peculiar to it is said here; asking, waiting, deadlines, limits and health are
/// <see cref="HttpSourceFeed"/>'s. A new source is one file with one of these, and its line in <see cref="HttpSources"/>.
/// </summary>
/// <param name="Name">Its name: <c>alternative.me</c>.</param>
/// <param name="Signals">What it tells.</param>
/// <param name="Url">What to ask.</param>
/// <param name="Interval">How often.</param>
/// <param name="TimeToLive">How long a value may be relied on after it was knowable.</param>
/// <param name="Read">Gives the values of an answer that are known at a moment, or throws <see cref="FormatException"/> with what is wrong with it.</param>
public sealed record HttpSource(
    string Name, IReadOnlyList<Signal> Signals, Uri Url, TimeSpan Interval, TimeSpan TimeToLive, Func<JsonElement, Instant, IReadOnlyList<Reading>> Read)
{
    /// <summary>Until when a value that held at a moment may be relied on, for sources that pause by a calendar; null where <see cref="TimeToLive"/> says all.</summary>
    public Func<Instant, Instant>? GoodUntil { get; init; }

    /// <summary>The key it is asked with; null for sources that want none.</summary>
    public Credential? Credential { get; init; }

    /// <summary>What is added to the query of each request at a moment, for sources that want to be told of which time; null for those that do not.</summary>
    public Func<Instant, string>? QueryAt { get; init; }

    /// <summary>Makes JSON of a body, or throws <see cref="FormatException"/>; for sources that speak something else.</summary>
    public Func<byte[], JsonElement>? Decode { get; init; }

    /// <summary>The name of the source in whose place this one is asked, while that fails or says nothing new; null for one that stands for itself.</summary>
    public string? StandsInFor { get; init; }

    internal Observation Observe(in Reading reading, Instant knowableAt)
    {
        var timeToLive = TimeToLive;
        if (GoodUntil?.Invoke(reading.HeldAt) is { } end) timeToLive = end > knowableAt ? end - knowableAt : TimeSpan.Zero;
        return new(reading.Signal, reading.Base, reading.Value, reading.HeldAt, knowableAt, timeToLive, Name);
    }
}

/// <summary>Who tells the dollar's index: two indices that differ, so it is a choice and not a fallback.</summary>
public enum DollarSource
{
    /// <summary>ICE's index of six currencies, from Yahoo: by the minute.</summary>
    Yahoo,

    /// <summary>The Federal Reserve's broad index, from FRED: daily values, published once a week.</summary>
    Fred,
}

/// <summary>All sources of this kind.</summary>
public static class HttpSources
{
    /// <summary>One line each.</summary>
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

    /// <summary>The sources as a service asks them: one of the two for the dollar, with keys where there are any, each followed by those that stand in for it.</summary>
    public static IEnumerable<IReadOnlyList<HttpSource>> Chains(DollarSource dollar, ApiKeys keys)
    {
        var unchosen = dollar == DollarSource.Fred ? Macro.YahooChart.DollarIndex : Macro.Fred.Dollar;
        return from source in All
               where source.StandsInFor is null && source != unchosen
               select (IReadOnlyList<HttpSource>)[.. All.Where(other => other.StandsInFor == source.Name).Prepend(source).Select(link => WithKey(link, keys))];
    }

    /// <summary>The source as it is asked by someone who has these keys.</summary>
    public static HttpSource WithKey(HttpSource source, ApiKeys keys) => source == Macro.Fred.Dollar && keys.Fred is { } key ? Macro.Fred.ByKey(key) : source;
}
