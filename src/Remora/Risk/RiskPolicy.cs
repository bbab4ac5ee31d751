using Remora.Regimes;

namespace Remora.Risk;

/// <summary>
/// Every threshold and weight of the model: data, immutable, with an id that changes when any rule in it changes. The defaults are the policy <c>remora-1</c>.
/// Read from JSON by <see cref="PolicyFile"/>; what a file leaves out keeps its default.
/// </summary>
public sealed record RiskPolicy
{
    /// <summary>The model these rules belong to: the formulas that are not data.</summary>
    public const string ModelVersion = "remora-1";

    private Stamp? _stamp;

    /// <summary>The built-in policy.</summary>
    public static RiskPolicy Default { get; } = new();

    /// <summary>The name callers choose it by: letters, digits, '-', '_' and '.', at most 64.</summary>
    public string Name { get; init; } = "remora-1";

    /// <summary>What it is for, in a sentence.</summary>
    public string Description { get; init; } = "The default: blocks on extreme fear, panic, extreme volatility, or a score of 0.80.";

    /// <summary>Weights of the four measured parts of the score.</summary>
    public ScoreWeights Weights { get; init; } = new();

    /// <summary>How risky each regime is.</summary>
    public RegimeRisk RegimeRisk { get; init; } = new();

    /// <summary>For the short side: the regime whose risk and position size count in place of the market's own.</summary>
    public MirroredRegime MirroredRegime { get; init; } = new();

    /// <summary>Thresholds of regimes, classes and hysteresis.</summary>
    public RegimeRules Regime { get; init; } = new();

    /// <summary>What outside values contribute.</summary>
    public ExternalRules External { get; init; } = new();

    /// <summary>When each flag is raised.</summary>
    public FlagRules Flags { get; init; } = new();

    /// <summary>Lower bounds of the risk classes.</summary>
    public RiskClassBounds Classes { get; init; } = new();

    /// <summary>What becomes of score and flags.</summary>
    public DecisionRules Decision { get; init; } = new();

    /// <summary>The first twelve hex digits of the SHA-256 of its rules in canonical JSON; name and description do not count.</summary>
    public string Id
    {
        get
        {
            // A copy made by 'with' inherits the field but not the rules: the stamp says whose it is.
            if (_stamp is not { } stamp || !ReferenceEquals(stamp.Owner, this)) _stamp = stamp = new(this, PolicyFile.Hash(this));
            return stamp.Id;
        }
    }

    /// <summary>The regime whose risk and position size count for a side: the market's own for long, the mirrored one for short; null while the regime is unknown.</summary>
    /// <param name="regime">The market's regime.</param>
    /// <param name="side">The side of the trade.</param>
    internal Regime? RegimeFor(Regime? regime, Side side) => side == Side.Short && regime is { } known ? MirroredRegime.Of(known) : regime;

    /// <summary>Equal rules, equal policy.</summary>
    public bool Equals(RiskPolicy? other) => other is not null && Id == other.Id;

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);

    private sealed record Stamp(RiskPolicy Owner, string Id);
}

/// <summary>Weights of the measured parts, each [0, 1]; the outside part has its own in <see cref="ExternalRules"/>.</summary>
public sealed record ScoreWeights
{
    /// <summary>Weight of the volatility score.</summary>
    public double Volatility { get; init; } = 0.35;

    /// <summary>Weight of the regime's risk.</summary>
    public double Regime { get; init; } = 0.30;

    /// <summary>Weight of the trend's strength against the trade.</summary>
    public double TrendStrength { get; init; } = 0.20;

    /// <summary>Weight of momentum against the trade.</summary>
    public double Momentum { get; init; } = 0.15;
}

/// <summary>Risk of each regime, [0, 1].</summary>
public sealed record RegimeRisk : PerRegime<double>
{
    /// <summary>The risks of <c>remora-1</c>.</summary>
    public RegimeRisk() => (Bull, Sideways, Bear, Choppy, HighVol, Panic) = (0.2, 0.4, 0.7, 0.8, 0.9, 1.0);
}

/// <summary>The regime that each regime is for a short trade: bull and bear change places, every other regime is itself.</summary>
public sealed record MirroredRegime : PerRegime<Regime>
{
    /// <summary>The mirror of <c>remora-1</c>.</summary>
    public MirroredRegime() =>
        (Bull, Sideways, Bear, Choppy, HighVol, Panic) = (Regime.Bear, Regime.Sideways, Regime.Bull, Regime.Choppy, Regime.HighVol, Regime.Panic);
}

/// <summary>Thresholds of volatility classes, regimes, trend and momentum.</summary>
public sealed record RegimeRules
{
    /// <summary>Volatility is normal from here on, [0, 1].</summary>
    public double NormalVolatility { get; init; } = 0.25;

    /// <summary>Volatility is high from here on.</summary>
    public double HighVolatility { get; init; } = 0.75;

    /// <summary>Volatility is extreme from here on.</summary>
    public double ExtremeVolatility { get; init; } = 0.95;

    /// <summary>A market without a trend is choppy from this volatility score on.</summary>
    public double ChoppyVolatility { get; init; } = 0.50;

    /// <summary>There is a trend from this ADX on, [0, 100].</summary>
    public double TrendAdx { get; init; } = 20;

    /// <summary>Extreme volatility is panic at this 24-hour return or below, a ratio.</summary>
    public double PanicDayReturn { get; init; } = -0.06;

    /// <summary>Extreme volatility is panic when 12 candles fall by this many standard deviations.</summary>
    public double PanicSigmas { get; init; } = 4;

