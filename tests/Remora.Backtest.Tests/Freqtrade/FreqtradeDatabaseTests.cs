using Remora.Backtest.Freqtrade;
using Remora.Testing;

namespace Remora.Backtest.Tests.Freqtrade;

public sealed class FreqtradeDatabaseTests : IDisposable
{
    private const string Table =
        "CREATE TABLE trades (pair, is_open, open_rate, close_rate, close_profit, close_profit_abs, stake_amount, "
        + "amount, open_date, close_date);";

    private readonly string _folder = Directory.CreateTempSubdirectory("remora-bot-").FullName;

    private string File => Path.Combine(_folder, "trades.sqlite");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The real Freqtrade wrote it in a dry run.</summary>
    [Fact]
    public void A_dry_run_is_read()
    {
        var path = SharedData.Require("freqtrade/tradesv3.dryrun.sqlite");
        Assert.True(FreqtradeDatabase.Is(path));
        var run = Assert.Single(FreqtradeDatabase.Read(path));
        Assert.Equal(("TickTock", 66, 2), (run.Strategy, run.Trades.Count, run.OpenTrades));
        Assert.Equal(-21.096369829999997, run.Trades.Sum(trade => trade.Profit), 1e-9);
        var first = run.Trades[0];
        Assert.Equal(
            ("BTC/USDT", 58417.03, 58539.75, 0.00171),
            (first.Pair, first.OpenRate, first.CloseRate, first.Amount)
        );
        Assert.Equal("2026-11-26T20:30:02.843Z", first.OpenTime.ToString());
        Assert.Equal((9.855798484559653e-05, 0.00985511, "roi"), (first.ProfitRatio, first.Profit, first.ExitReason));
    }

    [Theory]
    [InlineData("CREATE TABLE other (a)", "not a database of Freqtrade: it has no table 'trades'")]
    [InlineData("CREATE VIEW trades AS SELECT 1 AS pair", "it has no table 'trades'")]
    [InlineData("CREATE TABLE trades (pair, is_open)", "the table 'trades' has no column 'open_date'")]
    [InlineData(
        Table + "INSERT INTO trades VALUES ('A/B', 0, 1, 1, 0, 0, 1, 1, '2024-01-01 00:00:00', NULL)",
        "trade 1: 'close_date' is missing"
    )]
    [InlineData(
        Table + "INSERT INTO trades VALUES ('A/B', 0, 1, 1, 0, 0, 1, 1, '2024-01-02', '2024-01-01')",
        "trade 1: it closes (2024-01-01T00:00:00Z) before it opens"
    )]
    [InlineData(
        Table + "INSERT INTO trades VALUES ('A/B', 0, 'x', 1, 0, 0, 1, 1, '2024-01-01', '2024-01-01')",
        "trade 1: 'open_rate' is not a number"
    )]
    [InlineData(
        Table + "INSERT INTO trades VALUES ('A/B', 0, 1e999, 1, 0, 0, 1, 1, '2024-01-01', '2024-01-01')",
        "trade 1: 'open_rate' is not a number"
    )]
    [InlineData(
        Table + "INSERT INTO trades VALUES ('A/B', 0, 1, 1, 0, 0, 1, 1, 'soon', '2024-01-01')",
        "trade 1: 'open_date' is 'soon': expected a time from 2000"
    )]
    public void Other_databases_are_refused_with_the_reason(string sql, string reason)
    {
        BotDatabase.Write(File, sql);
        var error = Assert.Throws<BacktestException>(() => FreqtradeDatabase.Read(File)).Message;
        Assert.StartsWith(File + ": ", error);
        Assert.Contains(reason, error);
    }

    /// <summary>The schema of 2021 has other names and no shorts.</summary>
    [Fact]
    public void An_older_schema_is_read()
    {
        BotDatabase.Write(
            File,
            Table.Replace("pair,", "pair, sell_reason,")
                + "INSERT INTO trades VALUES ('A/B', 'roi', 0, 1, 1, 0.5, 5, 10, 1, '2024-01-01', '2024-01-02')"
        );
        var run = Assert.Single(FreqtradeDatabase.Read(File));
        var trade = Assert.Single(run.Trades);
        Assert.Equal(("trades", "roi", false, 0.5), (run.Strategy, trade.ExitReason, trade.Short, trade.ProfitRatio));
    }

    [Fact]
    public void A_damaged_or_too_large_file_is_refused()
    {
        BotDatabase.Write(File, Table);
        var bytes = System.IO.File.ReadAllBytes(File);
        Assert.Contains(
            "more than 100 bytes",
            Assert.Throws<BacktestException>(() => FreqtradeDatabase.Read(File, 100)).Message
        );
        System.IO.File.WriteAllBytes(File, bytes[..(bytes.Length / 2)]);
        Assert.True(FreqtradeDatabase.Is(File));
        Assert.Contains(
            "the database cannot be read",
            Assert.Throws<BacktestException>(() => FreqtradeDatabase.Read(File)).Message
        );
        Assert.False(FreqtradeDatabase.Is(Path.Combine(_folder, "missing")));
    }
}
