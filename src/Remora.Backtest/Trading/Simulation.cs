using Remora.Backtest.Chance;
using Remora.Backtest.Strategies;
using Remora.Markets;

namespace Remora.Backtest.Trading;

/// <summary>
/// One strategy over one period. Signals and all possible trades are computed once. A run under a
/// gate only steps from one allowed entry to the next, so thousands of runs are cheap. One trade is
/// open at a time, so a blocked entry can make room for a later one.
/// </summary>
public sealed class Simulation
{
    // Ascending by entry row; for a plan whose gate exits, only the entry rows are valid.
    private readonly PossibleTrade[] _possible;

    private Simulation(
        StrategyPlan plan,
        CandleFrame frame,
        AccountRules account,
        string? pair,
        PossibleTrade[] possible
    )
    {
        Plan = plan;
        Frame = frame;
        Account = account;
        Pair = pair;
        _possible = possible;
    }

    /// <summary>The strategy.</summary>
    public StrategyPlan Plan { get; }

    /// <summary>The rows.</summary>
    public CandleFrame Frame { get; }

    /// <summary>Wallet, fees and amount step.</summary>
    public AccountRules Account { get; }

    /// <summary>The step of the amounts, in the base currency; 0 for none.</summary>
    public double AmountStep => Account.AmountStep ?? 0;

    /// <summary>The pair that is written to the trades.</summary>
    public string? Pair { get; }

    internal ReadOnlySpan<PossibleTrade> Possible => _possible;

    /// <summary>Computes signals and possible trades for a period of a series.</summary>
    /// <exception cref="BacktestException">The candles do not have the plan's timeframe, or there
    /// are too few.</exception>
    public static Simulation Prepare(
        StrategyPlan plan,
        CandleTape series,
        Instant from,
        Instant to,
        AccountRules account,
        string? pair = null
    ) => Prepare(plan, CandleFrame.Cut(series, from, to, plan.StartupCandles), account, pair);

    /// <summary>
    /// Computes signals and possible trades for a frame that was cut with the plan's warm-up.
    /// </summary>
    public static Simulation Prepare(StrategyPlan plan, CandleFrame frame, AccountRules account, string? pair = null)
    {
        if (frame.Series.Timeframe != plan.Timeframe)
            throw new BacktestException(
                $"{plan.Name} requires candles of {plan.Timeframe}; these are of {frame.Series.Timeframe}"
            );
        var stake = plan.Stake.IsShare ? plan.Stake.Amount * account.StartingBalance : plan.Stake.Amount;
        account = account with
        {
            AmountStep = account.AmountStep ?? DecimalSteps.OfVolumes(frame.Series.Candles, stake),
        };
        var strategy = plan.Create();
        var signals = new Signals[frame.Rows.Length];
        for (var i = 0; i < signals.Length; i++)
            signals[i] = strategy.Update(frame.Rows[i]);

        // The second row is the first that can act on a signal of the period. The last row only
        // closes trades.
        var follower = new Follower(frame, plan, account, signals);
        var possible = new List<PossibleTrade>();
        for (var row = frame.First + 1; row < frame.Rows.Length - 1; row++)
        {
            if ((signals[row - 1] & (Signals.Enter | Signals.Exit)) != Signals.Enter)
                continue;
            possible.Add(plan.GateExits ? follower.EntryOnly(row) : follower.Follow(row));
        }
        return new(plan, frame, account, pair, [.. possible]);
    }

    /// <summary>
    /// The candles that decide on entries, around which a placebo rotates a gate.
    /// </summary>
    internal Circle Circle
    {
        get
        {
            var first = Math.Max(0, Frame.Known[Frame.First + 1]);
            return new(first, Frame.Known[^1] - first + 1);
        }
    }

    /// <summary>Runs the strategy under a gate.</summary>
    /// <exception cref="BacktestException">The gate belongs to another series.</exception>
    public IReadOnlyList<Trade> Run(Gate gate) => Run(Rotate(gate, 0));

