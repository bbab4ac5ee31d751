using Remora.Markets;
using Remora.Risk;

namespace Remora.Bots.Webhooks;

/// <summary>Someone who is told of changes.</summary>
/// <param name="Url">Where they are posted.</param>
/// <param name="Secret">What they are signed with.</param>
public sealed record WebhookTarget(Uri Url, string Secret)
{
    /// <summary>Tell when <c>safe_to_trade</c> changes.</summary>
    public bool OfSafety { get; init; } = true;

    /// <summary>Tell when the regime changes.</summary>
    public bool OfRegime { get; init; } = true;

    /// <summary>Of which pairs; null for all.</summary>
    public IReadOnlySet<Pair>? Pairs { get; init; }

    /// <summary>Of which side.</summary>
    public Side Side { get; init; } = Side.Long;

    /// <summary>For one attempt.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an event is tried before it is given up.</summary>
    public int Attempts { get; init; } = 8;

    /// <summary>Whether this is of interest.</summary>
    public bool Wants(VerdictChange change) =>
        change.After.Side == Side && Pairs?.Contains(change.After.Pair) != false && ((OfSafety && change.IsOfSafety) || (OfRegime && change.IsOfRegime));

    /// <summary>Its address without a query, which may hold a key; never the secret.</summary>
    public override string ToString() => Url.GetLeftPart(UriPartial.Path);
}
