using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.Trading;

/// <summary>
/// A walk over precomputed trades gives the same result as a loop over every row with a wallet.
/// </summary>
public sealed class WalkTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Walk_equals_the_reference_loop(int seed)
    {
        var series = Generated.Candles(3000, seed);
        var random = new Random(seed);
        Signals[] script =
        [
            .. Enumerable
                .Range(0, 3000)
                .Select(_ =>
                    random.Next(12) switch
                    {
                        0 => Signals.Enter,
                        1 => Signals.Exit,
                        2 => Signals.Enter | Signals.Exit,
                        _ => Signals.None,
                    }
                ),
        ];
        var plan = Scripted.Plan(script) with
        {
            Side = seed % 2 == 0 ? Side.Short : Side.Long,
            StopLoss = -0.01,
            Roi = [new(TimeSpan.Zero, 0.012), new(TimeSpan.FromMinutes(30), 0.006)],
        };
        var gate = Generated.RandomGate(3000, seed);
        for (var i = 0; i < 3000; i += 7)
            gate.Size[i] *= 0.5;

        var walked = Simulation
            .Prepare(plan, series, Generated.Start, series.Candles[^1].OpenTime, AccountRules.Default)
            .Run(gate);
        var plain = PlainLoop.Run(series.Candles, script, plan, gate, AccountRules.Default);

        Assert.NotEmpty(plain);
        Assert.Equal(plain.Count, walked.Count);
        foreach (var (own, other) in walked.Zip(plain))
        {
            Assert.Equal(
                (other.OpenTime, other.CloseTime, other.CloseRate, other.Amount, other.ExitReason, other.Short),
                (own.OpenTime, own.CloseTime, own.CloseRate, own.Amount, own.ExitReason, own.Short)
            );
            Assert.Equal(other.Profit, own.Profit, 1e-9);
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Fact]
    public void A_strategy_with_gate_exits_has_no_trade_while_the_gate_is_closed()
    {
        var series = Generated.Candles(24 * 20, 5, Timeframe.OneHour);
        var gate = Gate.Open(series.Candles.Count);
        // Blocked for four days from the end of the sixth day.
        Array.Clear(gate.Size, 24 * 5, 24 * 4);
        var trades = Simulation
            .Prepare(
                StrategyCatalog.Find("BuyAndHold"),
                series,
                Generated.Start,
                series.Candles[^1].OpenTime,
                AccountRules.Default
            )
            .Run(gate);
        Assert.Equal([ExitReason.Gate, ExitReason.Forced], trades.Select(t => t.ExitReason));
        Assert.Equal(Generated.At("2024-01-07"), trades[0].CloseTime);
        Assert.Equal(Generated.At("2024-01-11"), trades[1].OpenTime);
    }

    [Fact]
    public void A_gate_of_another_series_is_refused()
    {
        var series = Generated.Candles(500, 1);
        var simulation = Simulation.Prepare(
            StrategyCatalog.Find("RSIEMA"),
            series,
            Generated.Start,
            series.Candles[^1].OpenTime,
            AccountRules.Default
        );
        Assert.Throws<BacktestException>(() => simulation.Run(Gate.Open(499)));
    }
}