    /// <summary>Runs the strategy without a gate.</summary>
    public IReadOnlyList<Trade> Run() => Run(default(AlwaysOpen));

    internal RotatedGate Rotate(Gate gate, int shift)
    {
        if (gate.Size.Length != Frame.Series.Candles.Count)
            throw new BacktestException(
                $"the gate has {gate.Size.Length} values for {Frame.Series.Candles.Count} candles"
            );
        return new(gate, Circle, shift);
    }

    /// <summary>Share of the period's candles after which the gate blocks, [0, 1].</summary>
    public double TimeBlocked(Gate gate)
    {
        var blocked = 0;
        foreach (var size in gate.Size.AsSpan(Circle.First, Circle.Count))
            if (size <= 0)
                blocked++;
        return blocked / (double)Circle.Count;
    }

    /// <summary>
    /// Returns the ungated trades for comparison with a gate: one after the other over the whole
    /// period, as if the wallet never ran out. Otherwise a strategy that loses everything early
    /// would have no trades in later times. For a plan whose gate exits, each interval between two
    /// evaluations counts as a trade.
    /// </summary>
    internal IReadOnlyList<BaselineTrade> Baseline()
    {
        var trades = new List<BaselineTrade>();
        if (Plan.GateExits)
        {
            for (var i = 0; i + 1 < _possible.Length; i++)
            {
                var (open, next) = (_possible[i].EntryRow, _possible[i + 1].EntryRow);
                var ratio = (Frame.Rows[next].Open / Frame.Rows[open].Open) - 1;
                trades.Add(new(_possible[i].Known, ratio, double.NaN, Excursion(open, next - 1)));
            }
            return trades;
        }
        var free = 0;
        foreach (var possible in _possible)
        {
            if (possible.EntryRow < free)
                continue;
            var profit = Plan.Stake.IsShare ? double.NaN : Profit(possible, possible.FullAmount);
            trades.Add(
                new(possible.Known, possible.ProfitRatio, profit, Excursion(possible.EntryRow, possible.ExitRow))
            );
            free = possible.ExitRow + 1;
        }
        return trades;
    }

    // The lowest price from the row of the entry to that of the exit, relative to the entry.
    private double Excursion(int entry, int exit)
    {
        var open = Frame.Rows[entry].Open;
        var lowest = open;
        for (var row = entry; row <= exit; row++)
            lowest = Math.Min(lowest, Frame.Rows[row].Low);
        return (lowest / open) - 1;
    }

    internal double Unrealised(in PossibleTrade entry, double amount, int row)
    {
        var open = Frame.Rows[entry.EntryRow].Open;
        return amount * open * (1 + Account.Fee) * Account.ProfitRatio(open, Frame.Rows[row].Open);
    }

    internal double Profit(in PossibleTrade trade, double amount) =>
        amount * Frame.Rows[trade.EntryRow].Open * (1 + Account.Fee) * trade.ProfitRatio;

    private List<Trade> Run<TGate>(in TGate gate)
        where TGate : struct, IEntryGate
    {
        var sink = new Ledger(this, []);
        Walk.Go(this, gate, ref sink);
        return sink.Trades;
    }

    private readonly struct Ledger(Simulation simulation, List<Trade> trades) : ITradeSink
    {
        public List<Trade> Trades => trades;

        public void Take(in PossibleTrade trade, double amount, double profit)
        {
            var rows = simulation.Frame.Rows;
            var open = rows[trade.EntryRow].Open;
            trades.Add(
                new(
                    simulation.Pair,
                    rows[trade.EntryRow].OpenTime,
                    rows[trade.ExitRow].OpenTime,
                    open,
                    trade.ExitPrice,
                    amount,
                    amount * open,
                    trade.ProfitRatio,
                    profit,
                    trade.Reason
                )
            );
        }
    }
}
