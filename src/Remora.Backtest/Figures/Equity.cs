using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Figures;

/// <summary>The balance day by day. Open trades are valued at the day's last close.</summary>
public static class Equity
{
    /// <summary>Returns the balance at the end of each day of the frame's period.</summary>
    public static IReadOnlyList<(Instant Day, double Balance)> Daily(Simulation simulation, IReadOnlyList<Trade> trades)
    {
        var rows = simulation.Frame.Rows;
        var days = new List<(Instant, double)>();
        var balance = simulation.Account.StartingBalance;
        // Trades of one position can overlap.
        var byOpen = trades.OrderBy(t => t.OpenTime.UnixMilliseconds).ToArray();
        var open = new List<Trade>();
        var next = 0;
        for (var i = simulation.Frame.First; i < rows.Length; i++)
        {
            var closed = rows[i].OpenTime + simulation.Plan.Timeframe.Length;
            if (closed.Floor(Timeframe.OneDay.Length) != closed && i < rows.Length - 1)
                continue;
            while (next < byOpen.Length && byOpen[next].OpenTime < closed)
                open.Add(byOpen[next++]);
            foreach (var trade in open)
                if (trade.CloseTime < closed)
                    balance += trade.Profit;
            open.RemoveAll(trade => trade.CloseTime < closed);
            days.Add((closed, balance + open.Sum(trade => simulation.Unrealised(trade, i))));
        }
        return days;
    }
}
