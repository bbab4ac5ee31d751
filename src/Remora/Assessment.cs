using Remora.Forecasts;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Volatility;

namespace Remora;

/// <summary>
/// The answer for one market, policy, side and moment. Immutable. Score, breakdown, confidence
/// and flags are computed once. Sentences and lists are built when they are read.
/// Properties are in the order in which they are written. An unknown value is NaN in the engine and
/// null in JSON.
/// </summary>
public sealed class Assessment
{
    private readonly AssessmentInput _input;
    private readonly MarketReadings _readings;
    private readonly RegimeState _regime;
    private readonly RiskBreakdown _breakdown;
    private readonly EventFlags _flags;
    private readonly ulong _blocks;

    internal Assessment(
        AssessmentInput input,
        MarketReadings readings,
        in RegimeState regime,
        OutsideView outside,
        Side side,
        Instant now
    )
    {
        _input = input;
        _readings = readings;
        _regime = regime;
        Outside = outside;
        Side = side;
        AssessedAt = now;

        var policy = input.Plan.Policy;
        var @base = input.Market.Pair.Base;
        _breakdown = RiskScorer.BreakDown(readings, regime.Regime, outside, @base, input.Plan, side, now);
        _flags = FlagTable.Raise(new(readings, regime.Regime, outside, input.Plan, now));
        RiskScore = _breakdown.Score();
        RiskConfidence = policy.IsFromForecast
            ? Confidence.OfForecast(readings, input.Market.Timeframe, now)
            : Confidence.Of(readings, regime, outside, input.Configured, input.Weights, input.Market.Timeframe, now);
        _blocks = input.Plan.Decision.Blocks(
            new(_flags, regime.Regime, RiskScore, Stale, AreCandlesUsable, outside, now)
        );
    }

    /// <summary>False when at least one condition blocks entries.</summary>
    public bool SafeToTrade => _blocks == 0;

    /// <summary>The recommendation for an entry.</summary>
    public Recommendation Recommendation => Decision.Recommend(_blocks, RiskScore, Stale, _flags);

    /// <summary>
    /// [0, 1], a higher value is riskier, in whole millionths; NaN while one of its parts is
    /// unknown.
    /// </summary>
    public double RiskScore { get; }

    /// <summary>The class of the score; null while the score is unknown.</summary>
    public RiskClass? RiskClass => double.IsNaN(RiskScore) ? null : RiskScorer.Classify(RiskScore, Rules.Classes);

    /// <summary>How complete and fresh the inputs are, [0, 1].</summary>
    public double RiskConfidence { get; }

    /// <summary>
    /// The part of the usual position to take, [0, 1]: 0 when blocked; NaN while the score is
    /// unknown. By the forecast, NaN while the target or the forecast of 24 hours is.
    /// </summary>
    public double PositionScale =>
        Rules.IsFromForecast
            ? _blocks != 0
                ? 0
                : UnblockedScale
            : Decision.PositionScale(_blocks, RiskScore, Regime, Side);

    /// <summary>
    /// The reasons that block entries: names of flags, <c>regime_</c> and a blocking regime,
    /// <c>risk_score</c>, <c>high_forecast_volatility</c>, <c>stale_data</c>, <c>no_</c> and a
    /// signal that the policy requires.
    /// </summary>
    public IReadOnlyList<string> BlockedBy => Decision.NamesOf(_blocks);

    /// <summary>The reasons in sentences, the deciding one first.</summary>
    public IReadOnlyList<string> Reasoning => Risk.Reasoning.Of(this);

    /// <summary>The regime; null while unknown.</summary>
    public Regime? Regime => _regime.Regime;

    /// <summary>The close of the candle that started the regime; null while unknown.</summary>
    public Instant? RegimeSince => _regime.Since;

    /// <summary>Volatility score, [0, 1]; NaN while unknown.</summary>
    public double Volatility => _readings.Volatility;

    /// <summary>The class of the volatility score; null while the score is unknown.</summary>
    public VolatilityClass? VolatilityClassification => RegimeClassifier.ClassifyVolatility(Volatility, Rules.Regime);

    /// <summary>Direction of the trend; null while unknown.</summary>
    public TrendClass? TrendClassification => RegimeClassifier.ClassifyTrend(_readings.Trend, Rules.Regime);

    /// <summary>Momentum; null while unknown.</summary>
    public MomentumClass? MomentumClassification =>
        RegimeClassifier.ClassifyMomentum(_readings.Rsi, _readings.Trend.MacdHistogram, Rules.Regime);

    /// <summary>The five addends of the score.</summary>
    public RiskBreakdown RiskBreakdown => _breakdown;

    /// <summary>All flags, raised or not raised.</summary>
    public EventFlags EventFlags => _flags;

    /// <summary>Fear and greed index, 0 to 100; NaN while unknown.</summary>
    public double FearGreedIndex => Outside.RawAt(Signal.FearGreed, AssessedAt);

    /// <summary>Bitcoin dominance in percent; NaN while unknown.</summary>
    public double BtcDominance => Outside.RawAt(Signal.BtcDominance, AssessedAt);

    /// <summary>Funding rate per 8 hours, a ratio; NaN while unknown.</summary>
    public double FundingRate => Outside.RawAt(Signal.FundingRate, AssessedAt);

