using System.Diagnostics;
using Remora.Feeds.Http;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>The result of one request to a source.</summary>
/// <param name="Requested">What was requested: a URL, or an exchange and its data.</param>
/// <param name="Raw">The response; empty if there was none.</param>
/// <param name="Readings">The values that were read from it.</param>
/// <param name="Error">Why no value was read; null if one was.</param>
/// <param name="Took">The duration of the response.</param>
public sealed record SourceTrial(
    string Requested,
    string Raw,
    IReadOnlyList<SourceReading> Readings,
    FeedError? Error,
    TimeSpan Took
)
{
    /// <summary>Sends one request. An expected failure becomes the result's error.</summary>
    /// <param name="requested">What is requested.</param>
    /// <param name="origin">The part of the source, to name in an error; null for the source
    /// itself.</param>
    /// <param name="now">Returns the time of the feed's clock.</param>
    /// <param name="send">Sends the request, passes on each part of the response, and returns its
    /// values.</param>
    internal static async Task<SourceTrial> RunAsync(
        string requested,
        string? origin,
        Func<Instant> now,
        Func<Action<string>, Task<IReadOnlyList<SourceReading>>> send
    )
    {
        var raw = "";
        // Measures real time, independent of the feed's clock.
        var started = Stopwatch.GetTimestamp();
        try
        {
            var readings = await send(part => raw += part);
            return new(requested, raw, readings, null, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception e) when (SourceException.Of(e) is { } failure)
        {
            var message = origin is null ? failure.Message : $"{origin}: {failure.Message}";
            return new(requested, raw, [], new(failure.Kind, message, now()), Stopwatch.GetElapsedTime(started));
        }
    }
}