    /// <summary>How many closed candles must agree before the regime changes; panic needs none.</summary>
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

/// <summary>What outside values add to the score.</summary>
public sealed record ExternalRules
{
    /// <summary>All of them together add at most this.</summary>
    public double Cap { get; init; } = 0.35;

    /// <summary>Fear, over the fear and greed index.</summary>
    public Ramp Fear { get; init; } = new(0.35, 25, 15);

    /// <summary>Greed, over the same index.</summary>
    public Ramp Greed { get; init; } = new(0.10, 85, 95);

    /// <summary>Funding, over the size of the 8-hour rate, whichever its sign.</summary>
    public Ramp Funding { get; init; } = new(0.10, 0.0005, 0.0015);

    /// <summary>Equity volatility, over the VIX.</summary>
    public Ramp Vix { get; init; } = new(0.15, 25, 45);

    /// <summary>A rising dollar, over the 5-day change of its index, a ratio.</summary>
    public Ramp DollarIndex { get; init; } = new(0.05, 0.01, 0.03);

    /// <summary>Liquidations, over the last hour as a multiple of the 30-day 99th percentile.</summary>
    public Ramp Liquidations { get; init; } = new(0.15, 1, 2);

    /// <summary>Falling open interest, over its 24-hour change, a ratio.</summary>
    public Ramp OpenInterest { get; init; } = new(0.05, -0.10, -0.25);

    /// <summary>Bad news, over the sentiment in [-1, 1].</summary>
    public Ramp NewsSentiment { get; init; } = new(0.15, -0.3, -0.8);

    /// <summary>Rising Bitcoin dominance, over its 7-day change in percentage points; for other coins than Bitcoin.</summary>
    public Ramp BtcDominance { get; init; } = new(0.05, 2, 5);
}

/// <summary>When each flag is raised.</summary>
public sealed record FlagRules
{
    /// <summary>flag_extreme_fear at this index or below.</summary>
    public double ExtremeFear { get; init; } = 15;

    /// <summary>flag_extreme_greed at this index or above.</summary>
    public double ExtremeGreed { get; init; } = 85;

    /// <summary>flag_funding_extreme at an 8-hour rate of this size or more.</summary>
    public double FundingExtreme { get; init; } = 0.001;

    /// <summary>flag_liquidation_cascade at this multiple of the 30-day 99th percentile or more.</summary>
    public double LiquidationCascade { get; init; } = 1;

    /// <summary>flag_negative_news at this sentiment or below.</summary>
    public double NegativeNews { get; init; } = -0.5;

    /// <summary>flag_macro_stress at this VIX or above.</summary>
    public double MacroStress { get; init; } = 30;

    /// <summary>flag_bear_market when the close is this far below the 200-day average, a ratio; or when daily candles are bearish.</summary>
    public double BearMarketDistance { get; init; } = 0.20;
}

/// <summary>Lower bounds of the risk classes above very_low, ascending.</summary>
public sealed record RiskClassBounds
{
    /// <summary>low from here on.</summary>
    public double Low { get; init; } = 0.20;

    /// <summary>medium from here on.</summary>
    public double Medium { get; init; } = 0.40;

    /// <summary>high from here on.</summary>
    public double High { get; init; } = 0.55;

    /// <summary>very_high from here on.</summary>
    public double VeryHigh { get; init; } = 0.70;
}

/// <summary>What becomes of score and flags.</summary>
public sealed record DecisionRules
{
    /// <summary>The flags that block, each once.</summary>
    public IReadOnlyList<RiskFlag> BlockingFlags { get; init; } = [RiskFlag.ExtremeFear, RiskFlag.Panic, RiskFlag.HighVolatility];

    /// <summary>The regimes that block either side for as long as they last, each once. Panic has its flag; high_vol outlasts its own by the candles that confirm a change.</summary>
    public IReadOnlyList<Regime> BlockingRegimes { get; init; } = [];

    /// <summary>A score of this or more blocks.</summary>
    public double BlockingScore { get; init; } = 0.80;

    /// <summary>A score of this or more calls for caution.</summary>
    public double CautionScore { get; init; } = 0.50;

    /// <summary>The whole position up to this score.</summary>
    public double FullPositionScore { get; init; } = 0.30;

    /// <summary>The part of a position that is left at the blocking score.</summary>
    public double SmallestPosition { get; init; } = 0.25;

    /// <summary>What is left of that position in each regime.</summary>
    public RegimePosition RegimePosition { get; init; } = new();

    /// <summary>What to do when the candles are too old to rely on.</summary>
    public OnStale OnStale { get; init; } = OnStale.Allow;

    /// <summary>The outside signals without a fresh value of which entries are blocked, each once. The others may be stale or missing: they add nothing then.</summary>
    public IReadOnlyList<Markets.Signal> BlockWithout { get; init; } = [];
}

/// <summary>The part of a position that each regime leaves, [0, 1], beside what the score leaves.</summary>
public sealed record RegimePosition : PerRegime<double>
{
    /// <summary>All of it in every regime.</summary>
    public RegimePosition() => (Bull, Sideways, Bear, Choppy, HighVol, Panic) = (1, 1, 1, 1, 1, 1);
}

/// <summary>What a policy does when its data is stale.</summary>
public enum OnStale
{
    /// <summary>Staleness does not block. The last verdict stands until its data is twelve timeframes old; after that nothing read from candles blocks.</summary>
    Allow,

    /// <summary>Stale data blocks, from two timeframes on.</summary>
    Block,
}
