namespace Remora.Backtest.Trading;

/// <summary>Receives each trade of a walk, in order.</summary>
internal interface ITradeSink
{
    /// <summary>Adds a closed trade.</summary>
    /// <param name="trade">The trade.</param>
    /// <param name="amount">Its amount of the base currency.</param>
    /// <param name="profit">Its profit in money.</param>
    /// <param name="unrealised">The profit in money of what remains open at that moment.</param>
    void Take(in PossibleTrade trade, double amount, double profit, double unrealised);

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
/// parameters so that the thousands of walks of a placebo allocate nothing per trade.
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
            var part = gate.At(possible.Known) * possible.Size;
            if (part <= 0)
                continue;
            var amount = Amount(simulation, possible, balance, part);
            if (amount <= 0)
                continue;
            var profit = simulation.Profit(possible, amount);
            balance += profit;
            free = possible.ExitRow + 1;
            sink.Take(possible, amount, profit, 0);
        }
    }

    private static void Hold<TGate, TSink>(Simulation simulation, in TGate gate, ref TSink sink)
        where TGate : struct, IEntryGate
        where TSink : struct, ITradeSink
    {
        var position = new Position(simulation);
        foreach (ref readonly var look in simulation.Possible)
        {
            var part = gate.At(look.Known) * look.Size;
            var price = simulation.Frame.Rows[look.EntryRow].Open;
            if (position.Amount > 0)
                sink.Mark(position.Unrealised(price));
            if (part <= 0)
            {
                position.Close(position.Amount, look.EntryRow, ExitReason.Gate, ref sink);
                continue;
            }
            if (position.Amount == 0)
            {
                position.Add(look, Amount(simulation, look, position.Balance, part));
                continue;
            }
            if (simulation.Plan.RebalanceBand is not { } band)
                continue;
            var wanted = Amount(simulation, look, position.Balance + position.Unrealised(price), part);
            if (wanted > position.Amount * (1 + band))
                position.Add(look, wanted - position.Amount);
            else if (wanted < position.Amount * (1 - band))
                position.Close(position.Amount - wanted, look.EntryRow, ExitReason.Rebalance, ref sink);
        }
        position.Close(position.Amount, simulation.Frame.Rows.Length - 1, ExitReason.Forced, ref sink);
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
