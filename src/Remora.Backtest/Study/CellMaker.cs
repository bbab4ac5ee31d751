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
    private readonly IReadOnlyList<BaselineTrade> _trades;
    private readonly Performance _ungated;

    public CellMaker(StudyFile study, StrategyPlan plan, StudyPeriod period, StudyData market)
    {
        _study = study;
        _period = period;
        _market = market;
        _simulation = Simulation.Prepare(
            plan,
            market.Frame(period, plan.StartupCandles),
            AccountRules.Default,
            market.Id.Pair.ToString()
        );
        _trades = _simulation.Baseline();
        _ungated = FiguresOf(null);
    }

    public IReadOnlyList<Cell> Make(CancellationToken cancellation)
    {
        var cells = new List<Cell>();
        foreach (var (role, gate) in _market.Gates(_simulation.Plan.Side))
        {
            cancellation.ThrowIfCancellationRequested();
            cells.Add(Make(role, gate));
        }
        return cells;
    }

    private Cell Make(GateRole role, Gate gate)
    {
        var plan = _simulation.Plan;
        var seed = Draws.SeedFor(_study.Seed, $"{_market.Id.Pair}|{plan.Name}|{_period.Name}|{gate.Name}");
        var placebo = Placebo.Test(_simulation, gate, _study.Shifts, seed);
        var cell = new Cell
        {
            Market = _market.Id.Pair.ToString(),
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
        var tally = new EntryTally(_trades);
        var blocked = tally.Blocked(_simulation.Rotate(gate, 0));
        return cell with
        {
            Baseline = new(
                _trades.Count,
                GrossMeanPct(),
                100 * _trades.Select(trade => trade.ProfitRatio).DefaultIfEmpty(double.NaN).Average()
            ),
            Intervals = EntryChance.Intervals(tally, blocked, _study.Resamples, seed + 1),
            EqualCount = EntryChance.Test(tally, blocked, _study.Shifts, seed + 3),
            Entered = _study.Disjoint.Contains(_period) ? Entered(blocked) : null,
            WinnersScore = MeanScore(trade => trade.ProfitRatio > 0),
            LosersScore = MeanScore(trade => trade.ProfitRatio < 0),
        };
    }

    private GatedTrades Entered(bool[] blocked)
    {
        var series = _market.Series;
        return new(
            _simulation.Plan.Name,
            _market.Id.Pair.ToString(),
            _trades,
            blocked,
            [.. _trades.Select(t => series.Candles[Math.Max(0, t.Known)].OpenTime + series.Timeframe.Length)],
            (_simulation.Frame.To - _simulation.Frame.From).TotalDays / 365.25
        );
    }

    private Performance FiguresOf(Gate? gate)
    {
        var figures = Performance.Of(
            gate is null ? _simulation.Run() : _simulation.Run(gate),
            _simulation.Account.StartingBalance,
            _simulation.Frame.From,
            _simulation.Frame.To
        );
        return _simulation.Plan.GateExits
            ? figures with
            {
                MaxRelativeDrawdownPct = GatedFigures.Drawdown(_simulation, gate),
            }
            : figures;
    }

    // The mean profit of the ungated trades if there were no fees.
    private double GrossMeanPct()
    {
        var trades = Simulation
            .Prepare(_simulation.Plan, _simulation.Frame, _simulation.Account with { Fee = 0 })
            .Baseline();
        return 100 * trades.Select(trade => trade.ProfitRatio).DefaultIfEmpty(double.NaN).Average();
    }

    private double MeanScore(Func<BaselineTrade, bool> which)
    {
        var all = _market.Tested(_simulation.Plan.Side).Score;
        var scores = _trades.Where(trade => trade.Known >= 0 && which(trade)).Select(trade => all[trade.Known]);
        return scores.Where(score => !double.IsNaN(score)).DefaultIfEmpty(double.NaN).Average();
    }
}
