using Remora.Backtest.Figures;
using Remora.Backtest.Trading;

namespace Remora.Backtest.Chance;

/// <summary>The figures of a gated run that are tested against chance.</summary>
/// <param name="ProfitTotalPct">Profit of the gated run relative to the starting balance, in
/// percent.</param>
/// <param name="ProfitMeanPct">Mean profit of its trades, in percent.</param>
/// <param name="MaxDrawdownPct">Its maximum relative drawdown, in percent.</param>
/// <param name="Entries">The ungated run's trades, split by the gate.</param>
public readonly record struct GatedFigures(
    double ProfitTotalPct,
    double ProfitMeanPct,
    double MaxDrawdownPct,
    EntryComparison Entries
)
{
    /// <summary>
    /// Copies the tested figures in the order of <see cref="Names"/>, with signs such that a higher
    /// value is better for the gate.
    /// </summary>
    internal void CopyTo(Span<double> values)
    {
        values[0] = ProfitTotalPct;
        values[1] = ProfitMeanPct;
        values[2] = -MaxDrawdownPct;
        values[3] = Entries.LoserLift;
        values[4] = Entries.WorstLift;
        values[5] = Entries.EdgePct;
    }

    /// <summary>The deciding figure, see docs/decisions/0021.</summary>
    public const string Primary = "profit_total_pct";

    /// <summary>Names of the tested figures.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [Primary, "profit_mean_pct", "max_drawdown_pct", "loser_lift", "worst_lift", "edge_pct"];

    internal static GatedFigures Of<TGate>(Simulation simulation, EntryTally tally, in TGate gate, double timeBlocked)
        where TGate : struct, IEntryGate
    {
        var sink = new Sums(simulation.Account.StartingBalance);
        Walk.Go(simulation, gate, ref sink);
        return new(
            100 * sink.Profit / simulation.Account.StartingBalance,
            100 * sink.Ratio / sink.Count,
            100 * sink.Drawdown.MaxRelative,
            tally.Compare(gate, timeBlocked)
        );
    }

    /// <summary>
    /// Returns the maximum relative drawdown of a gated run in percent. For a plan whose gate
    /// exits, open trades are valued in between too.
    /// </summary>
    internal static double Drawdown(Simulation simulation, Gate? gate)
    {
        var sink = new Sums(simulation.Account.StartingBalance);
        if (gate is null)
            Walk.Go(simulation, default(AlwaysOpen), ref sink);
        else
            Walk.Go(simulation, simulation.Rotate(gate, 0), ref sink);
        return 100 * sink.Drawdown.MaxRelative;
    }

    private struct Sums(double startingBalance) : ITradeSink
    {
        private DrawdownGauge _gauge = new(startingBalance);

        public double Profit { get; private set; }

        public double Ratio { get; private set; }

        public int Count { get; private set; }

        public readonly Drawdown Drawdown => _gauge.Value;

        public void Take(in PossibleTrade trade, double amount, double profit, double unrealised)
        {
            Profit += profit;
            Ratio += trade.ProfitRatio;
            Count++;
            _gauge.Add(profit, unrealised);
        }

        public void Mark(double unrealised) => _gauge.Mark(unrealised);
    }
}
