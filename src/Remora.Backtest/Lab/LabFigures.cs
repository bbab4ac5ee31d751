using Remora.Backtest.Chance;
using Remora.Markets;

namespace Remora.Backtest.Lab;

/// <summary>A policy beside today's over one span.</summary>
/// <param name="From">The first moment of an entry.</param>
/// <param name="Until">The end of the last outcome.</param>
/// <param name="Hours">The number of full hours at which entries are compared.</param>
/// <param name="WorstHours">The number of the worst of them: the twentieth with the deepest falls
/// within the next 4 hours.</param>
/// <param name="Tried">The policy that was tried.</param>
/// <param name="Today">Today's policy as it is.</param>
/// <param name="TodayAtEqualTime">Today's policy with a threshold at which it blocks as much time
/// as the tried one.</param>
/// <param name="Simple">The simplest rival at that blocked time: ATR(14) / close.</param>
/// <param name="Advantage">The tried policy compared with today's at equal blocked time.</param>
public sealed record LabComparison(
    Instant From,
    Instant Until,
    int Hours,
    int WorstHours,
    LabFigures Tried,
    LabFigures Today,
    LabFigures TodayAtEqualTime,
    LabFigures Simple,
    LabAdvantage Advantage
);

/// <summary>What a gate blocks and meets. Intervals are of 95 %, by a bootstrap of weeks.</summary>
/// <param name="Gate">The name of the policy, or <c>atr</c>.</param>
/// <param name="TimeBlocked">The share of time that is blocked, [0, 1].</param>
/// <param name="WorstMet">The share of the worst hours that are blocked, [0, 1].</param>
/// <param name="WorstMetInterval">Its interval.</param>
/// <param name="Lift">That share divided by the share of all hours that are blocked: 1 for blocking
/// at random; NaN when nothing is blocked.</param>
/// <param name="LiftInterval">Its interval.</param>
/// <param name="Tails">The sample strategies; empty where they are not computed.</param>
public sealed record LabFigures(
    string Gate,
    double TimeBlocked,
    double WorstMet,
    Interval WorstMetInterval,
    double Lift,
    Interval LiftInterval,
    IReadOnlyList<LabTail> Tails
);

/// <summary>
/// The tail of a sample strategy whose entries are blocked and sized: the mean of the worst
/// twentieth, in percent of the full stake; a blocked entry earns 0.
/// </summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="Trades">The number of its trades without a gate.</param>
/// <param name="MeanSize">The mean part of the stake, [0, 1].</param>
/// <param name="TailPct">The tail.</param>
/// <param name="ConstantPct">The tail of a constant stake of the same mean size, the simplest
/// rival.</param>
/// <param name="GainPct">The first minus the second; above 0, the tail is shorter.</param>
/// <param name="Gain">Its 95 % interval.</param>
public sealed record LabTail(
    string Strategy,
    int Trades,
    double MeanSize,
    double TailPct,
    double ConstantPct,
    double GainPct,
    Interval Gain
);

/// <summary>The share of the worst hours met, minus that of today's policy at equal time.</summary>
/// <param name="WorstMet">The difference, a ratio; above 0 the tried policy is better.</param>
/// <param name="Interval">Its 95 % interval, by a bootstrap of weeks.</param>
/// <param name="StandardError">Its standard error, by the same bootstrap.</param>
public sealed record LabAdvantage(double WorstMet, Interval Interval, double StandardError);

/// <summary>The figures of a tried policy, without the sealed months.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">The CCXT id of the exchange.</param>
/// <param name="Timeframe">The timeframe.</param>
/// <param name="Policy">The name of the tried policy.</param>
/// <param name="PolicyId">Its id.</param>
/// <param name="TodayPolicy">The name of today's policy.</param>
/// <param name="IsToday">Whether the tried policy has the rules of today's; it is not counted
/// then.</param>
/// <param name="Span">The past that is used.</param>
/// <param name="Comparison">The policy beside today's over the shown months.</param>
/// <param name="Luck">What the number of tried policies does to the odds.</param>
/// <param name="Summary">What the policy blocks and meets, in a sentence.</param>
/// <param name="Beside">What today's policy meets at equal blocked time, in a sentence; null for
/// today's policy itself.</param>
/// <param name="Odds">The luck in a sentence.</param>
/// <param name="Notes">What the figures leave out, in sentences.</param>
public sealed record LabTrial(
    Pair Pair,
    string Exchange,
    Timeframe Timeframe,
    string Policy,
    string PolicyId,
    string TodayPolicy,
    bool IsToday,
    LabSpan Span,
    LabComparison Comparison,
    LabLuck Luck,
    string Summary,
    string? Beside,
    string Odds,
    IReadOnlyList<string> Notes
);

/// <summary>A policy that was saved.</summary>
/// <param name="Trial">Its figures over the shown months.</param>
/// <param name="Sealed">Its figures over the sealed months, which are shown once; null when they
/// were shown before.</param>
/// <param name="SealedSummary">The result of the sealed months in a sentence, or why there is
/// none.</param>
/// <param name="FileName">A name for the file.</param>
/// <param name="File">The text of the policy file. Its description says how many policies were
/// tried.</param>
public sealed record LabSaved(
    LabTrial Trial,
    LabComparison? Sealed,
    string SealedSummary,
    string FileName,
    string File
);
