using System.Security.Cryptography;
using System.Text.Json;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Bots.Webhooks;

/// <summary>Detail is posted to the receiver of a webhook.</summary>
/// <param name="Id">The same whenever the same event is sent again, so that a receiver can
/// recognize it.</param>
/// <param name="Event"><c>change</c>, or <c>test</c>.</param>
/// <param name="Changed">Detail has changed: <c>safe_to_trade</c>, <c>regime</c> or both.</param>
/// <param name="Pair">The pair.</param>
/// <param name="Side">The side.</param>
/// <param name="At">When the change was detected.</param>
/// <param name="Before">The previous verdict; null for the first one, as after a start.</param>
/// <param name="After">The new verdict.</param>
public sealed record WebhookEvent(
    string Id,
    string Event,
    IReadOnlyList<string> Changed,
    Pair Pair,
    Side Side,
    Instant At,
    WebhookState? Before,
    WebhookState After
)
{
    internal static WebhookEvent Of(VerdictChange change, Instant at)
    {
        var changed = new List<string>(2);
        if (change.IsSafetyChange)
            changed.Add("safe_to_trade");
        if (change.IsRegimeChange)
            changed.Add("regime");
        return Identified(
            new(
                "",
                "change",
                changed,
                change.After.Pair,
                change.After.Side,
                at,
                change.Before is { } before ? WebhookState.Of(before) : null,
                WebhookState.Of(change.After)
            )
        );
    }

    /// <summary>Creates an event that contains no market data.</summary>
    internal static WebhookEvent Test(Instant at)
    {
        var state = new WebhookState(true, Regime.Bull, 0.2, [], at);
        return Identified(
            new(
                "",
                "test",
                ["safe_to_trade"],
                Pair.Parse("BTC/USDT"),
                Side.Long,
                at,
                state,
                state with
                {
                    SafeToTrade = false,
                    RiskScore = 0.9,
                    BlockedBy = ["risk_score"],
                }
            )
        );
    }

    internal byte[] Render() => JsonSerializer.SerializeToUtf8Bytes(this, BotsJson.Shared.WebhookEvent);

    private static WebhookEvent Identified(WebhookEvent unidentified) =>
        unidentified with
        {
            Id = "evt_" + Convert.ToHexStringLower(SHA256.HashData(unidentified.Render()).AsSpan(0, 12)),
        };
}

/// <summary>A verdict in a webhook.</summary>
/// <param name="SafeToTrade">False when something blocks entries.</param>
/// <param name="Regime">The regime; null while unknown.</param>
/// <param name="RiskScore">[0, 1], higher is riskier; NaN while unknown.</param>
/// <param name="BlockedBy">Detail blocks, by the names that <c>/risk</c> uses.</param>
/// <param name="AsOf">Close of the last candle used; null before the first.</param>
public sealed record WebhookState(
    bool SafeToTrade,
    Regime? Regime,
    double RiskScore,
    IReadOnlyList<string> BlockedBy,
    Instant? AsOf
)
{
    internal static WebhookState Of(PairVerdict verdict) =>
        new(verdict.SafeToTrade, verdict.Regime, verdict.RiskScore, verdict.BlockedBy, verdict.AsOf);
}
