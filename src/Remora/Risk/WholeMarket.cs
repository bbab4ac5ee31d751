using System.Globalization;
using Remora.Markets;
using Remora.Regimes;
using Remora.Volatility;

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

    private WholeMarketAssessment(IReadOnlyList<Assessment> basket)
    {
        _basket = basket;
        _weights = WeightsOf(basket);
        _lead = basket.FirstOrDefault(a => a.Pair.Base == "BTC") ?? basket[0];
        RiskScore = Mean(a => a.RiskScore);
        Volatility = Mean(a => a.Volatility);
        RiskConfidence = Millionths.Round(basket.Select((a, i) => a.RiskConfidence * _weights[i]).Sum());
        Regime = MajorityOf(basket, _weights);
        BlockedBy = [.. Blocks()];
    }

    /// <summary>
    /// Assesses a basket. It must not be empty, and its assessments must have the same policy, side
    /// and moment.
    /// </summary>
    public static WholeMarketAssessment Of(IReadOnlyList<Assessment> basket)
    {
        if (basket.Count == 0) throw new ArgumentException("the basket must not be empty", nameof(basket));
        var (policy, side, moment) = (basket[0].PolicyId, basket[0].Side, basket[0].AssessedAt);
        if (basket.Any(a => a.PolicyId != policy || a.Side != side || a.AssessedAt != moment))
            throw new ArgumentException("the basket must be assessed under one policy, for one side, at one moment", nameof(basket));
        return new(basket);
    }

    /// <summary>False when at least one condition blocks entries.</summary>
    public bool SafeToTrade => BlockedBy.Count == 0;

    /// <summary>The recommendation for an entry.</summary>
    public Recommendation Recommendation =>
        !SafeToTrade ? Recommendation.NoEntry
        : double.IsNaN(RiskScore) || Stale || RiskScore >= _lead.Rules.Decision.CautionScore || EventFlags.Any ? Recommendation.Caution
        : Recommendation.EntryOk;

    /// <summary>Weighted mean of the known scores; NaN while none is known.</summary>
    public double RiskScore { get; }

    /// <summary>The class of the score; null while the score is unknown.</summary>
    public RiskClass? RiskClass => double.IsNaN(RiskScore) ? null : RiskScorer.Classify(RiskScore, _lead.Rules.Classes);

    /// <summary>Weighted mean of the confidences; an unknown market counts as 0.</summary>
    public double RiskConfidence { get; }

    /// <summary>
    /// The part of the usual position to take, [0, 1]: 0 when blocked; NaN while the score is
    /// unknown.
    /// </summary>
    public double PositionScale => !SafeToTrade ? 0 : RiskScorer.PositionScale(RiskScore, Regime, _lead.Rules, Side);

    /// <summary>
    /// Blocking flags, blocking regimes and missing signals of the lead pair or of half the basket;
    /// <c>risk_score</c> when the mean blocks; <c>stale_data</c> when the policy blocks on stale
    /// data.
    /// </summary>
    public IReadOnlyList<string> BlockedBy { get; }

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
    public VolatilityClass? VolatilityClassification => RegimeClassifier.ClassifyVolatility(Volatility, _lead.Rules.Regime);

    /// <summary>The share of pairs in each regime; they sum to 1.</summary>
    public Breadth Breadth => Breadth.Of(_basket);

    /// <summary>
    /// A flag is raised when the lead pair or half the basket raises it; null when it is unknown
    /// for all pairs.
    /// </summary>
    public EventFlags EventFlags
    {
        get
        {
            var flags = default(EventFlags);
            foreach (var flag in Enum.GetValues<RiskFlag>())
                flags = flags.With(flag, _basket.All(a => a.EventFlags[flag] is null) ? null : Prevails(a => a.EventFlags[flag] == true));
            return flags;
        }
    }

    /// <summary>Fear and greed index, 0 to 100; NaN while unknown.</summary>
    public double FearGreedIndex => _lead.FearGreedIndex;

    /// <summary>Bitcoin dominance in percent; NaN while unknown.</summary>
    public double BtcDominance => _lead.BtcDominance;

    /// <summary>VIX in points; NaN while unknown.</summary>
    public double Vix => _lead.Vix;

    /// <summary>Dollar index in points; NaN while unknown.</summary>
    public double Dxy => _lead.Dxy;

    /// <summary>The markets of the basket, in their order.</summary>
    public IReadOnlyList<BasketMember> Pairs => [.. _basket.Select((a, i) => new BasketMember(
        a.Pair, a.Exchange, a.Timeframe, _weights[i], ReferenceEquals(a, _lead), a.SafeToTrade, a.RiskScore, a.RiskClass, a.Regime, a.RiskConfidence, a.Stale,
        a.State))];

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
    public bool Stale => Prevails(a => a.Stale);

    /// <summary>
    /// The worst state that the lead pair or half the basket has reached or exceeded.
    /// </summary>
    public AssessmentState State =>
        Enum.GetValues<AssessmentState>().Last(state => Prevails(a => a.State >= state));

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
        if (bitcoins == 0 || others == 0) return [.. basket.Select(_ => 1.0 / basket.Count)];
        return [.. basket.Select(a => a.Pair.Base == "BTC" ? BitcoinWeight / bitcoins : (1 - BitcoinWeight) / others)];
    }

    private static Regime? MajorityOf(IReadOnlyList<Assessment> basket, double[] weights) =>
        basket.Select((a, i) => (a.Regime, Weight: weights[i]))
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
        double sum = 0, weight = 0;
        for (var i = 0; i < _basket.Count; i++)
        {
            var one = value(_basket[i]);
            if (double.IsNaN(one)) continue;
            sum += _weights[i] * one;
            weight += _weights[i];
        }
        return weight > 0 ? Millionths.Round(sum / weight) : double.NaN;
    }

    private bool Prevails(Func<Assessment, bool> holds) => holds(_lead) || 2 * _basket.Count(holds) >= _basket.Count;

    private IEnumerable<string> Blocks()
    {
        var rules = _lead.Rules.Decision;
        foreach (var name in rules.BlockingFlags.Select(EventFlags.NameOf).Concat(rules.BlockingRegimes.Select(Decision.NameOf)))
            if (Prevails(a => a.BlockedBy.Contains(name))) yield return name;
        if (RiskScore >= rules.BlockingScore && !Prevails(Decision.CandlesAreWorthless)) yield return Decision.RiskScore;
        if (Prevails(a => a.BlockedBy.Contains(Decision.StaleData))) yield return Decision.StaleData;
        foreach (var name in rules.BlockWithout.Select(Decision.NameOf))
            if (Prevails(a => a.BlockedBy.Contains(name))) yield return name;
    }

    private IEnumerable<string> Sentences()
    {
        foreach (var name in BlockedBy)
            yield return name == Decision.RiskScore
                ? Text($"Entries are blocked: the mean risk score {RiskScore:0.00} is at or above {_lead.Rules.Decision.BlockingScore:0.00}.")
                : Text($"Entries are blocked: {name} blocks {string.Join(", ", _basket.Where(a => a.BlockedBy.Contains(name)).Select(a => a.Pair))}.");
        var unknown = _basket.Where(a => double.IsNaN(a.RiskScore)).Select(a => a.Pair.ToString()).ToList();
        yield return RiskClass is { } risk
            ? Text($"The market's risk is {RemoraJson.NameOf(risk)} at {RiskScore:0.00}, the weighted mean of {_basket.Count - unknown.Count} of {_basket.Count} pairs.")
            : "The market's risk is not known yet.";
        if (unknown.Count > 0 && unknown.Count < _basket.Count) yield return Text($"Not known yet: {string.Join(", ", unknown)}.");
        if (Regime is { } regime)
            yield return Text($"The regime is {RemoraJson.NameOf(regime)}: {Breadth[regime]:P0} of the pairs, {_basket.Select((a, i) => a.Regime == regime ? _weights[i] : 0).Sum():P0} of the weight.");
        if (EventFlags.FlagScheduledEvent == true && _lead.Outside.Calendar is { } calendar)
            yield return Text($"Note: {Risk.Reasoning.Events(calendar.Near(AssessedAt))}.");
        var stale = _basket.Where(a => a.Stale && a.AsOf is not null).Select(a => a.Pair.ToString()).ToList();
        if (stale.Count > 0) yield return Text($"The data of {string.Join(", ", stale)} is stale.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One market of the basket.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">The exchange's CCXT id.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Weight">Its weight in the mean; the weights sum to 1.</param>
/// <param name="Lead">Whether it is the lead pair, whose flags count for the whole market.</param>
/// <param name="SafeToTrade">False when at least one condition blocks entries.</param>
/// <param name="RiskScore">Its score; NaN while unknown.</param>
/// <param name="RiskClass">The class of its score; null while unknown.</param>
/// <param name="Regime">Its regime; null while unknown.</param>
/// <param name="RiskConfidence">Its confidence, [0, 1].</param>
/// <param name="Stale">Whether its data is stale.</param>
/// <param name="State">Whether its assessment can be relied on.</param>
public readonly record struct BasketMember(
    Pair Pair, string Exchange, Timeframe Timeframe, double Weight, bool Lead, bool SafeToTrade,
    double RiskScore, RiskClass? RiskClass, Regime? Regime, double RiskConfidence, bool Stale, AssessmentState State);

/// <summary>The share of pairs in each regime, each [0, 1]; they sum to 1.</summary>
/// <param name="Bull">Rising.</param>
/// <param name="Sideways">Without a trend, and not choppy.</param>
/// <param name="Bear">Falling.</param>
/// <param name="Choppy">Volatile without a direction.</param>
/// <param name="HighVol">Extreme volatility.</param>
/// <param name="Panic">Extreme volatility and a hard fall.</param>
/// <param name="Unknown">Unknown.</param>
public readonly record struct Breadth(double Bull, double Sideways, double Bear, double Choppy, double HighVol, double Panic, double Unknown)
{
    internal double this[Regime regime] => regime switch
    {
        Regimes.Regime.Bull => Bull,
        Regimes.Regime.Sideways => Sideways,
        Regimes.Regime.Bear => Bear,
        Regimes.Regime.Choppy => Choppy,
        Regimes.Regime.HighVol => HighVol,
        _ => Panic,
    };

    internal static Breadth Of(IReadOnlyList<Assessment> basket)
    {
        double Share(Regime? regime) => basket.Count(a => a.Regime == regime) / (double)basket.Count;
        return new(Share(Regimes.Regime.Bull), Share(Regimes.Regime.Sideways), Share(Regimes.Regime.Bear), Share(Regimes.Regime.Choppy),
            Share(Regimes.Regime.HighVol), Share(Regimes.Regime.Panic), Share(null));
    }
}
