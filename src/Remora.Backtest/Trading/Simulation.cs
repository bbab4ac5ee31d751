using Remora.Backtest.Chance;
using Remora.Backtest.Strategies;
using Remora.Markets;
using Remora.Risk;

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
        var sizes = strategy is ISizedStrategy ? new double[signals.Length] : null;
        for (var i = 0; i < signals.Length; i++)
        {
            signals[i] = strategy.Update(frame.Rows[i]);
            if (sizes is not null)
                sizes[i] = ((ISizedStrategy)strategy).Size;
        }

        // The second row is the first that can act on a signal of the period. The last row only
        // closes trades.
        var follower = new Follower(frame, plan, account, signals);
        var possible = new List<PossibleTrade>();
        for (var row = frame.First + 1; row < frame.Rows.Length - 1; row++)
        {
            if ((signals[row - 1] & (Signals.Enter | Signals.Exit)) != Signals.Enter)
                continue;
            var trade = plan.GateExits ? follower.EntryOnly(row) : follower.Follow(row);
            possible.Add(sizes is null ? trade : trade with { Size = sizes[row - 1] });
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
    /// evaluations counts as a trade, without fees.
    /// </summary>
    internal IReadOnlyList<BaselineTrade> Baseline()
    {
        var trades = new List<BaselineTrade>();
        if (Plan.GateExits)
        {
            for (var i = 0; i + 1 < _possible.Length; i++)
            {
                ref readonly var look = ref _possible[i];
                var (open, next) = (look.EntryRow, _possible[i + 1].EntryRow);
                var ratio = Sign * ((Frame.Rows[next].Open / Frame.Rows[open].Open) - 1);
                trades.Add(
                    new(look.Known, look.Size * ratio, double.NaN, look.Size * Excursion(open, next - 1), next - open)
                );
            }
            return trades;
        }
        var free = 0;
        foreach (ref readonly var possible in Possible)
        {
            if (possible.EntryRow < free)
                continue;
            var profit = Plan.Stake.IsShare ? double.NaN : Profit(possible, possible.FullAmount);
            var (entry, exit) = (possible.EntryRow, possible.ExitRow);
            trades.Add(
                new(possible.Known, possible.ProfitRatio, profit, Excursion(entry, exit), Math.Max(1, exit - entry))
            );
            free = possible.ExitRow + 1;
        }
        return trades;
    }

    private int Sign => Plan.Side == Side.Short ? -1 : 1;

    // The worst price against the trade from the row of the entry to that of the exit, relative to
    // the entry.
    private double Excursion(int entry, int exit)
    {
        var open = Frame.Rows[entry].Open;
        var worst = 0.0;
        for (var row = entry; row <= exit; row++)
        {
            ref readonly var candle = ref Frame.Rows[row];
            worst = Math.Min(worst, Sign * (((Plan.Side == Side.Short ? candle.High : candle.Low) / open) - 1));
        }
        return worst;
    }

    /// <summary>
    /// Returns the profit in money of an amount that is open since an entry, valued at a price.
    /// </summary>
    internal double Unrealised(int entryRow, double amount, double price)
    {
        var open = Frame.Rows[entryRow].Open;
        return Account.ValueAtEntry(amount, open, Plan.Side) * Account.ProfitRatio(open, price, Plan.Side);
    }

    /// <summary>
    /// Returns the profit in money of a trade of this simulation that is open, at the close of a
    /// row.
    /// </summary>
    internal double Unrealised(Trade trade, int row)
    {
        var entry = (int)((trade.OpenTime - Frame.Rows[0].OpenTime) / Plan.Timeframe.Length);
        if (Plan.Ladder is not { } ladder)
            return Unrealised(entry, trade.Amount, Frame.Rows[row].Close);
        var orders = new LadderOrders(ladder, Frame.Rows[entry].Open, Account.Fee);
        for (var i = entry; i <= row; i++)
            orders.Update(Frame.Rows[i], exits: false, isLast: false);
        var ratio = orders.RatioAt(Frame.Rows[row].Close);
        return Account.ValueAtEntry(trade.Amount, trade.OpenRate, Plan.Side) * ratio;
    }

    internal double Profit(in PossibleTrade trade, double amount) =>
        Account.ValueAtEntry(amount, Frame.Rows[trade.EntryRow].Open, Plan.Side) * trade.ProfitRatio;

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

        public void Take(in PossibleTrade trade, double amount, double profit, double unrealised)
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
                    trade.Reason,
                    simulation.Plan.Side == Side.Short
                )
            );
        }
    }
}
