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
public readonly record struct Reading(Signal Signal, string? Base, double Value, Instant HeldAt, bool IsLive = false);

/// <summary>
/// An outside source that answers JSON over HTTP. Everything that is peculiar to it is said here; asking, waiting, deadlines, limits and health are
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

    internal Observation Observe(in Reading reading, Instant knowableAt)
    {
        var timeToLive = TimeToLive;
        if (GoodUntil?.Invoke(reading.HeldAt) is { } end) timeToLive = end > knowableAt ? end - knowableAt : TimeSpan.Zero;
        return new(reading.Signal, reading.Base, reading.Value, reading.HeldAt, knowableAt, timeToLive, Name);
    }
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
        OnChain.CoinGecko.Source,
    ];
}
