using System.Security.Cryptography;
using System.Text.Json;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Bots.Webhooks;

/// <summary>What is posted.</summary>
/// <param name="Id">The same whenever the same event is sent again, so that a receiver can tell.</param>
/// <param name="Event"><c>change</c>, or <c>test</c>.</param>
/// <param name="Changed">What did: <c>safe_to_trade</c>, <c>regime</c>.</param>
/// <param name="Pair">The pair.</param>
/// <param name="Side">The side.</param>
/// <param name="At">When it was noticed.</param>
/// <param name="Before">How it was; null when nothing was known before, as after a start.</param>
/// <param name="After">How it is.</param>
internal sealed record WebhookEvent(string Id, string Event, IReadOnlyList<string> Changed, Pair Pair, Side Side, Instant At, WebhookState? Before, WebhookState After)
{
    public static WebhookEvent Of(VerdictChange change, Instant at)
    {
        var changed = new List<string>(2);
        if (change.IsOfSafety) changed.Add("safe_to_trade");
        if (change.IsOfRegime) changed.Add("regime");
        return Identified(new("", "change", changed, change.After.Pair, change.After.Side, at, change.Before is { } before ? WebhookState.Of(before) : null, WebhookState.Of(change.After)));
    }

    /// <summary>An event that says nothing of any market.</summary>
    public static WebhookEvent Test(Instant at)
    {
        var state = new WebhookState(true, Regime.Bull, 0.2, [], at);
        return Identified(new("", "test", ["safe_to_trade"], Pair.Parse("BTC/USDT"), Side.Long, at, state, state with { SafeToTrade = false, RiskScore = 0.9, BlockedBy = ["risk_score"] }));
    }

    public byte[] Render() => JsonSerializer.SerializeToUtf8Bytes(this, RemoraJson.Options);

    private static WebhookEvent Identified(WebhookEvent nameless) =>
        nameless with { Id = "evt_" + Convert.ToHexStringLower(SHA256.HashData(nameless.Render()).AsSpan(0, 12)) };
}

/// <summary>How it was, or is.</summary>
internal sealed record WebhookState(bool SafeToTrade, Regime? Regime, double RiskScore, IReadOnlyList<string> BlockedBy, Instant? AsOf)
{
    public static WebhookState Of(Verdict verdict) => new(verdict.SafeToTrade, verdict.Regime, verdict.RiskScore, verdict.BlockedBy, verdict.AsOf);
}
