using Remora.Backtest.Data;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Trading;

/// <summary>
/// ChannelBreakout on both sides trades as the real Freqtrade did with the strategy BothSides on
/// perpetuals. Freqtrade adds the funding of the trade to its profit targets and uses leverage, so
/// prices are compared where the exit is no profit target, and profits are not.
/// </summary>
public sealed class FreqtradeShortsTests
{
    [Theory]
    [InlineData("BTC", 234, 200, 1)]
    [InlineData("ETH", 250, 225, 1)]
    public void Both_sides_trade_as_in_Freqtrade(string coin, int longs, int shorts, int otherTarget)
    {
        var series = CandleFile.Read(SharedData.Require($"candles/{coin}USDT-1h.csv.gz"));
        var theirs = FreqtradeExport
            .Read(SharedData.Require("freqtrade/backtest-result-2026-11-26_19-24-15.zip"))
            .Single()
            .Trades.Where(trade => trade.Pair!.StartsWith(coin, StringComparison.Ordinal))
            .ToArray();
        Assert.Equal((longs, shorts), (theirs.Count(t => !t.Short), theirs.Count(t => t.Short)));

        var ours = new[] { "ChannelBreakout", "ChannelBreakoutShort" }
            .SelectMany(name =>
                Simulation
                    .Prepare(
                        StrategyCatalog.Find(name) with
                        {
                            Stake = Stake.Fixed(1),
                        },
                        series,
                        Generated.At("2021-07-01"),
                        Generated.At("2025-06-30"),
                        new() { Fee = 0.0005, AmountStep = 0 }
                    )
                    .Run()
            )
            .ToDictionary(trade => (trade.OpenTime, trade.Short));
        Assert.Equal(theirs.Length, ours.Count);
        var (missing, different) = (0, new List<string>());
        foreach (var their in theirs)
        {
            if (!ours.TryGetValue((their.OpenTime, their.Short), out var our))
                missing++;
            else if (our.ExitReason == ExitReason.Roi || their.ExitReason == ExitReason.Roi)
                Assert.Equal(their.OpenRate, our.OpenRate);
            else if (
                (our.OpenRate, our.CloseTime, our.CloseRate, our.ExitReason)
                != (their.OpenRate, their.CloseTime, their.CloseRate, their.ExitReason)
            )
                different.Add($"{our}, Freqtrade {their}");
        }
        Assert.Empty(different);
        // Where funding moved a target to another candle, the next entry can differ too.
        Assert.Equal(otherTarget, missing);
    }
}
