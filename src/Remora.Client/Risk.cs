using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>
/// Is it safe to trade now? What is not known is null. Names such as <see cref="Regime"/> are texts, so that a value this version has never heard of gets through;
/// fields it has never heard of are in <see cref="More"/>.
/// </summary>
public sealed record Risk
{
    /// <summary>The pair, such as <c>BTC/USDT</c>; null for the whole market.</summary>
    public string? Pair { get; init; }

    /// <summary>Whether to enter: what the service said, or, where <see cref="Answered"/> is false, what <see cref="OnError"/> says.</summary>
    [JsonRequired]
    public bool SafeToTrade { get; init; }

    /// <summary>Whether the service said it; false as well where it knows nothing of the market and <see cref="OnError"/> decided otherwise.</summary>
    [JsonIgnore]
    public bool Answered { get; init; } = true;

    /// <summary>Why there is no answer; null when there is one.</summary>
    [JsonIgnore]
    public string? Error { get; init; }

    /// <summary><c>entry_ok</c>, <c>caution</c> or <c>no_entry</c>.</summary>
    public string? Recommendation { get; init; }

    /// <summary>[0, 1], higher is riskier.</summary>
    public double? RiskScore { get; init; }

    /// <summary>The score in words.</summary>
    public string? RiskClass { get; init; }

    /// <summary>How sure this is, [0, 1].</summary>
    public double? RiskConfidence { get; init; }

    /// <summary>The part of a position to take, [0, 1].</summary>
    public double? PositionScale { get; init; }

    /// <summary>What blocked.</summary>
    public IReadOnlyList<string> BlockedBy { get; init; } = [];

    /// <summary>Why, in sentences, the deciding one first.</summary>
    public IReadOnlyList<string> Reasoning { get; init; } = [];

    /// <summary>The regime, such as <c>bull</c>.</summary>
    public string? Regime { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset? RegimeSince { get; init; }

    /// <summary>Volatility score, [0, 1].</summary>
    public double? Volatility { get; init; }

    /// <summary>The volatility score in words.</summary>
    public string? VolatilityClassification { get; init; }

    /// <summary>Direction of the trend.</summary>
    public string? TrendClassification { get; init; }

    /// <summary>Momentum.</summary>
    public string? MomentumClassification { get; init; }

    /// <summary>The addends of the score by name; together they are the score.</summary>
    public IReadOnlyDictionary<string, double?>? RiskBreakdown { get; init; }

    /// <summary>Flags by name (<c>flag_panic</c>), raised or not.</summary>
    public IReadOnlyDictionary<string, JsonElement>? EventFlags { get; init; }

    /// <summary>Fear and greed index, 0 to 100.</summary>
    public double? FearGreedIndex { get; init; }

    /// <summary>Bitcoin dominance in percent.</summary>
    public double? BtcDominance { get; init; }

    /// <summary>Funding rate per 8 hours, a ratio.</summary>
    public double? FundingRate { get; init; }

    /// <summary>VIX in points.</summary>
    public double? Vix { get; init; }

    /// <summary>Dollar index in points.</summary>
    public double? Dxy { get; init; }

    /// <summary>CCXT's id of the exchange.</summary>
    public string? Exchange { get; init; }

    /// <summary>The base timeframe, such as <c>5m</c>.</summary>
    public string? Timeframe { get; init; }

    /// <summary>The side that was asked about: <c>long</c> or <c>short</c>.</summary>
    public string? Side { get; init; }

    /// <summary>Close of the last candle used.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Age of that candle when the service answered.</summary>
    public double? AgeSeconds { get; init; }

    /// <summary>Whether that is too old.</summary>
    public bool? Stale { get; init; }

    /// <summary>
    /// Whether the assessment can be relied on: <c>ok</c>, <c>warming_up</c>, <c>stale</c> or <c>unknown</c>; null from a service that does not say. Where nothing is known of the
    /// market's present, entries follow <see cref="OnError"/>, unless the service itself says that they are not safe.
    /// </summary>
    public string? State { get; init; }

    /// <summary>Name of the policy.</summary>
    public string? Policy { get; init; }

    /// <summary>Version of the model.</summary>
    public string? Model { get; init; }

    /// <summary>Everything else the service said.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; init; }

    /// <summary>Whether the service would let a trade be entered without knowing anything of the market's present.</summary>
    [JsonIgnore]
    internal bool IsBlind => SafeToTrade && State == "unknown";

    /// <summary>One line for a log.</summary>
    [JsonIgnore]
    public string Why => Error ?? (BlockedBy.Count, Reasoning.Count) switch
    {
        (0, 0) => "",
        (0, _) => Reasoning[0],
        (_, 0) => string.Join(", ", BlockedBy),
        _ => $"{string.Join(", ", BlockedBy)}: {Reasoning[0]}",
    };
}
