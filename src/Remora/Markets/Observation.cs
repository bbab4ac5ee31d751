namespace Remora.Markets;

/// <summary>
/// One outside value, with the time it describes, when it became knowable, and how long it is
/// valid.
/// </summary>
/// <param name="Signal">The signal.</param>
/// <param name="Base">The base currency of the value (<c>BTC</c>); null for the whole
/// market.</param>
/// <param name="Value">The value in the signal's unit; finite.</param>
/// <param name="HeldAt">The time the value describes.</param>
/// <param name="KnowableAt">The first moment at which anyone could use the value; events are
/// ordered by it. Never before <paramref name="HeldAt"/>.</param>
/// <param name="TimeToLive">How long after <paramref name="KnowableAt"/> the value can be used.
/// After that it counts as missing.</param>
/// <param name="Source">The source of the value: <c>alternative.me</c>.</param>
public sealed record Observation(
    Signal Signal,
    string? Base,
    double Value,
    Instant HeldAt,
    Instant KnowableAt,
    TimeSpan TimeToLive,
    string Source
)
{
    /// <summary>The first moment at which the value can no longer be used.</summary>
    public Instant ExpiresAt => KnowableAt + TimeToLive;
}
