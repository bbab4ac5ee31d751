using Remora.Backtest.Chance;
using Remora.Backtest.Figures;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;

namespace Remora.Backtest.Study;

/// <summary>Computes the cells of one strategy and period, one per gate.</summary>
internal sealed class CellMaker
{
    private readonly StudyFile _study;
    private readonly StudyPeriod _period;
    private readonly StudyData _market;
    private readonly Simulation _simulation;
    private readonly Performance _ungated;

    public CellMaker(StudyFile study, StrategyPlan plan, StudyPeriod period, StudyData market)
    {
        _study = study;
        _period = period;
        _market = market;
        _simulation = Simulation.Prepare(plan, market.Frame(period, plan.StartupCandles), AccountRules.Default, market.Id.Pair.ToString());
        _ungated = FiguresOf(null);
    }

    public IReadOnlyList<Cell> Make(CancellationToken cancellation)
    {
        var cells = new List<Cell>();
        foreach (var (role, gate) in _market.Gates)
        {
            cancellation.ThrowIfCancellationRequested();
            cells.Add(Make(role, gate));
        }
        return cells;
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
        var turned = _simulation.Rotate(gate, 0);
        var blocked = trades.Select(t => turned.At(t.Known) <= 0).ToArray();
        var ratios = trades.Select(t => t.ProfitRatio).ToArray();
        var scores = trades.Select(t => t.Known < 0 ? double.NaN : _market.History.Policies[0].Score[t.Known]).ToArray();
        return cell with
        {
            EdgeInterval = BlockBootstrap.Of(trades.Count, at => Edge(at, blocked, ratios), _study.Resamples, seed + 1),
            LoserLiftInterval = BlockBootstrap.Of(trades.Count, at => LoserLift(at, blocked, ratios, cell.TimeBlocked), _study.Resamples, seed + 2),
            WinnersScore = MeanScore(scores, ratios, r => r > 0),
            LosersScore = MeanScore(scores, ratios, r => r < 0),
            RandomSkip = _simulation.Plan.GateExits ? null : Placebo.AgainstRandomSkip(_simulation, gate, _study.Shifts, seed + 3).Tests,
        };
    }

    private Performance FiguresOf(Gate? gate)
    {
        var figures = Performance.Of(gate is null ? _simulation.Run() : _simulation.Run(gate), _simulation.Account.StartingBalance, _simulation.Frame.From, _simulation.Frame.To);
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
