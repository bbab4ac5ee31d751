using Remora.Backtest.Chance;
using Remora.Backtest.Figures;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Tests.Trading;

/// <summary>A position whose size changes.</summary>
public sealed class PositionTests
{
    private sealed class Sizes(double[] sizes) : ISizedStrategy
    {
        private int _next;

        public double Size { get; private set; } = 1;

        public Signals Update(in Candle candle)
        {
            Size = sizes[Math.Min(_next++, sizes.Length - 1)];
            return Signals.Enter;
        }
    }

    private static Simulation Prepare(double[] sizes, double[] prices, double fee = 0)
    {
        var series = Generated.Prices(prices);
        var plan = new StrategyPlan("sizes", Timeframe.FiveMinutes, 0, () => new Sizes(sizes))
        {
            Stake = Stake.Share(0.5),
            GateExits = true,
            RebalanceBand = 0.25,
        };
        return Simulation.Prepare(
            plan,
            series,
            series.Candles[0].OpenTime,
            series.Candles[^1].OpenTime,
            new() { AmountStep = 0, Fee = fee }
        );
    }

    [Fact]
    public void The_oldest_lot_is_sold_first_and_every_sale_is_a_trade()
    {
        // 500 of 1000 at 100 are 5 units. At 200 the balance is 1500; a fifth of its half is 0.75.
        var trades = Prepare([1, 0.2, 1, 1], [100, 100, 200, 100, 100]).Run();
        Assert.Equal([ExitReason.Rebalance, ExitReason.Forced, ExitReason.Forced], trades.Select(t => t.ExitReason));
        Assert.Equal(4.25, trades[0].Amount, 9);
        Assert.Equal(4.25 * 100, trades[0].Profit, 9);
        // Back at 100 the balance is 1425; its half is 7.125 units, 6.375 more.
        Assert.Equal([0.75, 6.375], trades.Skip(1).Select(t => Math.Round(t.Amount, 9)));
        Assert.Equal(425, trades.Sum(t => t.Profit), 9);
    }

    [Fact]
    public void A_small_difference_changes_nothing() =>
        Assert.Single(Prepare([1, 0.8, 1, 0.8], [100, 100, 100, 100, 100, 100]).Run());

    [Fact]
    public void A_closed_gate_sells_all_lots()
    {
        var simulation = Prepare([0.5, 1, 1, 1], [100, 100, 100, 100, 100, 100], 0.001);
        var gate = Gate.Open(6);
        gate.Size[2] = 0;
        var trades = simulation.Run(gate);
        Assert.Equal([ExitReason.Gate, ExitReason.Gate, ExitReason.Forced], trades.Select(t => t.ExitReason));
    }

    [Fact]
    public void The_drawdown_is_that_of_the_account_between_lots()
    {
        var random = new Random(4);
        for (var run = 0; run < 50; run++)
        {
            var (prices, sizes) = (new double[60], new double[60]);
            prices[0] = 100;
            for (var i = 0; i < 60; i++)
            {
                sizes[i] = 0.1 + (0.9 * random.NextDouble());
                if (i > 0)
                    prices[i] = prices[i - 1] * Math.Exp(0.2 * (random.NextDouble() - 0.5));
            }
            var simulation = Prepare(sizes, prices, 0.001);
            // Without a price change at the sale, the account after it is the account before it.
            var (peak, worst) = (1000.0, 0.0);
            var trades = simulation.Run();
            for (var row = 2; row < 60; row++)
            {
                var time = simulation.Frame.Rows[row].OpenTime;
                var value = 1000 + trades.Where(t => t.CloseTime < time).Sum(t => t.Profit);
                foreach (var t in trades.Where(t => t.OpenTime < time && t.CloseTime >= time))
                    value += t.Stake * 1.001 * simulation.Account.ProfitRatio(t.OpenRate, prices[row]);
                peak = Math.Max(peak, value);
                worst = Math.Max(worst, (peak - value) / peak);
            }
            Assert.Equal(100 * worst, GatedFigures.Drawdown(simulation, null), 1e-6);
        }
    }
}
