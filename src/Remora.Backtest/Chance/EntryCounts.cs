namespace Remora.Backtest.Chance;

/// <summary>Sums over the trades of a sample, split by whether the gate blocks them.</summary>
/// <param name="Blocked">Sums over the blocked trades.</param>
/// <param name="Allowed">Sums over the other trades.</param>
internal readonly record struct EntryCounts(EntrySums Blocked, EntrySums Allowed)
{
    public int Trades => Blocked.Trades + Allowed.Trades;

    public int Losers => Blocked.Losers + Allowed.Losers;

    public int Worst => Blocked.Worst + Allowed.Worst;
}

/// <summary>Sums over trades.</summary>
internal struct EntrySums
{
    /// <summary>The number of trades.</summary>
    public int Trades { get; private set; }

    /// <summary>The number of trades with a loss.</summary>
    public int Losers { get; private set; }

    /// <summary>The number of trades that belong to the worst tenth.</summary>
    public int Worst { get; private set; }

    /// <summary>Sum of the profit ratios.</summary>
    public double Ratio { get; private set; }

    /// <summary>Sum of the profits in money.</summary>
    public double Profit { get; private set; }

    /// <summary>Sum of the excursions.</summary>
    public double Excursion { get; private set; }

    public void Add(in BaselineTrade trade, int times, bool isWorst)
    {
        Trades += times;
        if (trade.ProfitRatio < 0)
            Losers += times;
        if (isWorst)
            Worst += times;
        Ratio += times * trade.ProfitRatio;
        Profit += times * trade.Profit;
        Excursion += times * trade.Excursion;
    }

    /// <summary>Returns a sum divided by the number of trades; NaN without trades.</summary>
    public readonly double Mean(double sum) => sum / Trades;
}
