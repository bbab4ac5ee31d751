using System.IO.Compression;
using Remora.Backtest.Data;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.Trading;
using Remora.Csv;
using Remora.Testing;

namespace Remora.Backtest.Tests.Freqtrade;

public sealed class RefusedFilesTests
{
    [Fact]
    public void The_list_format_of_2019_is_rejected() =>
        Assert.Contains(
            "list format",
            Assert
                .Throws<BacktestException>(() =>
                    FreqtradeExport.Read(SharedData.Require("freqtrade/legacy-2019-list-format-backtest-result.json"))
                )
                .Message
        );

    [Theory]
    [InlineData(
        """[["MATIC/BTC", 0.01, 1583648100.0, 1583651700.0, 74, 60, 2.8e-06, 2.86e-06, false, "sell_signal"]]""",
        "list format of Freqtrade versions until 2019"
    )]
    [InlineData("""{"latest_backtest":"x.json"}""", "expected an object with 'strategy'")]
    [InlineData(
        """{"strategy":{"A":{"trades":[{"pair":"A/B"}],"starting_balance":1}}}""",
        "trade 1: 'stake_amount' is missing"
    )]
    [InlineData("""{"strategy":{"A":{"starting_balance":1}}}""", "'trades' is missing")]
    [InlineData("{", "not valid JSON")]
    public void Other_files_are_rejected_with_the_reason(string text, string reason) => IsRefused(text, reason);

    [Theory]
    [InlineData(
        "1e300",
        "1e12",
        "trade 1: 'open_timestamp' is 1E+300 ms since 1970: expected a time from 2000-01-01T00:00:00Z to 2100"
    )]
    [InlineData("1.7e12", "1.6e12", "trade 1: it closes (2020-09-13T12:26:40Z) before it opens (2023-11-14T22:13:20Z)")]
    [InlineData("1e12", "null, \"close_date\": \"soon\"", "trade 1: 'close_date' is 'soon': expected a time from 2000")]
    public void A_trade_at_an_impossible_time_is_named(string open, string close, string reason)
    {
        var trade =
            "\"stake_amount\": 1, \"profit_ratio\": 0, \"open_rate\": 1, \"close_rate\": 1, \"amount\": 1"
            + $", \"open_timestamp\": {open}, \"close_timestamp\": {close}";
        IsRefused($"{{\"strategy\": {{\"A\": {{\"trades\": [{{{trade}}}]}}}}}}", reason);
    }

    [Theory]
    [InlineData(
        "1",
        "1e30",
        "2e12",
        "'backtest_start_ts' is 1E+30 ms since 1970: expected a time from 2000-01-01T00:00:00Z"
    )]
    [InlineData(
        "1",
        "1.7e12",
        "1.6e12",
        "'backtest_end_ts' (2020-09-13T12:26:40Z) is before 'backtest_start_ts' (2023"
    )]
    [InlineData("1e400", "1.6e12", "1.7e12", "'starting_balance' is too large for a number")]
    public void A_run_with_impossible_figures_is_refused(string balance, string from, string to, string reason)
    {
        var run =
            $"\"trades\": [], \"starting_balance\": {balance}, \"backtest_start_ts\": {from}, \"backtest_end_ts\": "
            + $"{to}";
        IsRefused($"{{\"strategy\": {{\"A\": {{{run}}}}}}}", reason);
    }

