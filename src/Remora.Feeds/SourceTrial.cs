using Remora.Feeds.Http;

namespace Remora.Feeds;

/// <summary>The result of one request to a source.</summary>
/// <param name="Asked">What was requested: a URL, or an exchange and its data.</param>
/// <param name="Raw">The response; empty if there was none.</param>
/// <param name="Readings">The values that were read from it.</param>
/// <param name="Error">Why no value was read; null if one was.</param>
/// <param name="Took">The duration of the response.</param>
public sealed record SourceTrial(string Asked, string Raw, IReadOnlyList<SourceReading> Readings, FeedError? Error, TimeSpan Took);
