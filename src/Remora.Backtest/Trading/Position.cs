namespace Remora.Backtest.Trading;

/// <summary>
/// The open position of a plan that holds: what was bought, one lot per purchase. The oldest lot is
/// sold first, and each sold lot is a trade.
/// </summary>
internal sealed class Position(Simulation simulation)
{
    private readonly Queue<Lot> _lots = new();
    private Lot _oldest; // taken out of the queue, because a part of it can be sold

    /// <summary>The money without the unrealised profit.</summary>
    public double Balance { get; private set; } = simulation.Account.StartingBalance;

    /// <summary>The amount that is held, in the base currency.</summary>
    public double Amount { get; private set; }

    /// <summary>Returns the profit in money at a price.</summary>
    public double Unrealised(double price)
    {
        var sum = Value(_oldest);
        foreach (var lot in _lots)
            sum += Value(lot);
        return sum;

        double Value(in Lot lot) => lot.Amount > 0 ? simulation.Unrealised(lot.Entry.EntryRow, lot.Amount, price) : 0;
    }

    /// <summary>Adds a lot.</summary>
    public void Add(in PossibleTrade entry, double amount)
    {
        if (amount <= 0)
            return;
        if (Amount == 0)
            _oldest = new(entry, amount);
        else
            _lots.Enqueue(new(entry, amount));
        Amount += amount;
    }

    /// <summary>Sells an amount at the open of a row.</summary>
    public void Close<TSink>(double amount, int row, string reason, ref TSink sink)
        where TSink : struct, ITradeSink
    {
        var price = simulation.Frame.Rows[row].Open;
        while (amount > 0 && Amount > 0)
        {
            var lot = _oldest;
            // The rest of a subtraction is no lot of its own.
            var sold = amount >= lot.Amount * (1 - 1e-12) ? lot.Amount : amount;
            amount -= sold;
            if (sold < lot.Amount)
                (_oldest, Amount) = (lot with { Amount = lot.Amount - sold }, Amount - sold);
            else if (_lots.TryDequeue(out var next))
                (_oldest, Amount) = (next, Amount - sold);
            else
                (_oldest, Amount) = (default, 0);

            var open = simulation.Frame.Rows[lot.Entry.EntryRow].Open;
            var trade = lot.Entry with
            {
                ExitRow = row,
                ExitPrice = price,
                Reason = reason,
                ProfitRatio = simulation.Account.ProfitRatio(open, price, simulation.Plan.Side),
            };
            var profit = simulation.Profit(trade, sold);
            Balance += profit;
            sink.Take(trade, sold, profit, Unrealised(price));
        }
    }

    private readonly record struct Lot(PossibleTrade Entry, double Amount);
}
