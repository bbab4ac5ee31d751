using Remora.Forecasts;
using Remora.Markets;
using Remora.Regimes;
using static System.FormattableString;

namespace Remora.Risk;

/// <summary>One condition under which a policy blocks entries.</summary>
/// <param name="name">Its name in <c>blocked_by</c>.</param>
/// <param name="words">Its name in sentences.</param>
internal abstract class BlockingCondition(string name, string words)
{
    private static readonly BlockingFlag[] Flags = [.. FlagTable.All.Select(row => new BlockingFlag(row))];
    private static readonly BlockingRegime[] Regimes =
    [
        .. Enum.GetValues<Regime>().Select(regime => new BlockingRegime(regime)),
    ];
    private static readonly BlockingAbsence[] Absences =
    [
        .. OutsideView.Signals.ToArray().Select(signal => new BlockingAbsence(SignalTable.Of(signal))),
    ];
    private static readonly BlockingStaleness Staleness = new();

    /// <summary>Its name in <c>blocked_by</c>.</summary>
    public string Name => name;

    /// <summary>Its name in sentences.</summary>
    public string Words => words;

    /// <summary>Whether the condition is the same for all pairs.</summary>
    public virtual bool IsShared => false;

    /// <summary>Returns the conditions of a policy in the order of <c>blocked_by</c>.</summary>
    public static BlockingCondition[] Of(RiskPolicy policy)
    {
        var rules = policy.Decision;
        List<BlockingCondition> conditions = [];
        foreach (var flag in rules.BlockingFlags)
            conditions.Add(Flags[(int)flag]);
        foreach (var regime in rules.BlockingRegimes)
            conditions.Add(Regimes[(int)regime]);
        conditions.Add(
            policy.IsFromForecast
                ? new BlockingForecast(policy.Horizon!, policy.BlockFrom!.Value)
                : new BlockingSum(rules.BlockingScore)
        );
        if (rules.OnStale == OnStale.Block)
            conditions.Add(Staleness);
        foreach (var signal in rules.BlockWithout)
            conditions.Add(Absences[(int)signal]);
        return [.. conditions];
    }

    /// <summary>Whether the condition blocks.</summary>
    public abstract bool Holds(in DecisionInputs inputs);

    /// <summary>
    /// Returns the reason of an assessment that the condition blocks, without a full stop.
    /// </summary>
    public abstract string Explain(Assessment assessment);

    private sealed class BlockingFlag(FlagDefinition row) : BlockingCondition(row.Name, row.Words)
    {
        public override bool IsShared => row.IsShared;

        public override bool Holds(in DecisionInputs inputs) =>
            inputs.Flags[row.Flag] == true && (!row.IsFromCandles || inputs.AreCandlesUsable);

        public override string Explain(Assessment assessment) => $"{row.Words}, {row.Explain(assessment)}";
    }

    private sealed class BlockingRegime(Regime regime)
        : BlockingCondition("regime_" + RemoraJson.NameOf(regime), $"regime {Reasoning.Words(regime)}")
    {
        public override bool Holds(in DecisionInputs inputs) => inputs.Regime == regime && inputs.AreCandlesUsable;

        public override string Explain(Assessment assessment) =>
            $"the policy blocks in this regime, {Reasoning.Words(regime)} since {assessment.RegimeSince}";
    }

    /// <summary>The score. For the whole market it is the mean score that counts.</summary>
    internal abstract class BlockingScore(string name, string words, double from) : BlockingCondition(name, words)
    {
        public override bool Holds(in DecisionInputs inputs) => inputs.Score >= from && inputs.AreCandlesUsable;

        /// <summary>Returns the reason of a mean score that blocks, without a full stop.</summary>
        public abstract string ExplainMean(double score);
    }

    private sealed class BlockingSum(double from) : BlockingScore("risk_score", "the risk score", from)
    {
        private readonly double _from = from;

        public override string Explain(Assessment assessment) => Explain("risk score", assessment.RiskScore);

        public override string ExplainMean(double score) => Explain("mean risk score", score);

        private string Explain(string what, double score) =>
            Invariant($"the {what} {score:0.00} is at or above {_from:0.00}");
    }

    private sealed class BlockingForecast(Horizon horizon, double from)
        : BlockingScore("high_forecast_volatility", "high forecast volatility", from)
    {
        private readonly double _from = from;

        public override string Explain(Assessment assessment) =>
            $"{Reasoning.ForecastRank(assessment, horizon)}, and the policy blocks from {Reasoning.Percent(_from)}";

        public override string ExplainMean(double score) =>
            $"the forecast volatility of the next {horizon.Words} is higher than in {Reasoning.Percent(score)} of "
            + $"their past, in the mean of the pairs, and the policy blocks from {Reasoning.Percent(_from)}";
    }

    private sealed class BlockingStaleness() : BlockingCondition("stale_data", "stale data")
    {
        public override bool Holds(in DecisionInputs inputs) => inputs.IsStale;

        public override string Explain(Assessment assessment) =>
            "the data is stale, and the policy blocks on stale data";
    }

    private sealed class BlockingAbsence(SignalDefinition row)
        : BlockingCondition("no_" + row.Name, $"no fresh value of {row.Label}")
    {
        public override bool Holds(in DecisionInputs inputs) =>
            double.IsNaN(inputs.Outside.RawAt(row.Signal, inputs.Now));

        public override string Explain(Assessment assessment) =>
            $"there is no fresh value of {row.Label}, which the policy requires";
    }
}

/// <summary>What the conditions use.</summary>
internal readonly record struct DecisionInputs(
    EventFlags Flags,
    Regime? Regime,
    double Score,
    bool IsStale,
    bool AreCandlesUsable,
    OutsideView Outside,
    Instant Now
);
