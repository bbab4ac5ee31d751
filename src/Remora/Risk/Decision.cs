using Remora.Markets;

namespace Remora.Risk;

/// <summary>From score and flags to a verdict.</summary>
internal static class Decision
{
    public const string RiskScore = "risk_score";
    public const string StaleData = "stale_data";

    public static bool Blocks(Assessment assessment)
    {
        var rules = assessment.Rules.Decision;
        foreach (var flag in rules.BlockingFlags)
            if (Counts(flag, assessment)) return true;
        return ScoreBlocks(assessment) || StaleBlocks(assessment);
    }

    public static IReadOnlyList<string> BlockedBy(Assessment assessment)
    {
        if (assessment.SafeToTrade) return [];
        var names = new List<string>();
        foreach (var flag in assessment.Rules.Decision.BlockingFlags)
            if (Counts(flag, assessment)) names.Add(EventFlags.NameOf(flag));
        if (ScoreBlocks(assessment)) names.Add(RiskScore);
        if (StaleBlocks(assessment)) names.Add(StaleData);
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

    /// <summary>Whether the candles are so old that nothing read from them may count.</summary>
    public static bool CandlesAreWorthless(Assessment assessment) =>
        assessment.AsOf is not { } asOf || Confidence.Freshness(asOf, assessment.Timeframe, assessment.AssessedAt) <= 0;

    private static bool Counts(RiskFlag flag, Assessment assessment) =>
        assessment.EventFlags[flag] == true && (!IsFromCandles(flag) || !CandlesAreWorthless(assessment));

    private static bool ScoreBlocks(Assessment assessment) =>
        assessment.RiskScore >= assessment.Rules.Decision.BlockingScore && !CandlesAreWorthless(assessment);

    private static bool StaleBlocks(Assessment assessment) => assessment.Rules.Decision.OnStale == OnStale.Block && assessment.Stale;

    private static bool IsFromCandles(RiskFlag flag) =>
        flag is RiskFlag.Panic or RiskFlag.HighVolatility or RiskFlag.BearMarket or RiskFlag.Downtrend;
}
