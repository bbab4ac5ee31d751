using System.Text.Json.Serialization;
using Remora.Forecasts;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>
/// Every threshold and weight of the model as immutable data, with an id that changes when any rule
/// changes. The defaults are the policy <c>remora-1</c>. <see cref="PolicyFile"/> reads it from
/// JSON; a missing field has its default, that of <c>remora-2</c> in a policy of this model.
/// </summary>
public sealed record RiskPolicy
{
    private Stamp? _stamp;

    /// <summary>
    /// The policy <c>remora-1</c>, whose fields a policy file has by default. What is used unless a
    /// policy is named is <see cref="BuiltInPolicies.Default"/>.
    /// </summary>
    public static RiskPolicy Default { get; } = new();

    /// <summary>
    /// The name by which callers select it: letters, digits, '-', '_' and '.', at most 64
    /// characters.
    /// </summary>
    public string Name { get; init; } = "remora-1";

    /// <summary>The purpose of the policy, in a sentence.</summary>
    public string Description { get; init; } = "Blocks on extreme fear, panic, extreme volatility, or a score of 0.80.";

    /// <summary>The model of the score: <c>remora-1</c> or <c>remora-2</c>.</summary>
    public string Model => Score == ScoreKind.ForecastPercentile ? ForecastCoefficients.Model : "remora-1";

    /// <summary>What the score is.</summary>
    public ScoreKind Score { get; init; }

    /// <summary>
    /// The horizon of the forecast whose percentile is the score; only with the score
    /// <c>forecast_percentile</c>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Horizon? Horizon { get; init; }

    /// <summary>
    /// The volatility over the next 24 hours that the position aims at; only with the score
    /// <c>forecast_percentile</c>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TargetVolatility? TargetVolatility { get; init; }

    /// <summary>
    /// A score of this or more blocks; only with the score <c>forecast_percentile</c>. A value
    /// above 1 never blocks.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BlockFrom { get; init; }

    /// <summary>Weights of the four measured parts of the score.</summary>
    public ScoreWeights Weights { get; init; } = new();

    /// <summary>How risky each regime is.</summary>
    public RegimeRisk RegimeRisk { get; init; } = new();

    /// <summary>
    /// For the short side: the regime whose risk and position size are used instead of the market's
    /// own.
    /// </summary>
    public MirroredRegime MirroredRegime { get; init; } = new();

    /// <summary>Thresholds of regimes, classes and hysteresis.</summary>
    public RegimeRules Regime { get; init; } = new();

    /// <summary>Contributions of outside values.</summary>
    public ExternalRules External { get; init; } = new();

    /// <summary>Thresholds of the flags.</summary>
    public FlagRules Flags { get; init; } = new();

    /// <summary>Lower bounds of the risk classes.</summary>
    public RiskClassBounds Classes { get; init; } = new();

    /// <summary>Rules that turn score and flags into the verdict.</summary>
    public DecisionRules Decision { get; init; } = new();

    /// <summary>
    /// The first twelve hex digits of the SHA-256 of the rules in canonical JSON, without name and
    /// description.
    /// </summary>
    public string Id
    {
        get
        {
            // A copy made by 'with' inherits the field but not the rules. The owner in the stamp
            // shows for which object the id was computed.
            if (_stamp is not { } stamp || !ReferenceEquals(stamp.Owner, this))
                _stamp = stamp = new(this, PolicyFile.Hash(this));
            return stamp.Id;
        }
    }

    /// <summary>
    /// Returns the regime whose risk and position size apply to a side: the market's own for long,
    /// the mirrored one for short; null while the regime is unknown.
    /// </summary>
    /// <param name="regime">The market's regime.</param>
    /// <param name="side">The side of the trade.</param>
    internal Regime? RegimeFor(Regime? regime, Side side) =>
        side == Side.Short && regime is { } known ? MirroredRegime.Of(known) : regime;

    /// <summary>Policies are equal when their rules are equal.</summary>
    public bool Equals(RiskPolicy? other) => other is not null && Id == other.Id;

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);

    /// <summary>Whether the score and the position come from the forecast.</summary>
    [JsonIgnore]
    internal bool IsFromForecast => Score == ScoreKind.ForecastPercentile;

    private sealed record Stamp(RiskPolicy Owner, string Id);
}

/// <summary>
/// Weights of the measured parts, each [0, 1]. The weights of outside values are in
/// <see cref="ExternalRules"/>.
/// </summary>
public sealed record ScoreWeights
{
    /// <summary>Weight of the volatility score.</summary>
    public double Volatility { get; init; } = 0.35;

    /// <summary>Weight of the regime's risk.</summary>
    public double Regime { get; init; } = 0.30;

    /// <summary>Weight of the strength of a trend against the trade.</summary>
    public double TrendStrength { get; init; } = 0.20;

