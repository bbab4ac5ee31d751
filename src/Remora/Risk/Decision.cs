using Remora.Markets;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>Derives the verdict from score and flags.</summary>
internal static class Decision
{
    public const string RiskScore = "risk_score";
    public const string StaleData = "stale_data";

    public static bool Blocks(Assessment assessment)
    {
        var rules = assessment.Rules.Decision;
        foreach (var flag in rules.BlockingFlags)
            if (Counts(flag, assessment)) return true;
        foreach (var regime in rules.BlockingRegimes)
            if (Counts(regime, assessment)) return true;
        foreach (var signal in rules.BlockWithout)
            if (IsMissed(signal, assessment)) return true;
        return ScoreBlocks(assessment) || StaleBlocks(assessment);
    }

    public static IReadOnlyList<string> BlockedBy(Assessment assessment)
    {
        if (assessment.SafeToTrade) return [];
        var names = new List<string>();
        foreach (var flag in assessment.Rules.Decision.BlockingFlags)
            if (Counts(flag, assessment)) names.Add(EventFlags.NameOf(flag));
        foreach (var regime in assessment.Rules.Decision.BlockingRegimes)
            if (Counts(regime, assessment)) names.Add(NameOf(regime));
        if (ScoreBlocks(assessment)) names.Add(RiskScore);
        if (StaleBlocks(assessment)) names.Add(StaleData);
        foreach (var signal in assessment.Rules.Decision.BlockWithout)
            if (IsMissed(signal, assessment)) names.Add(NameOf(signal));
        return names;
    }

    public static Recommendation Recommend(Assessment assessment)
    {
        if (!assessment.SafeToTrade) return Recommendation.NoEntry;
        var unsure = double.IsNaN(assessment.RiskScore) || assessment.Stale;
        return unsure || assessment.RiskScore >= assessment.Rules.Decision.CautionScore || assessment.EventFlags.Any
            ? Recommendation.Caution
            : Recommendation.EntryOk;
    }

    /// <summary>Whether the candles are too old to count.</summary>
    public static bool CandlesAreWorthless(Assessment assessment) =>
        assessment.AsOf is not { } asOf || Confidence.Freshness(asOf, assessment.Timeframe, assessment.AssessedAt) <= 0;

    private static bool Counts(RiskFlag flag, Assessment assessment) =>
        assessment.EventFlags[flag] == true && (!IsFromCandles(flag) || !CandlesAreWorthless(assessment));

    /// <summary>
    /// Returns the name of a blocking regime in <c>blocked_by</c>: <c>regime_high_vol</c>.
    /// </summary>
    public static string NameOf(Regime regime) => "regime_" + RemoraJson.NameOf(regime);

    /// <summary>Returns the name of a missing signal in <c>blocked_by</c>: <c>no_vix</c>.</summary>
    public static string NameOf(Signal signal) => "no_" + RemoraJson.NameOf(signal);

    private static bool Counts(Regime regime, Assessment assessment) => assessment.Regime == regime && !CandlesAreWorthless(assessment);

    private static bool IsMissed(Signal signal, Assessment assessment) => double.IsNaN(assessment.Outside.RawAt(signal, assessment.AssessedAt));

    private static bool ScoreBlocks(Assessment assessment) =>
        assessment.RiskScore >= assessment.Rules.Decision.BlockingScore && !CandlesAreWorthless(assessment);

    private static bool StaleBlocks(Assessment assessment) => assessment.Rules.Decision.OnStale == OnStale.Block && assessment.Stale;

    private static bool IsFromCandles(RiskFlag flag) =>
        flag is RiskFlag.Panic or RiskFlag.HighVolatility or RiskFlag.BearMarket or RiskFlag.Downtrend;
}
