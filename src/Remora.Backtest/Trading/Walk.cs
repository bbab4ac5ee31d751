namespace Remora.Backtest.Trading;

/// <summary>Is told each trade of a walk, in order.</summary>
internal interface ITradeSink
{
    /// <summary>A trade that closed with this much of the base currency and this profit in money.</summary>
    void Take(in PossibleTrade trade, double amount, double profit);
}

/// <summary>Goes from one allowed entry to the next and keeps the wallet. The sink is a type parameter so that thousands of walks for the placebo allocate nothing.</summary>
internal static class Walk
{
    public static void Go<TSink>(Simulation simulation, in TurnedGate gate, ref TSink sink) where TSink : struct, ITradeSink
    {
        if (simulation.Plan.GateExits) Hold(simulation, gate, ref sink);
        else Enter(simulation, gate, ref sink);
    }

    private static void Enter<TSink>(Simulation simulation, in TurnedGate gate, ref TSink sink) where TSink : struct, ITradeSink
    {
        var balance = simulation.Account.StartingBalance;
        var free = 0; // the first row on which a trade can be entered
        foreach (ref readonly var possible in simulation.Possible)
        {
            if (possible.EntryRow < free) continue;
            var part = gate.At(possible.Known);
            if (part <= 0) continue;
            var amount = Amount(simulation, possible, balance, part);
            if (amount <= 0) continue;
            var profit = simulation.Profit(possible, amount);
            balance += profit;
            free = possible.ExitRow + 1;
            sink.Take(possible, amount, profit);
        }
    }

    private static void Hold<TSink>(Simulation simulation, in TurnedGate gate, ref TSink sink) where TSink : struct, ITradeSink
    {
        var balance = simulation.Account.StartingBalance;
        PossibleTrade entry = default;
        var amount = 0.0;
        foreach (ref readonly var look in simulation.Possible)
        {
            var part = gate.At(look.Known);
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
        if (amount > 0) Exit(simulation, entry, simulation.Frame.Rows.Length - 1, ExitReason.Forced, amount, ref sink);
    }

    private static double Exit<TSink>(Simulation simulation, in PossibleTrade entry, int exitRow, string reason, double amount, ref TSink sink)
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

    /// <summary>What can be bought; 0 when the wallet does not hold the stake.</summary>
    private static double Amount(Simulation simulation, in PossibleTrade possible, double balance, double part)
    {
        var available = balance * simulation.Account.TradableShare;
        var stake = simulation.Plan.Stake;
        var money = stake.IsShare ? balance * stake.Amount : stake.Amount;
        if (money > available * (1 + 1e-12) || available <= 0) return 0;
        return !stake.IsShare && part == 1 ? possible.FullAmount : simulation.Account.AmountFor(money * part, simulation.Frame.Rows[possible.EntryRow].Open);
    }
}

/// <summary>A gate turned round the circle of a period's candles; not turned at all with a <paramref name="shift"/> of 0.</summary>
/// <param name="size">The gate's values for the whole series.</param>
/// <param name="first">The first candle of the circle.</param>
/// <param name="count">How many candles it has.</param>
/// <param name="shift">How many candles later each value takes effect, [0, count).</param>
internal readonly struct TurnedGate(double[] size, int first, int count, int shift)
{
    /// <summary>The gate at the candle at position <paramref name="known"/> of the series; open where nothing is known.</summary>
    public double At(int known)
    {
        var position = known - first;
        if ((uint)position >= (uint)count) return known < 0 ? 1 : size[known]; // the last candle of the warm-up decides on the first row
        position -= shift;
        return size[first + (position < 0 ? position + count : position)];
    }
}