    /// <summary>Weight of momentum against the trade.</summary>
    public double Momentum { get; init; } = 0.15;
}

/// <summary>Risk of each regime, [0, 1].</summary>
/// <param name="Bull">In a bull market.</param>
/// <param name="Sideways">In a sideways market.</param>
/// <param name="Bear">In a bear market.</param>
/// <param name="Choppy">In a choppy market.</param>
/// <param name="HighVol">At extreme volatility.</param>
/// <param name="Panic">In a panic.</param>
public sealed record RegimeRisk(
    double Bull = 0.2,
    double Sideways = 0.4,
    double Bear = 0.7,
    double Choppy = 0.8,
    double HighVol = 0.9,
    double Panic = 1.0
) : PerRegime<double>(Bull, Sideways, Bear, Choppy, HighVol, Panic);

/// <summary>
/// The regime that replaces each regime for a short trade: bull and bear are swapped, every other
/// regime stays the same.
/// </summary>
/// <param name="Bull">In a bull market.</param>
/// <param name="Sideways">In a sideways market.</param>
/// <param name="Bear">In a bear market.</param>
/// <param name="Choppy">In a choppy market.</param>
/// <param name="HighVol">At extreme volatility.</param>
/// <param name="Panic">In a panic.</param>
public sealed record MirroredRegime(
    Regime Bull = Regime.Bear,
    Regime Sideways = Regime.Sideways,
    Regime Bear = Regime.Bull,
    Regime Choppy = Regime.Choppy,
    Regime HighVol = Regime.HighVol,
    Regime Panic = Regime.Panic
) : PerRegime<Regime>(Bull, Sideways, Bear, Choppy, HighVol, Panic);

/// <summary>Thresholds of volatility classes, regimes, trend and momentum.</summary>
public sealed record RegimeRules
{
    /// <summary>Volatility is normal from this score on, [0, 1].</summary>
    public double NormalVolatility { get; init; } = 0.25;

    /// <summary>Volatility is high from this score on.</summary>
    public double HighVolatility { get; init; } = 0.75;

    /// <summary>Volatility is extreme from this score on.</summary>
    public double ExtremeVolatility { get; init; } = 0.95;

    /// <summary>A market without a trend is choppy from this volatility score on.</summary>
    public double ChoppyVolatility { get; init; } = 0.50;

    /// <summary>A trend exists from this ADX on, [0, 100].</summary>
    public double TrendAdx { get; init; } = 20;

    /// <summary>Extreme volatility is panic at this 24-hour return or below, a ratio.</summary>
    public double PanicDayReturn { get; init; } = -0.06;

    /// <summary>
    /// Extreme volatility is panic when the price falls by this many standard deviations in 12
    /// candles.
    /// </summary>
    public double PanicSigmas { get; init; } = 4;

    /// <summary>
    /// The number of closed candles that must agree before the regime changes. Panic applies at
    /// once.
    /// </summary>
    public int ConfirmCandles { get; init; } = 3;

    /// <summary>Momentum is bullish from this RSI on, while MACD agrees.</summary>
    public double BullishRsi { get; init; } = 55;

    /// <summary>Momentum is strongly bullish from this RSI on, while MACD agrees.</summary>
    public double StrongBullishRsi { get; init; } = 70;

    /// <summary>Momentum is bearish from this RSI downward, while MACD agrees.</summary>
    public double BearishRsi { get; init; } = 45;

    /// <summary>Momentum is strongly bearish from this RSI downward, while MACD agrees.</summary>
    public double StrongBearishRsi { get; init; } = 30;
}

/// <summary>Contributions of outside values to the score.</summary>
public sealed record ExternalRules
{
    /// <summary>The maximum contribution of all outside values together.</summary>
    public double Cap { get; init; } = 0.35;

    /// <summary>Fear, by the fear and greed index.</summary>
    public Ramp Fear { get; init; } = new(0.35, 25, 15);

    /// <summary>Greed, by the fear and greed index.</summary>
    public Ramp Greed { get; init; } = new(0.10, 85, 95);

    /// <summary>Funding, by the size of the 8-hour rate, positive or negative.</summary>
    public Ramp Funding { get; init; } = new(0.10, 0.0005, 0.0015);

    /// <summary>Equity volatility, by the VIX.</summary>
    public Ramp Vix { get; init; } = new(0.15, 25, 45);

    /// <summary>A rising dollar, by the 5-day change of its index, a ratio.</summary>
    public Ramp DollarIndex { get; init; } = new(0.05, 0.01, 0.03);

    /// <summary>
    /// Liquidations, by the last hour as a multiple of the 30-day 99th percentile.
    /// </summary>
    public Ramp Liquidations { get; init; } = new(0.15, 1, 2);