    [Fact]
    public void A_zip_without_results_is_refused()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-export-").FullName, "x.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
            zip.CreateEntry("readme.txt");
        Assert.Contains("no results file", Assert.Throws<BacktestException>(() => FreqtradeExport.Read(path)).Message);
    }

    [Fact]
    public void A_zip_above_the_limit_is_rejected_before_decompression()
    {
        var path = Zipped(TradeFile.MaxBytes + 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = Assert.Throws<BacktestException>(() => FreqtradeExport.Read(path)).Message;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.StartsWith($"{path}: the file has more than {TradeFile.MaxBytes} bytes of content", message);
    }

    [Fact]
    public void A_zip_with_a_false_length_is_read_up_to_the_limit()
    {
        const int max = 1 << 20;
        var path = Zipped(64 * max);
        var bytes = File.ReadAllBytes(path);
        // The entry of the central directory, which readers use.
        var entry = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(bytes.AsSpan(entry + 24), 10);
        File.WriteAllBytes(path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<BacktestException>(() => FreqtradeExport.Read(path, max));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * max);
    }

    [Fact]
    public void A_compressed_csv_above_the_limit_is_rejected()
    {
        const int max = 1 << 20;
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-export-").FullName, "trades.csv.gz");
        using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            Fill(gzip, 64 * max, '\n');
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = Assert.Throws<BacktestException>(() => TradeCsv.Read(path, max)).Message;
        Assert.Contains($"more than {max} bytes", message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * max);
    }

    [Fact]
    public void Trades_survive_a_csv_round_trip()
    {
        Trade[] trades =
        [
            new(
                "BTC/USDT",
                Generated.At("2024-01-01T00:05:00Z"),
                Generated.At("2024-01-01T01:00:00Z"),
                42000.5,
                42100,
                0.00238,
                99.96119,
                0.000123456789,
                0.0123,
                ExitReason.Signal
            ),
            new(
                "ETH/USDT",
                Generated.At("2024-01-02T00:05:00Z"),
                Generated.At("2024-01-02T01:00:00Z"),
                2000,
                1800,
                0.05,
                100,
                -0.1018,
                -10.19,
                ExitReason.StopLoss,
                Short: true
            ),
        ];
        using var text = new StringWriter();
        TradeCsv.Write(text, trades);
        Assert.Equal(trades, TradeCsv.Read(Written("trades.csv", text.ToString())));
    }

    [Fact]
    public void A_compressed_csv_of_one_endless_line_is_refused()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-export-").FullName, "candles.csv.gz");
        using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            Fill(gzip, 1 << 28, '1');
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = Assert.Throws<BacktestException>(() => CandleFile.Read(path)).Message;
        Assert.Equal($"{path}, line 1: the line is longer than {CsvRows.LongestLine} bytes, the maximum", message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 23);
    }

    [Theory]
    [InlineData(
        "open_time,close_time,profit_ratio\n2024-01-02,2024-01-03,\"0.1\n",
        "line 2: a quote is not closed on its line"
    )]
    [InlineData("open_time,close_time\n", "the column 'profit_ratio' is missing")]
    [InlineData(
        "open_time,close_time,profit_ratio\nyesterday,2024-01-02,0.1\n",
        "line 2: 'yesterday' is not a time for 'open_time'"
    )]
    [InlineData(
        "open_time,close_time,profit_ratio\n9999-01-01,9999-01-02,0.1\n",
        "line 2: 'open_time' is '9999-01-01': expected a time from 2000-01-01T00:00:00Z"
    )]
    [InlineData(
        "open_time,close_time,profit_ratio\n2024-01-02,2024-01-01,0.1\n",
        "line 2: the trade closes before it opens"
    )]
    [InlineData(
        "open_time,close_time,profit_ratio\n2024-01-02,2024-01-03,much\n",
        "line 2: 'much' is not a number for 'profit_ratio'"
    )]
    [InlineData("open_time,close_time,profit_ratio\n2024-01-02,2024-01-03\n", "line 2: expected 3 columns, found 2")]
    public void Invalid_csv_is_rejected_with_the_reason(string text, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<BacktestException>(() => TradeCsv.Read(Written("trades.csv", text))).Message
        );

    private static void IsRefused(string text, string reason)
    {
        var path = Written("file.json", text);
        var message = Assert.Throws<BacktestException>(() => FreqtradeExport.Read(path)).Message;
        Assert.Contains(reason, message);
        Assert.StartsWith(path, message);
    }

    private static string Zipped(long bytes)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-export-").FullName, "bomb.zip");
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        using var entry = zip.CreateEntry("bomb.json", CompressionLevel.Fastest).Open();
        Fill(entry, bytes, ' ');
        return path;
    }

    private static void Fill(Stream stream, long bytes, char with)
    {
        var same = new byte[1 << 20];
        same.AsSpan().Fill((byte)with);
        for (var left = bytes; left > 0; left -= same.Length)
            stream.Write(same, 0, (int)Math.Min(left, same.Length));
    }

    private static string Written(string name, string text)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-export-").FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
