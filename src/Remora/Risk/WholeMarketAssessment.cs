using Remora.Markets;
using Remora.Regimes;
using Remora.Volatility;
using static System.FormattableString;

namespace Remora.Risk;

/// <summary>
/// The assessment of all tracked pairs together, for one policy, side and moment. Names and
/// meanings are those of <see cref="Assessment"/>.
/// The score is the weighted mean of the known scores. Bitcoin has a weight of 0.4; the other pairs
/// share the rest evenly.
/// </summary>
public sealed class WholeMarketAssessment
{
    /// <summary>The weight of Bitcoin when the basket has other pairs too.</summary>
    public const double BitcoinWeight = 0.4;

    private readonly IReadOnlyList<Assessment> _basket;
    private readonly double[] _weights;
    private readonly Assessment _lead;
    private readonly ulong _blocks;

    private WholeMarketAssessment(IReadOnlyList<Assessment> basket)
    {
        _basket = basket;
        _weights = WeightsOf(basket);
        _lead = basket.FirstOrDefault(a => a.Pair.Base == "BTC") ?? basket[0];
        RiskScore = Mean(a => a.RiskScore);
        Volatility = Mean(a => a.Volatility);
        RiskConfidence = Millionths.Round(basket.Select((a, i) => a.RiskConfidence * _weights[i]).Sum());
        Regime = MajorityOf(basket, _weights);
        EventFlags = Flags();
        Stale = Prevails(a => a.Stale);
        var inputs = new DecisionInputs(
            EventFlags,
            Regime,
            RiskScore,
            Stale,
            !Prevails(a => !a.AreCandlesUsable),
            _lead.Outside,
            _lead.AssessedAt
        );
        _blocks = _lead.Decision.Blocks(inputs, block => Prevails(a => (a.Blocks & block) != 0));
    }

    /// <summary>
    /// Assesses a basket. It must not be empty, and its assessments must have the same policy, side
    /// and moment.
    /// </summary>
    public static WholeMarketAssessment Of(IReadOnlyList<Assessment> basket)
    {
        if (basket.Count == 0)
            throw new ArgumentException("the basket must not be empty", nameof(basket));
        var (policy, side, moment) = (basket[0].PolicyId, basket[0].Side, basket[0].AssessedAt);
        if (basket.Any(a => a.PolicyId != policy || a.Side != side || a.AssessedAt != moment))
            throw new ArgumentException(
                "the basket must be assessed under one policy, for one side, at one moment",
                nameof(basket)
            );
        return new(basket);
    }

    /// <summary>False when at least one condition blocks entries.</summary>
    public bool SafeToTrade => _blocks == 0;

    /// <summary>The recommendation for an entry.</summary>
    public Recommendation Recommendation => _lead.Decision.Recommend(_blocks, RiskScore, Stale, EventFlags);

    /// <summary>Weighted mean of the known scores; NaN while none is known.</summary>
    public double RiskScore { get; }

    /// <summary>The class of the score; null while the score is unknown.</summary>
    public RiskClass? RiskClass => double.IsNaN(RiskScore) ? null : RiskScorer.Classify(RiskScore, _lead.Rules.Classes);

    /// <summary>Weighted mean of the confidences; an unknown market counts as 0.</summary>
    public double RiskConfidence { get; }

    /// <summary>
    /// The part of the usual position to take, [0, 1]: 0 when blocked; NaN while the score is
    /// unknown. By the forecast, the weighted mean of the parts that the pairs' forecasts give.
    /// </summary>
    public double PositionScale =>
        _lead.Rules.IsFromForecast
            ? _blocks != 0
                ? 0
                : Mean(a => a.UnblockedScale)
            : _lead.Decision.PositionScale(_blocks, RiskScore, Regime, Side);

