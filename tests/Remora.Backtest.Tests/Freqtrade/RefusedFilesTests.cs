using Remora.Backtest.Freqtrade;
using Remora.Backtest.Trading;
using Remora.Testing;
using System.IO.Compression;

namespace Remora.Backtest.Tests.Freqtrade;

public sealed class RefusedFilesTests
{
    [Fact]
    public void The_shared_list_of_2019_is_refused() =>
        Assert.Contains("list format", Assert.Throws<BacktestException>(() => FreqtradeExport.Read(SharedData.Require("freqtrade/legacy-2019-list-format-backtest-result.json"))).Message);

    [Theory]
    [InlineData("""[["MATIC/BTC", 0.01, 1583648100.0, 1583651700.0, 74, 60, 2.8e-06, 2.86e-06, false, "sell_signal"]]""", "list format that Freqtrade wrote until 2019")]
    [InlineData("""{"latest_backtest":"x.json"}""", "expected an object with 'strategy'")]
    [InlineData("""{"strategy":{"A":{"trades":[{"pair":"A/B"}],"starting_balance":1}}}""", "trade 1: 'stake_amount' is missing")]
    [InlineData("""{"strategy":{"A":{"starting_balance":1}}}""", "'trades' is missing")]
    [InlineData("{", "not valid JSON")]
    public void What_is_no_export_is_refused_with_the_reason(string text, string reason)
    {
        var path = Written("file.json", text);
        var message = Assert.Throws<BacktestException>(() => FreqtradeExport.Read(path)).Message;
        Assert.Contains(reason, message);
        Assert.StartsWith(path, message);
    }

    [Fact]
    public void A_zip_without_results_is_refused()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-export-").FullName, "x.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create)) zip.CreateEntry("readme.txt");
        Assert.Contains("no results file", Assert.Throws<BacktestException>(() => FreqtradeExport.Read(path)).Message);
    }

    [Fact]
    public void Trades_come_back_from_csv_as_they_went()
    {
        Trade[] trades =
        [
            new("BTC/USDT", Weather.At("2024-01-01T00:05:00Z"), Weather.At("2024-01-01T01:00:00Z"), 42000.5, 42100, 0.00238, 99.96119, 0.000123456789, 0.0123, ExitReason.Signal),
            new("ETH/USDT", Weather.At("2024-01-02T00:05:00Z"), Weather.At("2024-01-02T01:00:00Z"), 2000, 1800, 0.05, 100, -0.1018, -10.19, ExitReason.StopLoss, Short: true),
        ];
        using var text = new StringWriter();
        TradeCsv.Write(text, trades);
        Assert.Equal(trades, TradeCsv.Read(Written("trades.csv", text.ToString())));
    }

    [Theory]
    [InlineData("open_time,close_time\n", "no column 'profit_ratio'")]
    [InlineData("open_time,close_time,profit_ratio\nyesterday,2024-01-02,0.1\n", "line 2: 'yesterday' is not a time for 'open_time'")]
    [InlineData("open_time,close_time,profit_ratio\n2024-01-02,2024-01-01,0.1\n", "line 2: the trade closes before it opens")]
    [InlineData("open_time,close_time,profit_ratio\n2024-01-02,2024-01-03,much\n", "line 2: 'much' is not a number for 'profit_ratio'")]
    [InlineData("open_time,close_time,profit_ratio\n2024-01-02,2024-01-03\n", "line 2: expected 3 columns, found 2")]
    public void Broken_csv_is_refused_with_the_reason(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<BacktestException>(() => TradeCsv.Read(Written("trades.csv", text))).Message);

    private static string Written(string name, string text)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-export-").FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
