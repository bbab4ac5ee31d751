using Remora.Markets;
using Remora.Regimes;

namespace Remora.Risk;

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
    Pair Pair,
    string Exchange,
    Timeframe Timeframe,
    double Weight,
    bool Lead,
    bool SafeToTrade,
    double RiskScore,
    RiskClass? RiskClass,
    Regime? Regime,
    double RiskConfidence,
    bool Stale,
    AssessmentState State
);
