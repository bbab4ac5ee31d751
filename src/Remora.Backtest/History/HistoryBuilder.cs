using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.History;

/// <summary>
/// Rebuilds the assessments that the service would have returned after each candle, with the live
/// engine and in knowable order.
/// </summary>
public static class HistoryBuilder
{
    private const int ReportEvery = 8192;

    /// <summary>
    /// Builds the histories of several markets in parallel. The result for a market does not depend
    /// on the others.
    /// </summary>
    /// <param name="tapes">One tape per market.</param>
    /// <param name="options">Policies, and the callback for each assessment.</param>
    /// <param name="progress">Receives the share that is done, [0, 1].</param>
    /// <param name="cancellation">Cancels the work.</param>
    public static IReadOnlyList<AssessmentHistory> Build(
        IReadOnlyList<Tape> tapes,
        HistoryOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var total = Math.Max(1, tapes.Sum(t => (long)t.Candles.Count));
        var done = 0L;
        var histories = new AssessmentHistory[tapes.Count];
        SideBySide.For(
            tapes.Count,
            i =>
                histories[i] = Build(
                    tapes[i],
                    options,
                    candles =>
                    {
                        cancellation.ThrowIfCancellationRequested();
                        progress?.Report(Interlocked.Add(ref done, candles) / (double)total);
                    }
                ),
            cancellation
        );
        return histories;
    }

    /// <summary>Builds one market's history.</summary>
    public static AssessmentHistory Build(Tape tape, HistoryOptions options) => Build(tape, options, _ => { });

    private static AssessmentHistory Build(Tape tape, HistoryOptions options, Action<int> report)
    {
        var engine = new RemoraEngine(options.Policies, tape.Signals);
        var history = new AssessmentHistory(tape, options);
        var each = options.Each;
        var candle = 0;
        foreach (var next in tape.Events())
        {
            if (engine.Apply(next) is not { } assessment)
                continue;
            history.Keep(candle, 0, assessment);
            each?.Invoke(assessment);
            for (var policy = 1; policy < options.Policies.Count; policy++)
                history.Keep(candle, policy, engine.Assess(tape.Market, policy, assessment.AssessedAt));
            if (++candle % ReportEvery == 0)
                report(ReportEvery);
        }
        report(candle % ReportEvery);
        return history;
    }
}

/// <summary>Options of a history.</summary>
public sealed record HistoryOptions
{
    /// <summary>The policies, the default first.</summary>
    public IReadOnlyList<RiskPolicy> Policies { get; init; } = [RiskPolicy.Default];

    /// <summary>Whether the short side is assessed too.</summary>
    public bool ShortSide { get; init; }

    /// <summary>
    /// Receives each assessment under the default policy, in order. With several markets it is
    /// called from several threads.
    /// </summary>
    public Action<Assessment>? Each { get; init; }
}
