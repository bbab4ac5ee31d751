using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>How well forecasts met the outcomes.</summary>
/// <param name="From">The first moment of a forecast.</param>
/// <param name="Until">The end of the last outcome.</param>
/// <param name="Coefficients">The ids of the fits that were used, the oldest first.</param>
/// <param name="Pairs">Per pair and horizon (<c>1h</c>, <c>4h</c>, <c>24h</c>), the hours after the
/// first fit was valid.</param>
/// <param name="InSample">The same for the hours before, whose outcomes the first fit has seen;
/// null when there are none. They prove nothing.</param>
public sealed record ForecastEvaluation(
    Instant From,
    Instant Until,
    IReadOnlyList<string> Coefficients,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, HorizonEvaluation>> Pairs,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, HorizonEvaluation>>? InSample
);

/// <summary>The evaluation of one pair and horizon.</summary>
/// <param name="Hours">The number of hours for which every model has a forecast and whose next
/// horizon is whole.</param>
/// <param name="Models">The figures of each model.</param>
/// <param name="Drawdown">The probabilities of a fall beyond 1, 2 and 5 %, by the fall as a ratio.
/// </param>
/// <param name="Var">Value at risk, by its level.</param>
public sealed record HorizonEvaluation(
    int Hours,
    IReadOnlyDictionary<string, ModelFigures> Models,
    IReadOnlyDictionary<string, DrawdownFigures> Drawdown,
    IReadOnlyDictionary<string, ValueAtRiskFigures> Var
);

/// <summary>The figures of one model's forecasts of volatility. Null where they do not
/// exist.</summary>
/// <param name="Ic">Spearman's rank correlation of forecast and realised variance.</param>
/// <param name="R2">1 - SSE / SST of the log of realised variance, biases included.</param>
/// <param name="Qlike">The mean QLIKE loss of the expected variance; a lower value is
/// better.</param>
/// <param name="Dm">The statistic of Diebold and Mariano of the difference in QLIKE to HAR with
/// hour of week; below 0 the model is better. Null for that model itself.</param>
public sealed record ModelFigures(double Ic, double R2, double Qlike, double Dm);

/// <summary>The figures of the probability of a fall.</summary>
/// <param name="BrierSkill">1 - Brier score / Brier score of the rate of such falls that was known
/// at the time.</param>
/// <param name="Interval">The 95 % interval of the skill, by a block bootstrap. When it includes
/// 0, the probability is not shown to be better than the rate.</param>
/// <param name="Reliability">Ten groups of equal size by the probability: mean probability,
/// observed share, number of hours.</param>
public sealed record DrawdownFigures(
    double BrierSkill,
    IReadOnlyList<double> Interval,
    IReadOnlyList<IReadOnlyList<double>> Reliability
);

/// <summary>The figures of a value at risk, over horizons that do not overlap.</summary>
/// <param name="Hits">The share of losses beyond it.</param>
/// <param name="N">The number of horizons.</param>
/// <param name="KupiecP">The p-value that the share is as stated (Kupiec).</param>
/// <param name="ChristoffersenP">The p-value that hits are independent of the hit before
/// (Christoffersen).</param>
public sealed record ValueAtRiskFigures(double Hits, int N, double KupiecP, double ChristoffersenP);