    /// <summary>
    /// Blocking flags, blocking regimes and missing signals of the lead pair or of half the basket;
    /// <c>risk_score</c> when the mean blocks; <c>stale_data</c> when the policy blocks on stale
    /// data.
    /// </summary>
    public IReadOnlyList<string> BlockedBy => _lead.Decision.NamesOf(_blocks);

    /// <summary>The reasons in sentences, the deciding one first.</summary>
    public IReadOnlyList<string> Reasoning => [.. Sentences()];

    /// <summary>
    /// The regime with the highest weight, the riskier one when weights are equal; null while none
    /// is known.
    /// </summary>
    public Regime? Regime { get; }

    /// <summary>Weighted mean of the known volatility scores; NaN while none is known.</summary>
    public double Volatility { get; }

    /// <summary>The class of the volatility score; null while the score is unknown.</summary>
    public VolatilityClass? VolatilityClassification =>
        RegimeClassifier.ClassifyVolatility(Volatility, _lead.Rules.Regime);

    /// <summary>The share of pairs in each regime; they sum to 1.</summary>
    public Breadth Breadth => Breadth.Of(_basket);

    /// <summary>
    /// A flag is raised when the lead pair or half the basket raises it; null when it is unknown
    /// for all pairs.
    /// </summary>
    public EventFlags EventFlags { get; }

    /// <summary>Fear and greed index, 0 to 100; NaN while unknown.</summary>
    public double FearGreedIndex => _lead.FearGreedIndex;

    /// <summary>Bitcoin dominance in percent; NaN while unknown.</summary>
    public double BtcDominance => _lead.BtcDominance;

    /// <summary>VIX in points; NaN while unknown.</summary>
    public double Vix => _lead.Vix;

    /// <summary>Dollar index in points; NaN while unknown.</summary>
    public double Dxy => _lead.Dxy;

    /// <summary>The markets of the basket, in their order.</summary>
    public IReadOnlyList<BasketMember> Pairs =>
        [
            .. _basket.Select(
                (a, i) =>
                    new BasketMember(
                        a.Pair,
                        a.Exchange,
                        a.Timeframe,
                        _weights[i],
                        ReferenceEquals(a, _lead),
                        a.SafeToTrade,
                        a.RiskScore,
                        a.RiskClass,
                        a.Regime,
                        a.RiskConfidence,
                        a.Stale,
                        a.State
                    )
            ),
        ];

    /// <summary>The side that is assessed.</summary>
    public Side Side => _lead.Side;

    /// <summary>
    /// The oldest last close of the markets that have candles; null when none has.
    /// </summary>
    public Instant? AsOf => _basket.Min(a => a.AsOf);

    /// <summary>The moment that the assessment describes.</summary>
    public Instant AssessedAt => _lead.AssessedAt;

    /// <summary>
    /// From <see cref="AsOf"/> to <see cref="AssessedAt"/>; NaN while that is unknown.
    /// </summary>
    public double AgeSeconds => AsOf is { } asOf ? Math.Max(0, (AssessedAt - asOf).TotalSeconds) : double.NaN;

    /// <summary>Whether the lead pair or half the basket is stale.</summary>
    public bool Stale { get; }

    /// <summary>
    /// The worst state that the lead pair or half the basket has reached or exceeded.
    /// </summary>
    public AssessmentState State => Enum.GetValues<AssessmentState>().Last(state => Prevails(a => a.State >= state));

    /// <summary>Name of the policy.</summary>
    public string Policy => _lead.Policy;

    /// <summary>Id of the policy, which changes with its content.</summary>
    public string PolicyId => _lead.PolicyId;

    /// <summary>Version of the model.</summary>
    public string Model => _lead.Model;

    private static double[] WeightsOf(IReadOnlyList<Assessment> basket)
    {
        var bitcoins = basket.Count(a => a.Pair.Base == "BTC");
        var others = basket.Count - bitcoins;
        if (bitcoins == 0 || others == 0)
            return [.. basket.Select(_ => 1.0 / basket.Count)];
        return [.. basket.Select(a => a.Pair.Base == "BTC" ? BitcoinWeight / bitcoins : (1 - BitcoinWeight) / others)];
    }