    /// <summary>VIX in points; NaN while unknown.</summary>
    public double Vix => Outside.RawAt(Signal.Vix, AssessedAt);

    /// <summary>Dollar index in points; NaN while unknown.</summary>
    public double Dxy => Outside.RawAt(Signal.DollarIndex, AssessedAt);

    /// <summary>The pair.</summary>
    public Pair Pair => _input.Market.Pair;

    /// <summary>The exchange's CCXT id.</summary>
    public string Exchange => _input.Market.Exchange;

    /// <summary>The base timeframe.</summary>
    public Timeframe Timeframe => _input.Market.Timeframe;

    /// <summary>The side that is assessed.</summary>
    public Side Side { get; }

    /// <summary>Close of the last candle used; null before the first.</summary>
    public Instant? AsOf => _readings.AsOf;

    /// <summary>The moment that the assessment describes.</summary>
    public Instant AssessedAt { get; }

    /// <summary>
    /// From <see cref="AsOf"/> to <see cref="AssessedAt"/>; NaN before the first candle.
    /// </summary>
    public double AgeSeconds => AsOf is { } asOf ? Math.Max(0, (AssessedAt - asOf).TotalSeconds) : double.NaN;

    /// <summary>
    /// Whether the last candle is older than two timeframes, or no candle has arrived yet.
    /// </summary>
    public bool Stale => Freshness < 1;

    /// <summary>
    /// Whether this assessment can be relied on. Clients treat
    /// <see cref="AssessmentState.Unknown"/> like a missing answer.
    /// </summary>
    public AssessmentState State =>
        !AreCandlesUsable ? AssessmentState.Unknown
        : Stale ? AssessmentState.Stale
        : WarmUp < 1 || double.IsNaN(RiskScore) ? AssessmentState.WarmingUp
        : AssessmentState.Ok;

    /// <summary>How far the model is warmed up, [0, 1].</summary>
    public double WarmUp => _readings.WarmUp;

    /// <summary>Name of the policy.</summary>
    public string Policy => Rules.Name;

    /// <summary>Id of the policy, which changes with its content.</summary>
    public string PolicyId => Rules.Id;

    /// <summary>The model of the score: <c>remora-1</c> or <c>remora-2</c>.</summary>
    public string Model => Rules.Model;

    /// <summary>Each known outside value with its contribution to the score.</summary>
    public IReadOnlyDictionary<string, ExternalAddend> External => ExternalAddend.Of(this);

    /// <summary>State and age of each source that is configured.</summary>
    public IReadOnlyDictionary<string, SourceState> Sources => SourceState.Of(this);

    /// <summary>
    /// How large the next moves will be, as of the last candle; the same for every policy and side.
    /// Null when there is none: <see cref="NoForecast"/> says why.
    /// </summary>
    public Forecast? Forecast => _readings.Forecast;

    /// <summary>Why there is no forecast; null when there is one.</summary>
    public NoForecast? NoForecast => _readings.NoForecast;

    /// <summary>
    /// The candles from which it was computed, by which it can be computed again; null before the
    /// first one.
    /// </summary>
    public AssessmentInputs? Inputs => AssessmentInputs.Of(_readings);

    /// <summary>The blocking conditions that hold, as bits of <see cref="Decision"/>.</summary>
    internal ulong Blocks => _blocks;

    /// <summary>
    /// The part of a position by the forecast, were nothing blocked; NaN while unknown.
    /// </summary>
    internal double UnblockedScale => RiskScorer.PositionScale(Forecast, Rules.TargetVolatility!);

    internal Decision Decision => _input.Plan.Decision;

    /// <summary>Whether the candles are recent enough to count.</summary>
    internal bool AreCandlesUsable => Freshness > 0;

    private double Freshness => AsOf is { } asOf ? Confidence.Freshness(asOf, Timeframe, AssessedAt) : 0;

    internal MarketId Market => _input.Market;

    internal RiskPolicy Rules => _input.Plan.Policy;

    internal OutsideView Outside { get; }

    /// <summary>
    /// Returns the newest observation of a signal that this assessment uses, fresh or not; null
    /// without one.
    /// </summary>
    /// <param name="signal">The signal.</param>
    /// <param name="isShared">True for the whole market's value, false for the base currency's
    /// own.</param>
    public Observation? GetObservation(Signal signal, bool isShared) =>
        (isShared ? Outside.Shared(signal) : Outside.Own(signal)).Latest;

    internal IReadOnlyList<Signal> Configured => _input.Configured;

    /// <summary>Returns everything that is measured from the candles.</summary>
    public MarketReadings GetReadings() => _readings;

    /// <summary>
    /// Returns the assessment of the same data for another side and a later moment: outside values
    /// expire, candles age.
    /// </summary>
    public Assessment At(Instant now, Side side) => new(_input, _readings, _regime, Outside, side, now);
}

/// <summary>The inputs that stay the same from one assessment of a market to the next.</summary>
internal sealed record AssessmentInput(MarketId Market, PolicyPlan Plan, IReadOnlyList<Signal> Configured)
{
    /// <summary>The maximum contributions of the configured signals, in their order.</summary>
    public double[] Weights { get; } = Plan.WeightsOf(Configured);
}
