using Remora.Backtest.Freqtrade;
using Remora.Backtest.Judgement;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Judgement;

/// <summary>
/// Every file of trades that the real Freqtrade wrote is judged, or says why not.
/// </summary>
public sealed class RealTradesTests
{
    private static IReadOnlyList<Backtest.Judgement.Judgement> Judge(string file, params JudgeMarket[] markets) =>
        JudgeJob.Run(
            new()
            {
                Runs = TradeRuns.Read(SharedData.Require("freqtrade/" + file)),
                Markets = markets,
                Shifts = 20,
                Resamples = 20,
            }
        );

    private static JudgeMarket Hourly(string @base) =>
        new(Pair.Parse(@base + "/USDT"), SharedData.Require($"candles/{@base}USDT-1h.csv.gz"));

    /// <summary>
    /// Additions, partial exits, tags; the exchange of the configuration in the zip.
    /// </summary>
    [Fact]
    public void A_run_with_additions_and_tags()
    {
        var run = Assert.Single(
            TradeRuns.Read(SharedData.Require("freqtrade/backtest-result-2026-11-26_19-23-08.zip"))
        );
        Assert.All(run.Trades, trade => Assert.Equal("binance", trade.Exchange));
        Assert.Equal(217, run.Trades.Count(trade => trade.Tag == "strong"));
        var added = run.Trades.Sum(trade => trade.Additions!.Count);
        var judged = Assert.Single(Judge("backtest-result-2026-11-26_19-23-08.zip", Hourly("BTC"), Hourly("ETH")));
        Assert.Equal([("strong", 217), ("calm", 111)], judged.Tags.Select(tag => (tag.Tag, tag.Trades)));
        Assert.All(judged.Tags, tag => Assert.InRange(tag.AdjustedP, tag.P, 1));
        Assert.InRange(added, 1, 328 * 3);
        Assert.Equal(added, judged.Additions!.Orders);
        Assert.Empty(judged.Unknown);
    }

    [Fact]
    public void A_run_with_shorts_by_the_short_verdict()
    {
        var judged = Assert.Single(Judge("backtest-result-2026-11-26_19-24-15.zip", Hourly("BTC"), Hourly("ETH")));
        Assert.Equal(
            [("break_up", 484, 0), ("break_down", 425, 425)],
            judged.Tags.Select(tag => (tag.Tag, tag.Trades, tag.Shorts))
        );
        Assert.Null(judged.Additions);
    }

    [Fact]
    public void An_export_of_2023_with_other_pairs()
    {
        var judged = Assert.Single(Judge("backtest-result-2023-01-08_13-22-02.json", Hourly("ETH")));
        Assert.Equal((15, 4 + 3 + 1), (judged.All.Trades, judged.Uncovered.Values.Sum()));
        Assert.Contains(judged.Unknown, sentence => sentence.StartsWith("No trade has an entry tag"));
    }

    /// <summary>Without any candles, the error names the pairs and the span.</summary>
    [Theory]
    [InlineData("backtest-result.json", "no candles for any of its 179 trades of ADA/BTC")]
    [InlineData("backtest-result_multistrat.json", "no candles for any of its 179 trades of ADA/BTC")]
    [InlineData("backtest-result-2026-11-26_19-24-33.zip", "no candles for any of its 95 trades of BTC/USDT")]
    [InlineData("legacy-2019-list-format-backtest-result.json", "list format of Freqtrade versions until 2019")]
    public void A_run_without_candles_says_so(string file, string reason) =>
        Assert.Contains(reason, Assert.Throws<BacktestException>(() => Judge(file, Hourly("ETH"))).Message);

    [Theory]
    [InlineData("backtest-result.json", 1, "buy_tag")]
    [InlineData("backtest-result_multistrat.json", 2, null)]
    public void Older_exports_are_judged_by_any_candles(string file, int strategies, string? tag)
    {
        var start = Generated.At("2017-12-01");
        var candles = Generated.Candles(60 * 24, 1, Timeframe.OneHour, start);
        var runs = TradeRuns.Read(SharedData.Require("freqtrade/" + file));
        var pairs = runs.SelectMany(run => run.Trades).Select(trade => trade.Pair!).Distinct();
        JudgeMarket[] markets =
        [
            .. pairs.Select(pair => new JudgeMarket(Pair.Parse(pair), "generated") { Read = () => candles }),
        ];
        var judged = Judge(file, markets);
        Assert.Equal(strategies, judged.Count);
        Assert.All(judged, one => Assert.Equal(179, one.All.Trades));
        Assert.All(judged, one => Assert.Contains(one.Unknown, sentence => sentence.Contains("orders of 179 of 179")));
        Assert.Equal(tag is null ? [] : [null, tag], judged[0].Tags.Select(one => one.Tag));
    }

    [Fact]
    public void Four_strategies_in_one_export()
    {
        var judged = Judge("backtest-result-2026-11-26_19-24-33.zip", Hourly("BTC"));
        Assert.Equal([95, 198, 8, 125], judged.Select(one => one.All.Trades));
        Assert.All(judged, one => Assert.Empty(one.Tags));
    }

    [Fact]
    public void An_export_without_trades_says_so() =>
        Assert.Contains(
            "There are no closed trades",
            Assert.Single(Assert.Single(Judge("backtest-result-2021-12-01_22-24-24.json", Hourly("ETH"))).Unknown)
        );

    /// <summary>
    /// The database of a dry run with made-up prices, by made-up candles: reading is tested.
    /// </summary>
    [Fact]
    public void The_database_of_a_dry_run()
    {
        var candles = Generated.Candles(20 * 288, 1, start: Generated.At("2026-11-10"));
        JudgeMarket[] markets =
        [
            .. new[] { "BTC", "ETH", "SOL" }.Select(name => new JudgeMarket(Pair.Parse(name + "/USDT"), "generated")
            {
                Read = () => candles,
            }),
        ];
        var judged = Assert.Single(Judge("tradesv3.dryrun.sqlite", markets));
        Assert.Equal((66, 2), (judged.All.Trades, judged.OpenTrades));
        Assert.Equal(["tick"], judged.Tags.Select(tag => tag.Tag));
        Assert.Null(judged.Additions);
        Assert.Equal(
            ["The starting balance is not stated: the profit relative to the account cannot be said."],
            judged.Unknown.Take(1)
        );
    }
}
