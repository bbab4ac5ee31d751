using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>
/// The assessment of an entry. Unknown values are null. Names such as <see cref="Regime"/> are
/// strings, so that values of later versions are accepted. Unknown fields are in
/// <see cref="More"/>.
/// </summary>
public sealed record Risk
{
    /// <summary>The pair, such as <c>BTC/USDT</c>; null for the whole market.</summary>
    public string? Pair { get; init; }

    /// <summary>
    /// Whether to enter: the service's answer, or the result of <see cref="OnError"/> when
    /// <see cref="Answered"/> is false.
    /// </summary>
    [JsonRequired]
    public bool SafeToTrade { get; init; }

    /// <summary>
    /// Whether the service gave the answer. False as well when the service has no market data and
    /// <see cref="OnError"/> decided otherwise.
    /// </summary>
    [JsonIgnore]
    public bool Answered { get; init; } = true;

    /// <summary>Why there is no answer; null when there is one.</summary>
    [JsonIgnore]
    public string? Error { get; init; }

    /// <summary><c>entry_ok</c>, <c>caution</c> or <c>no_entry</c>.</summary>
    public string? Recommendation { get; init; }

    /// <summary>The risk score, [0, 1]; higher is riskier.</summary>
    public double? RiskScore { get; init; }

    /// <summary>The score in words.</summary>
    public string? RiskClass { get; init; }

    /// <summary>The confidence of the assessment, [0, 1].</summary>
    public double? RiskConfidence { get; init; }

    /// <summary>The part of the usual position to take, [0, 1].</summary>
    public double? PositionScale { get; init; }

    /// <summary>The reasons that block entries.</summary>
    public IReadOnlyList<string> BlockedBy { get; init; } = [];

    /// <summary>The reasons as sentences, the deciding one first.</summary>
    public IReadOnlyList<string> Reasoning { get; init; } = [];

    /// <summary>The regime, such as <c>bull</c>.</summary>
    public string? Regime { get; init; }

    /// <summary>When the regime began.</summary>
    public DateTimeOffset? RegimeSince { get; init; }

    /// <summary>Volatility score, [0, 1].</summary>
    public double? Volatility { get; init; }

    /// <summary>The volatility score in words.</summary>
    public string? VolatilityClassification { get; init; }

    /// <summary>Direction of the trend.</summary>
    public string? TrendClassification { get; init; }

    /// <summary>Momentum.</summary>
    public string? MomentumClassification { get; init; }

    /// <summary>The parts of the score by name; their sum is the score.</summary>
    public IReadOnlyDictionary<string, double?>? RiskBreakdown { get; init; }

    /// <summary>Event flags by name (<c>flag_panic</c>), true or false.</summary>
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

    /// <summary>The CCXT id of the exchange.</summary>
    public string? Exchange { get; init; }

    /// <summary>The base timeframe, such as <c>5m</c>.</summary>
    public string? Timeframe { get; init; }

    /// <summary>The requested side: <c>long</c> or <c>short</c>.</summary>
    public string? Side { get; init; }

    /// <summary>Close of the last candle used.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Age of that candle in seconds when the service answered.</summary>
    public double? AgeSeconds { get; init; }

    /// <summary>Whether the last candle is too old.</summary>
    public bool? Stale { get; init; }

    /// <summary>
    /// Whether the assessment can be relied on: <c>ok</c>, <c>warming_up</c>, <c>stale</c> or
    /// <c>unknown</c>; null from a service that does not report it. Without current market data,
    /// entries follow <see cref="OnError"/>, unless the service itself blocks them.
    /// </summary>
    public string? State { get; init; }

    /// <summary>The name of the policy.</summary>
    public string? Policy { get; init; }

    /// <summary>The version of the model.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// How large the next moves will be; the same for every policy and side. Null when there is no
    /// forecast: <see cref="NoForecast"/> says why. Null as well for the whole market, and from a
    /// service without forecasts.
    /// </summary>
    public Forecast? Forecast { get; init; }

    /// <summary>
    /// Why there is no forecast: <c>warming_up</c>, <c>timeframe_too_long</c>, <c>no_movement</c>
    /// or <c>turned_off</c>; null when there is one.
    /// </summary>
    public string? NoForecast { get; init; }

    /// <summary>All other fields of the answer.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it

    /// <summary>Whether the answer allows entries without current market data.</summary>
    [JsonIgnore]
    internal bool LacksMarketData => SafeToTrade && State == "unknown";

    /// <summary>Returns the assessment as one line for a log.</summary>
    [JsonIgnore]
    public string Why =>
        Error
        ?? (BlockedBy.Count, Reasoning.Count) switch
        {
            (0, 0) => "",
            (0, _) => Reasoning[0],
            (_, 0) => string.Join(", ", BlockedBy),
            _ => $"{string.Join(", ", BlockedBy)}: {Reasoning[0]}",
        };
}
