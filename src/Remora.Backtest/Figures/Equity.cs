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
        var account = simulation.Account;
        var days = new List<(Instant, double)>();
        var balance = account.StartingBalance;
        var next = 0;
        for (var i = simulation.Frame.First; i < rows.Length; i++)
        {
            var closed = rows[i].OpenTime + simulation.Plan.Timeframe.Length;
            if (closed.Floor(Timeframe.OneDay.Length) != closed && i < rows.Length - 1)
                continue;
            while (next < trades.Count && trades[next].CloseTime < closed)
                balance += trades[next++].Profit;
            var open = next < trades.Count && trades[next].OpenTime < closed ? trades[next] : null;
            var unrealised = open is null
                ? 0
                : open.Stake * (1 + account.Fee) * account.ProfitRatio(open.OpenRate, rows[i].Close);
            days.Add((closed, balance + unrealised));
        }
        return days;
    }
}
