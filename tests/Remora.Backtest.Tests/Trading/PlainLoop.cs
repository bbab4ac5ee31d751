using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.Trading;

/// <summary>A second implementation of the backtest's rules, as one loop over the rows.</summary>
internal static class PlainLoop
{
    public static List<Trade> Run(
        IReadOnlyList<Candle> rows,
        Signals[] signals,
        StrategyPlan plan,
        Gate gate,
        AccountRules account
    )
    {
        var trades = new List<Trade>();
        var balance = account.StartingBalance;
        var (held, open, stop) = (0.0, 0.0, 0.0);
        var opened = default(Instant);
        var tick = 0.01; // of these prices
        var isShort = plan.Side == Side.Short;
        for (var i = 1; i < rows.Count; i++)
        {
            var row = rows[i];
            var (enter, exit) = (signals[i - 1].HasFlag(Signals.Enter), signals[i - 1].HasFlag(Signals.Exit));
            var last = i == rows.Count - 1;
            if (
                held == 0
                && enter
                && !exit
                && !last
                && gate.Size[i - 1] > 0
                && balance * account.TradableShare >= plan.Stake.Amount
            )
            {
                held = account.AmountFor(plan.Stake.Amount * gate.Size[i - 1], row.Open);
                (open, opened, stop) = (
                    row.Open,
                    row.OpenTime,
                    AccountRules.StopPrice(row.Open, plan.StopLoss, tick, plan.Side)
                );
            }
            if (held == 0)
                continue;

            double? price = null;
            var reason = "";
            var age = row.OpenTime - opened;
            var target = plan.Roi.Last(r => r.After <= age);
            if (exit && !enter)
                (price, reason) = (row.Open, ExitReason.Signal);
            else if (isShort ? row.High >= stop : row.Low <= stop)
                (price, reason) = (row.Low <= stop && stop <= row.High ? stop : row.Open, ExitReason.StopLoss);
            else if (Profit(isShort ? row.Low : row.High) / Cost() > target.Ratio)
            {
                var wanted = account.PriceOfProfit(open, target.Ratio, plan.Side);
                var comesIntoForce =
                    age > TimeSpan.Zero && target.After == age && (isShort ? row.Open < wanted : row.Open > wanted);
                (price, reason) = (
                    DecimalSteps.Nearest(comesIntoForce ? row.Open : Math.Clamp(wanted, row.Low, row.High), tick),
                    ExitReason.Roi
                );
            }
            if (price is null && last)
                (price, reason) = (row.Open, ExitReason.Forced);
            if (price is not { } left)
                continue;

            var profit = Profit(left);
            balance += profit;
            trades.Add(
                new(null, opened, row.OpenTime, open, left, held, held * open, profit / Cost(), profit, reason, isShort)
            );
            held = 0;
        }
        return trades;

        double Cost() => held * open * (isShort ? 1 - account.Fee : 1 + account.Fee);
        double Profit(double at) =>
            isShort ? Cost() - (held * at * (1 + account.Fee)) : (held * at * (1 - account.Fee)) - Cost();
    }
}
