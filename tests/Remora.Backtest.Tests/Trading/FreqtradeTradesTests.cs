using System.Globalization;
using Remora.Backtest.Data;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Csv;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Trading;

/// <summary>Every trade of the real Freqtrade 2026.9 comes out on the same candles.</summary>
public sealed class FreqtradeTradesTests
{
    [Theory]
    [InlineData("BTC", "20220101-20221231", 5744)]
    [InlineData("BTC", "20240101-20250630", 7995)]
    [InlineData("ETH", "20220101-20221231", 5425)]
    public void Every_trade_comes_out(string coin, string period, int trades)
    {
        var series = CandleFile.Read(SharedData.Require($"candles/{coin}USDT-5m.csv.gz"));
        var recorded = Recorded(SharedData.Require($"freqtrade/trades/{coin}USDT-{period}.csv.gz"));
        Assert.Equal(trades, recorded.Count);
        var days = period.Split('-').Select(day => Generated.At($"{day[..4]}-{day[4..6]}-{day[6..]}")).ToArray();
        var different = new List<string>();
        foreach (var strategy in recorded.GroupBy(trade => trade.Strategy))
        {
            var ours = Simulation
                .Prepare(
                    StrategyCatalog.Find(strategy.Key),
                    series,
                    days[0],
                    days[1],
                    AccountRules.Default,
                    $"{coin}/USDT"
                )
                .Run();
            var theirs = strategy.Select(trade => trade.Trade).ToArray();
            for (var i = 0; i < Math.Max(ours.Count, theirs.Length); i++)
            {
                var (a, b) = (i < ours.Count ? ours[i] : null, i < theirs.Length ? theirs[i] : null);
                if (!Equal(a, b))
                    different.Add($"{strategy.Key} {i}: {a}, Freqtrade {b}");
            }
        }
        Assert.True(
            different.Count == 0,
            $"{different.Count} differ, the first: {string.Join("\n", different.Take(5))}"
        );
    }

    private static bool Equal(Trade? a, Trade? b) =>
        a is not null
        && b is not null
        && a.OpenTime == b.OpenTime
        && a.CloseTime == b.CloseTime
        && a.OpenRate == b.OpenRate
        && a.CloseRate == b.CloseRate
        && a.Amount == b.Amount
        && a.ExitReason == b.ExitReason
        && Math.Abs(a.ProfitRatio - b.ProfitRatio) <= 1e-8
        && Math.Abs(a.Profit - b.Profit) <= 1e-8;

    private static List<(string Strategy, Trade Trade)> Recorded(string path)
    {
        using var rows = new CsvRows(TextFile.Open(path));
        Assert.True(rows.Read());
        Assert.StartsWith(
            "strategy,pair,open_timestamp,close_timestamp,open_rate,close_rate,amount,stake_amount,profit_ratio,profit_abs,exit_reason",
            string.Join(',', rows.ToArray()),
            StringComparison.Ordinal
        );
        var trades = new List<(string, Trade)>();
        while (rows.Read())
        {
            var cells = rows.ToArray();
            double Number(int column) => double.Parse(cells[column], CultureInfo.InvariantCulture);
            Instant Time(int column) => new(long.Parse(cells[column], CultureInfo.InvariantCulture));
            trades.Add(
                (
                    cells[0],
                    new(
                        cells[1],
                        Time(2),
                        Time(3),
                        Number(4),
                        Number(5),
                        Number(6),
                        Number(7),
                        Number(8),
                        Number(9),
                        cells[10]
                    )
                )
            );
        }
        return trades;
    }
}
