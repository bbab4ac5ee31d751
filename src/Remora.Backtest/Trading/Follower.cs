using Remora.Backtest.Strategies;

namespace Remora.Backtest.Trading;

/// <summary>
/// Follows a trade from its entry row to its exit, row by row, in Freqtrade's order: exit signal at the open, stop-loss, profit to take; on the last row a forced exit at the open.
/// Nothing in it depends on the wallet or on other trades, so it needs to be worked out once per entry.
/// </summary>
internal sealed class Follower(CandleFrame frame, StrategyPlan plan, AccountRules account, Signals[] signals)
{
    public PossibleTrade Follow(int entry)
    {
        var rows = frame.Rows;
        var last = rows.Length - 1;
        var open = rows[entry].Open;
        var stop = account.StopPrice(open, plan.StopLoss);
        for (var i = entry; i < rows.Length; i++)
        {
            ref readonly var row = ref rows[i];
            // The signals of a row are those of the candle before it.
            if ((signals[i - 1] & (Signals.Enter | Signals.Exit)) == Signals.Exit) return Exit(entry, i, row.Open, ExitReason.Signal);
            if (row.Low <= stop) return Exit(entry, i, stop > row.High ? row.Open : stop, ExitReason.StopLoss);
            if (TakesProfit(entry, i, out var price)) return Exit(entry, i, price, ExitReason.Roi);
        }
        return Exit(entry, last, rows[last].Open, ExitReason.Forced);
    }

    private bool TakesProfit(int entry, int i, out double price)
    {
        price = 0;
        ref readonly var row = ref frame.Rows[i];
        var open = frame.Rows[entry].Open;
        var age = row.OpenTime - frame.Rows[entry].OpenTime;
        RoiStep? valid = null;
        foreach (var step in plan.Roi)
            if (step.After <= age) valid = step;
        if (valid is not { } target || account.ProfitRatio(open, row.High) <= target.Ratio) return false;

        // Freqtrade asks for the ratio of the price without the fee here, so that 10 % comes out as 9.99 %.
        var wanted = open * (target.Ratio + 1 + account.Fee) / (1 - account.Fee);
        var newStep = age > TimeSpan.Zero && age == target.After && row.Open > wanted;
        price = newStep ? row.Open : Math.Min(Math.Max(wanted, row.Low), row.High);
        return true;
    }

    /// <summary>An entry whose exit is not known beforehand.</summary>
    public PossibleTrade EntryOnly(int entry) => Exit(entry, entry, frame.Rows[entry].Open, "");

    private PossibleTrade Exit(int entry, int exit, double price, string reason)
    {
        var open = frame.Rows[entry].Open;
        var full = plan.Stake.IsShare ? double.NaN : account.AmountFor(plan.Stake.Amount, open);
        return new(entry, exit, frame.Known[entry], price, reason, account.ProfitRatio(open, price), full);
    }
}

/// <summary>What a trade would be if it were entered on a row.</summary>
/// <param name="EntryRow">The row it is entered on, at the open.</param>
/// <param name="ExitRow">The row it is left on.</param>
/// <param name="Known">Position in the series of the last candle that had closed at the entry: what the gate may know.</param>
/// <param name="ExitPrice">The price it is left at.</param>
/// <param name="Reason">Why.</param>
/// <param name="ProfitRatio">Profit against cost, with fees.</param>
/// <param name="FullAmount">How much a whole fixed stake buys; NaN where the stake is a share.</param>
internal readonly record struct PossibleTrade(int EntryRow, int ExitRow, int Known, double ExitPrice, string Reason, double ProfitRatio, double FullAmount);
