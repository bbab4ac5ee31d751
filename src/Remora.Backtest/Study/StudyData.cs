using System.Collections.Concurrent;
using Remora.Backtest.History;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;
using HistoryGates = Remora.Backtest.History.Gates;

namespace Remora.Backtest.Study;

/// <summary>A market's candles, its history, and the gates built from it.</summary>
internal sealed class StudyData
{
    private readonly ConcurrentDictionary<(StudyPeriod Period, int Startup), Lazy<CandleFrame>> _frames = [];
    private readonly int _policies;
    private readonly IReadOnlyList<(GateRole Role, Gate Gate)> _longGates;
    private readonly IReadOnlyList<(GateRole Role, Gate Gate)> _shortGates;

    /// <param name="study">The study, which defines the thresholds.</param>
    /// <param name="id">The market.</param>
    /// <param name="series">Its candles.</param>
    /// <param name="history">Its history: the policies of the study first, then the ablations of
    /// the one under test.</param>
    /// <param name="policies">The number of policies that belong to the study itself.</param>
    public StudyData(StudyFile study, MarketId id, CandleTape series, AssessmentHistory history, int policies)
    {
        Id = id;
        _policies = policies;
        Series = series;
        History = history;
        _longGates = GatesOf(study, history.Policies, policies);
        _shortGates = history.ShortSide.Count == 0 ? [] : GatesOf(study, history.ShortSide, policies);
    }

    public MarketId Id { get; }

    public CandleTape Series { get; }

    public AssessmentHistory History { get; }

    /// <summary>Returns every gate of the study for a side, the policy under test first.</summary>
    public IReadOnlyList<(GateRole Role, Gate Gate)> Gates(Side side) => side == Side.Short ? _shortGates : _longGates;

    /// <summary>
    /// Returns the gate and the sizes of each policy of the study, but not those of the ablations.
    /// </summary>
    public IEnumerable<(GateRole Role, Gate Gate)> Sizes(Side side) =>
        (side == Side.Short ? History.ShortSide : History.Policies)
            .Take(_policies)
            .SelectMany(
                (policy, i) =>
                    new[]
                    {
                        (i == 0 ? GateRole.Policy : GateRole.Other, HistoryGates.Policy(policy)),
                        (GateRole.Sized, HistoryGates.Scaled(policy)),
                    }
            );

    /// <summary>Returns the verdicts of the policy under test for a side.</summary>
    public PolicyVerdicts Tested(Side side) => (side == Side.Short ? History.ShortSide : History.Policies)[0];

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

    /// <summary>Checks that the candles do not begin in the second half of a period.</summary>
    /// <exception cref="BacktestException">They do, so that a cell would show another period than
    /// its name.</exception>
    public void RequireHalf(StudyPeriod period)
    {
        var first = Series.Candles[0].OpenTime;
        if (first < period.To && first - period.From > (period.To - period.From) / 2)
            throw new BacktestException($"the candles begin at {first}, in the second half of the period");
    }

    public MarketFigures Figures
    {
        get
        {
            var (first, last) = (Series.Candles[0].OpenTime, Series.Candles[^1].OpenTime);
            var slots = ((last - first) / Series.Timeframe.Length) + 1;
            return new(Id.ToString(), Series.Candles.Count, first, last, 1 - (Series.Candles.Count / slots));
        }
    }

    private static IReadOnlyList<(GateRole Role, Gate Gate)> GatesOf(
        StudyFile study,
        IReadOnlyList<PolicyVerdicts> verdicts,
        int policies
    ) =>
        [
            (GateRole.Policy, HistoryGates.Policy(verdicts[0])),
            .. verdicts
                .Skip(1)
                .Select((p, i) => (i + 1 < policies ? GateRole.Other : GateRole.Ablation, HistoryGates.Policy(p))),
            .. study.Thresholds.Select(t => (GateRole.Threshold, HistoryGates.Threshold(verdicts[0], t))),
            (GateRole.Sized, HistoryGates.Scaled(verdicts[0])),
        ];
}
