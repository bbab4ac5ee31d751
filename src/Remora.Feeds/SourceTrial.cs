using Remora.Feeds.Http;

namespace Remora.Feeds;

/// <summary>What came of asking a source once.</summary>
/// <param name="Asked">What was asked: an address, or an exchange and what of it.</param>
/// <param name="Raw">What came; empty where nothing did.</param>
/// <param name="Readings">What is read from it.</param>
/// <param name="Error">Why nothing is; null when something is.</param>
/// <param name="Took">How long the answer took.</param>
public sealed record SourceTrial(string Asked, string Raw, IReadOnlyList<Reading> Readings, FeedError? Error, TimeSpan Took);
