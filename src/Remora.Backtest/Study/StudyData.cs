using System.Collections.Concurrent;
using Remora.Backtest.History;
using Remora.Backtest.Trading;
using Remora.Markets;
using HistoryGates = Remora.Backtest.History.Gates;

namespace Remora.Backtest.Study;

/// <summary>A market's candles, its history, and the gates built from it.</summary>
internal sealed class StudyData
{
    private readonly ConcurrentDictionary<(StudyPeriod Period, int Startup), Lazy<CandleFrame>> _frames = [];

    /// <param name="study">The study, which defines the thresholds.</param>
    /// <param name="id">The market.</param>
    /// <param name="series">Its candles.</param>
    /// <param name="history">Its history: the policies of the study first, then the ablations of
    /// the one under test.</param>
    /// <param name="policies">The number of policies that belong to the study itself.</param>
    public StudyData(StudyFile study, MarketId id, CandleTape series, AssessmentHistory history, int policies)
    {
        Id = id;
        Series = series;
        History = history;
        var tested = history.Policies[0];
        Gates =
        [
            (GateRole.Policy, HistoryGates.Policy(tested)),
            .. history
                .Policies.Skip(1)
                .Select((p, i) => (i + 1 < policies ? GateRole.Other : GateRole.Ablation, HistoryGates.Policy(p))),
            .. study.Thresholds.Select(t => (GateRole.Threshold, HistoryGates.Threshold(tested, t))),
            (GateRole.Sized, HistoryGates.Scaled(tested)),
        ];
    }

    public MarketId Id { get; }

    public CandleTape Series { get; }

    public AssessmentHistory History { get; }

    /// <summary>Every gate of the study, the policy under test first.</summary>
    public IReadOnlyList<(GateRole Role, Gate Gate)> Gates { get; }

    /// <summary>
    /// Returns a period of the candles. Strategies with the same warm-up share it.
    /// </summary>
    public CandleFrame Frame(StudyPeriod period, int startupCandles) =>
        _frames
            .GetOrAdd(
                (period, startupCandles),
                key => new(() => CandleFrame.Cut(Series, key.Period.From, key.Period.To, key.Startup))
            )
            .Value;

    public MarketFigures Figures
    {
        get
        {
            var (first, last) = (Series.Candles[0].OpenTime, Series.Candles[^1].OpenTime);
            var slots = ((last - first) / Series.Timeframe.Length) + 1;
            return new(Id.ToString(), Series.Candles.Count, first, last, 1 - (Series.Candles.Count / slots));
        }
    }
}
