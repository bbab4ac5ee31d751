using System.Security.Cryptography;
using System.Text.Json;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Bots.Webhooks;

/// <summary>What is posted to the receiver of a webhook.</summary>
/// <param name="Id">The same whenever the same event is sent again, so that a receiver can
/// recognize it.</param>
/// <param name="Event"><c>change</c>, or <c>test</c>.</param>
/// <param name="Changed">What has changed: <c>safe_to_trade</c>, <c>regime</c> or both.</param>
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

    /// <summary>Reads an event as it was received, also if its JSON was formatted anew.</summary>
    /// <exception cref="FormatException">It is no event, or its content is not the one that its id
    /// was made of.</exception>
    public static WebhookEvent Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var read =
                JsonSerializer.Deserialize(json, BotsJson.Shared.WebhookEvent)
                ?? throw new FormatException("the event is null");
            return Identified(read with { Id = "" }).Id == read.Id
                ? read
                : throw new FormatException("the event was changed: its id is not that of its content");
        }
        catch (JsonException e)
        {
            throw new FormatException($"not an event of a webhook (line {e.LineNumber + 1}, {e.Path})", e);
        }
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
/// <param name="BlockedBy">What blocks, by the names that <c>/risk</c> uses.</param>
/// <param name="AsOf">Close of the last candle used; null before the first.</param>
/// <param name="Proof">What it was computed from; null in a test.</param>
public sealed record WebhookState(
    bool SafeToTrade,
    Regime? Regime,
    double RiskScore,
    IReadOnlyList<string> BlockedBy,
    Instant? AsOf,
    WebhookProof? Proof = null
)
{
    internal static WebhookState Of(PairVerdict verdict) =>
        new(
            verdict.SafeToTrade,
            verdict.Regime,
            verdict.RiskScore,
            verdict.BlockedBy,
            verdict.AsOf,
            verdict.Assessment is { } assessment ? WebhookProof.Of(assessment) : null
        );
}

/// <summary>What a verdict was computed from, so that it can be computed again.</summary>
/// <param name="Exchange">The CCXT id of the exchange.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Policy">The name of the policy.</param>
/// <param name="PolicyId">The id of the policy.</param>
/// <param name="AssessedAt">The moment of the verdict.</param>
/// <param name="Signals">The signals with a source.</param>
/// <param name="Coefficients">The coefficients of the forecast; null without one.</param>
/// <param name="NoForecast">Why there is no forecast; null if there is one.</param>
/// <param name="Inputs">The candles; null before the first.</param>
public sealed record WebhookProof(
    string Exchange,
    Timeframe Timeframe,
    string Policy,
    string PolicyId,
    Instant AssessedAt,
    IReadOnlyList<Signal> Signals,
    string? Coefficients,
    NoForecast? NoForecast,
    AssessmentInputs? Inputs
)
{
    internal static WebhookProof Of(Assessment assessment) =>
        new(
            assessment.Exchange,
            assessment.Timeframe,
            assessment.Policy,
            assessment.PolicyId,
            assessment.AssessedAt,
            [.. Enum.GetValues<Signal>().Where(signal => assessment.Sources.ContainsKey(RemoraJson.NameOf(signal)))],
            assessment.Forecast?.Coefficients,
            assessment.NoForecast,
            assessment.Inputs
        );
}
