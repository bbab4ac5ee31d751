namespace Remora.Markets;

/// <summary>One outside value, with the two times that matter and how long it may be relied on.</summary>
/// <param name="Signal">What was observed.</param>
/// <param name="Base">The base currency it is about (<c>BTC</c>); null for the whole market.</param>
/// <param name="Value">The value in the signal's unit; finite.</param>
/// <param name="HeldAt">The time the value describes.</param>
/// <param name="KnowableAt">When anyone could first have known it; events are ordered by this. Never before <paramref name="HeldAt"/>.</param>
/// <param name="TimeToLive">How long after <paramref name="KnowableAt"/> it may be used; then it is missing.</param>
/// <param name="Source">Who said so: <c>alternative.me</c>.</param>
public sealed record Observation(
    Signal Signal, string? Base, double Value, Instant HeldAt, Instant KnowableAt, TimeSpan TimeToLive, string Source)
{
    /// <summary>The first moment at which the value may no longer be used.</summary>
    public Instant ExpiresAt => KnowableAt + TimeToLive;
}