    /// <summary>Falling open interest, by its 24-hour change, a ratio.</summary>
    public Ramp OpenInterest { get; init; } = new(0.05, -0.10, -0.25);

    /// <summary>Bad news, by the sentiment in [-1, 1].</summary>
    public Ramp NewsSentiment { get; init; } = new(0.15, -0.3, -0.8);

    /// <summary>
    /// Rising Bitcoin dominance, by its 7-day change in percentage points. Applies to all
    /// currencies except Bitcoin.
    /// </summary>
    public Ramp BtcDominance { get; init; } = new(0.05, 2, 5);
}

/// <summary>Thresholds of the flags.</summary>
public sealed record FlagRules
{
    /// <summary>flag_extreme_fear at this index or below.</summary>
    public double ExtremeFear { get; init; } = 15;

    /// <summary>flag_extreme_greed at this index or above.</summary>
    public double ExtremeGreed { get; init; } = 85;

    /// <summary>flag_funding_extreme at an 8-hour rate of this size or more.</summary>
    public double FundingExtreme { get; init; } = 0.001;

    /// <summary>
    /// flag_liquidation_cascade at this multiple of the 30-day 99th percentile or more.
    /// </summary>
    public double LiquidationCascade { get; init; } = 1;

    /// <summary>flag_negative_news at this sentiment or below.</summary>
    public double NegativeNews { get; init; } = -0.5;

    /// <summary>flag_macro_stress at this VIX or above.</summary>
    public double MacroStress { get; init; } = 30;

    /// <summary>
    /// flag_bear_market when the close is this far below the 200-day average, a ratio, or when
    /// daily candles are bearish.
    /// </summary>
    public double BearMarketDistance { get; init; } = 0.20;
}

/// <summary>Lower bounds of the risk classes above very_low, ascending.</summary>
public sealed record RiskClassBounds
{
    /// <summary>The lower bound of low.</summary>
    public double Low { get; init; } = 0.20;

    /// <summary>The lower bound of medium.</summary>
    public double Medium { get; init; } = 0.40;

    /// <summary>The lower bound of high.</summary>
    public double High { get; init; } = 0.55;

    /// <summary>The lower bound of very_high.</summary>
    public double VeryHigh { get; init; } = 0.70;
}

/// <summary>Rules that turn score and flags into the verdict.</summary>
public sealed record DecisionRules
{
    /// <summary>The flags that block, without duplicates.</summary>
    public IReadOnlyList<RiskFlag> BlockingFlags { get; init; } = FlagTable.BlockingByDefault;

    /// <summary>
    /// The regimes that block both sides while they last, without duplicates. For panic there is a
    /// flag. The regime high_vol lasts longer than its flag by the candles that confirm a change.
    /// </summary>
    public IReadOnlyList<Regime> BlockingRegimes { get; init; } = [];

    /// <summary>A score of this or more blocks.</summary>
    public double BlockingScore { get; init; } = 0.80;

    /// <summary>A score of this or more gives the recommendation caution.</summary>
    public double CautionScore { get; init; } = 0.50;

    /// <summary>The position is full up to this score.</summary>
    public double FullPositionScore { get; init; } = 0.30;

    /// <summary>The part of a position at the blocking score.</summary>
    public double SmallestPosition { get; init; } = 0.25;

    /// <summary>The part of that position to take in each regime.</summary>
    public RegimePosition RegimePosition { get; init; } = new();

    /// <summary>The action when the candles are stale.</summary>
    public OnStale OnStale { get; init; } = OnStale.Allow;

    /// <summary>
    /// The outside signals without whose fresh value entries are blocked, without duplicates. The
    /// other signals can be stale or missing; they then contribute nothing.
    /// </summary>
    public IReadOnlyList<Markets.Signal> BlockWithout { get; init; } = [];
}

/// <summary>
/// The part of a position to take in each regime, [0, 1]. It multiplies the part that the score
/// gives.
/// </summary>
/// <param name="Bull">In a bull market.</param>
/// <param name="Sideways">In a sideways market.</param>
/// <param name="Bear">In a bear market.</param>
/// <param name="Choppy">In a choppy market.</param>
/// <param name="HighVol">At extreme volatility.</param>
/// <param name="Panic">In a panic.</param>
public sealed record RegimePosition(
    double Bull = 1,
    double Sideways = 1,
    double Bear = 1,
    double Choppy = 1,
    double HighVol = 1,
    double Panic = 1
) : PerRegime<double>(Bull, Sideways, Bear, Choppy, HighVol, Panic);

/// <summary>The action of a policy when its data is stale.</summary>
public enum OnStale
{
    /// <summary>
    /// Stale data does not block. The last verdict stays in force until its data is twelve
    /// timeframes old. After that, candles no longer block.
    /// </summary>
    Allow,

    /// <summary>Stale data blocks, from an age of two timeframes on.</summary>
    Block,
}
