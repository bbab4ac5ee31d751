using Remora.Markets;
using Remora.Risk;

namespace Remora.Bots.Webhooks;

/// <summary>A receiver of changes.</summary>
/// <param name="Url">The URL to which events are posted.</param>
/// <param name="Secret">The secret that signs them.</param>
public sealed record WebhookTarget(Uri Url, string Secret)
{
    /// <summary>Whether to send changes of <c>safe_to_trade</c>.</summary>
    public bool SendsSafetyChanges { get; init; } = true;

    /// <summary>Whether to send changes of the regime.</summary>
    public bool SendsRegimeChanges { get; init; } = true;

    /// <summary>The pairs whose changes are sent; null for all.</summary>
    public IReadOnlySet<Pair>? Pairs { get; init; }

    /// <summary>The side whose changes are sent.</summary>
    public Side Side { get; init; } = Side.Long;

    /// <summary>The timeout of one attempt.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The maximum number of attempts for one event.</summary>
    public int Attempts { get; init; } = 8;

    /// <summary>Whether a change is sent to this receiver.</summary>
    public bool Accepts(VerdictChange change) =>
        change.After.Side == Side
        && Pairs?.Contains(change.After.Pair) != false
        && ((SendsSafetyChanges && change.IsSafetyChange) || (SendsRegimeChanges && change.IsRegimeChange));

    /// <summary>
    /// Returns the address without its query, which may hold a key, and without the secret.
    /// </summary>
    public override string ToString() => Url.GetLeftPart(UriPartial.Path);
}