    private static Regime? MajorityOf(IReadOnlyList<Assessment> basket, double[] weights) =>
        basket
            .Select((a, i) => (a.Regime, Weight: weights[i]))
            .Where(member => member.Regime is not null)
            .GroupBy(member => member.Regime!.Value)
            // Whole millionths, so that equal sums compare as equal.
            .OrderByDescending(group => Millionths.Count(group.Sum(member => member.Weight)))
            .ThenByDescending(group => basket[0].Rules.RegimeRisk.Of(group.Key))
            .ThenByDescending(group => group.Key)
            .Select(group => (Regime?)group.Key)
            .FirstOrDefault();

    private double Mean(Func<Assessment, double> value)
    {
        double sum = 0,
            weight = 0;
        for (var i = 0; i < _basket.Count; i++)
        {
            var one = value(_basket[i]);
            if (double.IsNaN(one))
                continue;
            sum += _weights[i] * one;
            weight += _weights[i];
        }
        return weight > 0 ? Millionths.Round(sum / weight) : double.NaN;
    }

    private bool Prevails(Func<Assessment, bool> holds) => holds(_lead) || 2 * _basket.Count(holds) >= _basket.Count;

    private EventFlags Flags()
    {
        var flags = default(EventFlags);
        foreach (var row in FlagTable.All)
            flags = flags.With(
                row.Flag,
                _basket.All(a => a.EventFlags[row.Flag] is null) ? null : Prevails(a => a.EventFlags[row.Flag] == true)
            );
        return flags;
    }

    private IEnumerable<string> Sentences()
    {
        foreach (var (block, bit) in _lead.Decision.In(_blocks))
        {
            var why =
                block is BlockingCondition.BlockingScore score ? score.ExplainMean(RiskScore)
                : block.IsShared && (_lead.Blocks & bit) != 0 ? block.Explain(_lead)
                : $"{block.Words} in {NamesWhere(a => (a.Blocks & bit) != 0)}";
            yield return $"Entries are blocked: {why}.";
        }
        var unknown = _basket.Count(a => double.IsNaN(a.RiskScore));
        yield return RiskClass is { } risk
            ? Invariant($"The market's risk is {Risk.Reasoning.Words(risk)} at {RiskScore:0.00}, ")
                + $"the weighted mean of {_basket.Count - unknown} of {_basket.Count} pairs."
            : "The market's risk is unknown.";
        if (unknown > 0 && unknown < _basket.Count)
            yield return $"The risk of {NamesWhere(a => double.IsNaN(a.RiskScore))} is unknown.";
        if (Regime is { } regime)
        {
            var (pairs, weight) = (
                Breadth.Share(_basket, regime),
                _basket.Select((a, i) => a.Regime == regime ? _weights[i] : 0).Sum()
            );
            yield return Invariant(
                $"The regime is {Risk.Reasoning.Words(regime)}: {pairs:0%} of the pairs, {weight:0%} of the weight."
            );
        }
        var blocked = BlockedBy;
        foreach (var row in FlagTable.All)
        {
            if (EventFlags[row.Flag] != true || blocked.Contains(row.Name))
                continue;
            yield return row.IsShared && _lead.EventFlags[row.Flag] == true
                ? $"Caution: {row.Words}, {row.Explain(_lead)}."
                : $"Caution: {row.Words} in {NamesWhere(a => a.EventFlags[row.Flag] == true)}.";
        }
        if (_basket.Any(a => a.Stale && a.AsOf is not null))
            yield return $"The data of {NamesWhere(a => a.Stale && a.AsOf is not null)} is stale.";
    }

    private string NamesWhere(Func<Assessment, bool> chosen) =>
        string.Join(", ", _basket.Where(chosen).Select(a => a.Pair));
}
