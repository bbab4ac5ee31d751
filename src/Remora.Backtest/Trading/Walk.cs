namespace Remora.Backtest.Trading;

/// <summary>Receives each trade of a walk, in order.</summary>
internal interface ITradeSink
{
    /// <summary>
    /// Adds a closed trade with its amount of the base currency and its profit in money.
    /// </summary>
    void Take(in PossibleTrade trade, double amount, double profit);

    /// <summary>
    /// Adds the unrealised profit of an open trade. Only used for plans whose gate exits: their
    /// trades are too long to measure a drawdown at closes alone.
    /// </summary>
    void Mark(double unrealised) { }
}

/// <summary>Returns the part of a position that can be entered.</summary>
internal interface IEntryGate
{
    /// <summary>
    /// Returns the part of a position, [0, 1], after the candle at position
    /// <paramref name="known"/> of the series; -1 when no candle has closed.
    /// </summary>
    double At(int known);
}

/// <summary>
/// Steps from one allowed entry to the next and updates the wallet. Gate and sink are type
/// parameters so that the thousands of walks of a placebo allocate nothing.
/// </summary>
internal static class Walk
{
    public static void Go<TGate, TSink>(Simulation simulation, in TGate gate, ref TSink sink)
        where TGate : struct, IEntryGate
        where TSink : struct, ITradeSink
    {
        if (simulation.Plan.GateExits)
            Hold(simulation, gate, ref sink);
        else
            Enter(simulation, gate, ref sink);
    }

    private static void Enter<TGate, TSink>(Simulation simulation, in TGate gate, ref TSink sink)
        where TGate : struct, IEntryGate
        where TSink : struct, ITradeSink
    {
        var balance = simulation.Account.StartingBalance;
        var free = 0; // the first row on which a trade can be entered
        foreach (ref readonly var possible in simulation.Possible)
        {
            if (possible.EntryRow < free)
                continue;
            var part = gate.At(possible.Known);
            if (part <= 0)
                continue;
            var amount = Amount(simulation, possible, balance, part);
            if (amount <= 0)
                continue;
            var profit = simulation.Profit(possible, amount);
            balance += profit;
            free = possible.ExitRow + 1;
            sink.Take(possible, amount, profit);
        }
    }

    private static void Hold<TGate, TSink>(Simulation simulation, in TGate gate, ref TSink sink)
        where TGate : struct, IEntryGate
        where TSink : struct, ITradeSink
    {
        var balance = simulation.Account.StartingBalance;
        PossibleTrade entry = default;
        var amount = 0.0;
        foreach (ref readonly var look in simulation.Possible)
        {
            var part = gate.At(look.Known);
            if (amount > 0)
                sink.Mark(simulation.Unrealised(entry, amount, look.EntryRow));
            if (amount == 0 && part > 0)
            {
                entry = look;
                amount = Amount(simulation, look, balance, part);
            }
            else if (amount > 0 && part <= 0)
            {
                balance += Exit(simulation, entry, look.EntryRow, ExitReason.Gate, amount, ref sink);
                amount = 0;
            }
        }
        if (amount > 0)
            Exit(simulation, entry, simulation.Frame.Rows.Length - 1, ExitReason.Forced, amount, ref sink);
    }

    private static double Exit<TSink>(
        Simulation simulation,
        in PossibleTrade entry,
        int exitRow,
        string reason,
        double amount,
        ref TSink sink
    )
        where TSink : struct, ITradeSink
    {
        var price = simulation.Frame.Rows[exitRow].Open;
        var trade = entry with
        {
            ExitRow = exitRow,
            ExitPrice = price,
            Reason = reason,
            ProfitRatio = simulation.Account.ProfitRatio(simulation.Frame.Rows[entry.EntryRow].Open, price),
        };
        var profit = simulation.Profit(trade, amount);
        sink.Take(trade, amount, profit);
        return profit;
    }

    /// <summary>Returns the amount to buy; 0 when the wallet does not contain the stake.</summary>
    private static double Amount(Simulation simulation, in PossibleTrade possible, double balance, double part)
    {
        var available = balance * simulation.Account.TradableShare;
        var stake = simulation.Plan.Stake;
        var money = stake.IsShare ? balance * stake.Amount : stake.Amount;
        if (money > available * (1 + 1e-12) || available <= 0)
            return 0;
        return !stake.IsShare && part == 1
            ? possible.FullAmount
            : simulation.Account.AmountFor(money * part, simulation.Frame.Rows[possible.EntryRow].Open);
    }
}
