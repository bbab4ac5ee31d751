using Remora.Backtest.Chance;
using Remora.Backtest.Figures;
using Remora.Backtest.History;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;

namespace Remora.Backtest.Study;

/// <summary>Makes the cells of one strategy and period: one for each gate.</summary>
internal sealed class CellMaker
{
    private readonly StudyFile _study;
    private readonly StudyPeriod _period;
    private readonly AssessmentHistory _history;
    private readonly int _policies;
    private readonly Simulation _simulation;
    private readonly Performance _ungated;

    public CellMaker(StudyFile study, StrategyPlan plan, StudyPeriod period, StudyData market, int policies)
    {
        _study = study;
        _period = period;
        _history = market.History;
        _policies = policies;
        _simulation = Simulation.Prepare(plan, market.Series, period.From, period.To, AccountRules.Default, market.Id.Pair.ToString());
        _ungated = FiguresOf(Gate.Open(market.Series.Candles.Count));
    }

    public IReadOnlyList<Cell> Make(CancellationToken cancellation)
    {
        var cells = new List<Cell>();
        foreach (var (role, gate) in AllGates())
        {
            cancellation.ThrowIfCancellationRequested();
            cells.Add(Make(role, gate));
        }
        return cells;
    }

    private IEnumerable<(GateRole Role, Gate Gate)> AllGates()
    {
        var tested = _history.Policies[0];
        yield return (GateRole.Policy, Gates.Policy(tested));
        for (var i = 1; i < _history.Policies.Count; i++)
            yield return (i < _policies ? GateRole.Other : GateRole.Ablation, Gates.Policy(_history.Policies[i]));
        foreach (var threshold in _study.Thresholds) yield return (GateRole.Threshold, Gates.Threshold(tested, threshold));
        yield return (GateRole.Sized, Gates.Scaled(tested));
    }

    private Cell Make(GateRole role, Gate gate)
    {
        var plan = _simulation.Plan;
        var seed = Draws.SeedFor(_study.Seed, $"{plan.Name}|{_period.Name}|{gate.Name}");
        var placebo = Placebo.Test(_simulation, gate, _study.Shifts, seed);
        var cell = new Cell
        {
            Strategy = plan.Name,
            Period = _period.Name,
            Gate = gate.Name,
            Role = role,
            From = _simulation.Frame.From,
            To = _simulation.Frame.To,
            FilledShare = _simulation.Frame.FilledShare,
            TimeBlocked = placebo.TimeBlocked,
            Ungated = _ungated,
            Gated = FiguresOf(gate),
            Entries = placebo.Real.Entries,
            Tests = placebo.Tests,
        };
        return role == GateRole.Policy ? WithIntervals(cell, gate, seed) : cell;
    }

    private Cell WithIntervals(Cell cell, Gate gate, ulong seed)
    {
        var trades = _simulation.Baseline();
        var turned = _simulation.Turn(gate, 0);
        var blocked = trades.Select(t => turned.At(t.Known) <= 0).ToArray();
        var ratios = trades.Select(t => t.ProfitRatio).ToArray();
        var scores = trades.Select(t => t.Known < 0 ? double.NaN : _history.Policies[0].Score[t.Known]).ToArray();
        return cell with
        {
            EdgeInterval = BlockBootstrap.Of(trades.Count, at => Edge(at, blocked, ratios), _study.Resamples, seed + 1),
            LoserLiftInterval = BlockBootstrap.Of(trades.Count, at => LoserLift(at, blocked, ratios, cell.TimeBlocked), _study.Resamples, seed + 2),
            WinnersScore = MeanScore(scores, ratios, r => r > 0),
            LosersScore = MeanScore(scores, ratios, r => r < 0),
            RandomSkip = _simulation.Plan.GateExits ? null : Placebo.AgainstRandomSkip(_simulation, gate, _study.Shifts, seed + 3).Tests,
        };
    }

    private Performance FiguresOf(Gate gate)
    {
        var figures = Performance.Of(_simulation.Run(gate), _simulation.Account.StartingBalance, _simulation.Frame.From, _simulation.Frame.To);
        return _simulation.Plan.GateExits ? figures with { MaxRelativeDrawdownPct = GatedFigures.Drawdown(_simulation, gate) } : figures;
    }

    private static double Edge(int[] at, bool[] blocked, double[] ratios)
    {
        var (allowedSum, blockedSum, blockedCount) = (0.0, 0.0, 0);
        foreach (var i in at)
        {
            if (blocked[i]) blockedCount++;
            if (blocked[i]) blockedSum += ratios[i];
            else allowedSum += ratios[i];
        }
        return 100 * ((allowedSum / (at.Length - blockedCount)) - (blockedSum / blockedCount));
    }

    private static double LoserLift(int[] at, bool[] blocked, double[] ratios, double timeBlocked)
    {
        var (losers, caught) = (0, 0);
        foreach (var i in at)
        {
            if (ratios[i] >= 0) continue;
            losers++;
            if (blocked[i]) caught++;
        }
        return losers == 0 || timeBlocked == 0 ? double.NaN : caught / (double)losers / timeBlocked;
    }

    private static double MeanScore(double[] scores, double[] ratios, Func<double, bool> which)
    {
        var chosen = scores.Where((score, i) => !double.IsNaN(score) && which(ratios[i])).ToArray();
        return chosen.Length == 0 ? double.NaN : chosen.Average();
    }
}
