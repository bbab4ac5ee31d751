using Remora.Backtest.Strategies;
using Remora.Risk;

namespace Remora.Backtest.Trading;

/// <summary>
/// Follows a trade row by row from its entry to its exit, in Freqtrade's order: exit signal at the
/// open, stop-loss, profit target; on the last row a forced exit at the open. The result does not
/// depend on the wallet or on other trades, so it is computed once per entry.
/// </summary>
internal sealed class Follower(CandleFrame frame, StrategyPlan plan, AccountRules account, Signals[] signals)
{
    private readonly bool _isShort = plan.Side == Side.Short;

    public PossibleTrade Follow(int entry) => plan.Ladder is null ? FollowOne(entry) : FollowLadder(entry);

    private PossibleTrade FollowOne(int entry)
    {
        var rows = frame.Rows;
        var last = rows.Length - 1;
        var open = rows[entry].Open;
        var tick = frame.Ticks.At(rows[entry].OpenTime);
        var stop = AccountRules.StopPrice(open, plan.StopLoss, tick, plan.Side);
        // A short trade can lose its stake and no more.
        var ruin = _isShort ? account.PriceOfProfit(open, -1, Side.Short) : double.PositiveInfinity;
        for (var i = entry; i < rows.Length; i++)
        {
            ref readonly var row = ref rows[i];
            if (row.Open >= ruin)
                return Exit(entry, i, ruin, ExitReason.Liquidation);
            if (ExitsBefore(i))
                return Exit(entry, i, row.Open, ExitReason.Signal);
            if (_isShort ? row.High >= stop : row.Low <= stop)
            {
                var beyond = _isShort ? stop < row.Low : stop > row.High;
                return Exit(entry, i, beyond ? row.Open : stop, ExitReason.StopLoss);
            }
            if (_isShort && row.High >= ruin)
                return Exit(entry, i, ruin, ExitReason.Liquidation);
            if (TakesProfit(entry, i, out var price))
                return Exit(entry, i, DecimalSteps.Nearest(price, tick), ExitReason.Roi);
        }
        return Exit(entry, last, rows[last].Open, ExitReason.Forced);
    }

    private PossibleTrade FollowLadder(int entry)
    {
        var rows = frame.Rows;
        var orders = new LadderOrders(plan.Ladder!, rows[entry].Open, account.Fee);
        for (var i = entry; i < rows.Length; i++)
            if (orders.Update(rows[i], ExitsBefore(i), i == rows.Length - 1) is { } reason)
                return Exit(entry, i, orders.LastPrice, reason) with { ProfitRatio = orders.Ratio };
        throw new InvalidOperationException("the last row closes every trade");
    }

    // The signals for a row come from the candle before it.
    private bool ExitsBefore(int row) => row > 0 && (signals[row - 1] & (Signals.Enter | Signals.Exit)) == Signals.Exit;

    private bool TakesProfit(int entry, int i, out double price)
    {
        price = 0;
        ref readonly var row = ref frame.Rows[i];
        var open = frame.Rows[entry].Open;
        var age = row.OpenTime - frame.Rows[entry].OpenTime;
        RoiStep? valid = null;
        foreach (var step in plan.Roi)
            if (step.After <= age)
                valid = step;
        if (
            valid is not { } target
            || account.ProfitRatio(open, _isShort ? row.Low : row.High, plan.Side) <= target.Ratio
        )
            return false;

        var wanted = account.PriceOfProfit(open, target.Ratio, plan.Side);
        var better = _isShort ? row.Open < wanted : row.Open > wanted;
        var newStep = age > TimeSpan.Zero && age == target.After && better;
        price = newStep ? row.Open : Math.Min(Math.Max(wanted, row.Low), row.High);
        return true;
    }

    /// <summary>Returns an entry whose exit is not known beforehand.</summary>
    public PossibleTrade EntryOnly(int entry) => Exit(entry, entry, frame.Rows[entry].Open, "");

    private PossibleTrade Exit(int entry, int exit, double price, string reason)
    {
        var open = frame.Rows[entry].Open;
        var full = plan.Stake.IsShare ? double.NaN : account.AmountFor(plan.Stake.Amount, open);
        return new(entry, exit, frame.Known[entry], price, reason, account.ProfitRatio(open, price, plan.Side), full);
    }
}

/// <summary>The trade that results from an entry on a row.</summary>
/// <param name="EntryRow">The row of the entry, at the open.</param>
/// <param name="ExitRow">The row of the exit.</param>
/// <param name="Known">Position in the series of the last candle that had closed at the entry,
/// which the gate can use.</param>
/// <param name="ExitPrice">The price of the exit.</param>
/// <param name="Reason">The exit reason.</param>
/// <param name="ProfitRatio">Profit relative to the value at the entry, with fees; of a ladder,
/// relative to all its orders, filled or not.</param>
/// <param name="FullAmount">The amount that a full fixed stake buys; NaN when the stake is a
/// share.</param>
/// <param name="Size">The part of the stake that the strategy takes, (0, 1].</param>
internal readonly record struct PossibleTrade(
    int EntryRow,
    int ExitRow,
    int Known,
    double ExitPrice,
    string Reason,
    double ProfitRatio,
    double FullAmount,
    double Size = 1
);
