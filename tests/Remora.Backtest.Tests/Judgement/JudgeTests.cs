using Remora.Backtest.Data;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.Judgement;
using Remora.Backtest.Tests.Freqtrade;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Backtest.Tests.Judgement;

public sealed class JudgeTests
{
    private static readonly RiskPolicy Nervous = RiskPolicy.Default with
    {
        Name = "nervous",
        Decision = new() { BlockingScore = 0.6 },
    };
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-judge-").FullName;

    private JudgeOptions Options(IReadOnlyList<Trade> trades)
    {
        var candles = Path.Combine(_folder, "candles.csv");
        File.WriteAllLines(
            candles,
            Generated
                .Candles(15_000, 1)
                .Candles.Select(c =>
                    FormattableString.Invariant(
                        $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}"
                    )
                )
        );
        var file = Path.Combine(_folder, "trades.csv");
        using (var text = new StreamWriter(file))
            TradeCsv.Write(text, trades);
        return new()
        {
            Runs = TradeRuns.Read(file),
            Markets = [new(Pair.Parse("BTC/USDT"), candles)],
            Policy = Nervous,
            Shifts = 199,
        };
    }

    private static Trade[] Trades(string pair) =>
        [
            .. Enumerable
                .Range(0, 300)
                .Select(i =>
                {
                    var opened = Generated.Start + TimeSpan.FromHours(168 + (i * 3)); // after the warm-up
                    var ratio = Math.Round((new Random(i).NextDouble() - 0.5) * 0.02, 8);
                    return new Trade(
                        pair,
                        opened,
                        opened + TimeSpan.FromHours(1),
                        100,
                        100,
                        1,
                        100,
                        ratio,
                        100 * ratio,
                        "exit_signal"
                    );
                }),
        ];

    [Fact]
    public void Trades_in_unsafe_time_are_separated()
    {
        var judged = Assert.Single(JudgeJob.Run(Options(Trades("BTC/USDT"))));
        Assert.Equal(300, judged.All.Trades);
        Assert.Equal(300, judged.Kept.Trades + judged.Skipped.Count);
        Assert.InRange(judged.Skipped.Count, 10, 290);
        // Profits are drawn independently of the candles.
        Assert.InRange(judged.Chance.Tests!["profit_kept"].P, 0.005, 0.995);
        Assert.Equal(judged.Kept.ProfitTotal, judged.Chance.ProfitKept, 1e-9);
    }

    [Fact]
    public void A_helpful_gate_is_recognized()
    {
        var first = Assert.Single(JudgeJob.Run(Options(Trades("BTC/USDT"))));
        var unsafeTimes = first.Skipped.Select(t => t.OpenTime).ToHashSet();
        Trade[] planted =
        [
            .. Trades("BTC/USDT")
                .Select(t =>
                    t with
                    {
                        ProfitRatio = unsafeTimes.Contains(t.OpenTime) ? -0.01 : 0.005,
                        Profit = unsafeTimes.Contains(t.OpenTime) ? -1 : 0.5,
                    }
                ),
        ];
        var judged = Assert.Single(JudgeJob.Run(Options(planted)));
        Assert.Equal(0.005, judged.Chance.Tests!["profit_kept"].P);
        Assert.Equal(0.005, judged.Chance.Tests["loser_lift"].P);
        Assert.InRange(judged.Chance.EqualCount["edge_pct"].P, 0.005, 0.02);
        Assert.Equal(-0.01, judged.Chance.Entries.BlockedMean, 1e-9);
        Assert.Equal(-1, judged.Chance.Entries.BlockedMoney, 1e-9);
        Assert.Equal(1 / judged.Chance.Entries.TradesBlocked, judged.Chance.Entries.LoserLift, 1e-9);
    }

    /// <summary>
    /// A short trade is judged by the verdicts of the short side, which differ from those of the
    /// long side.
    /// </summary>
    [Fact]
    public void Each_trade_uses_the_gate_of_its_side()
    {
        Trade[] longs = Trades("BTC/USDT"),
            shorts = [.. longs.Select(t => t with { Short = true })];
        var options = Options([.. longs, .. shorts]);
        var both = Assert.Single(JudgeJob.Run(options));
        Assert.Equal(600, both.All.Trades);

        var series = CandleFile.Read(options.Markets[0].Candles);
        var engine = new RemoraEngine([Nervous], []);
        var market = new MarketId("binance", Pair.Parse("BTC/USDT"), series.Timeframe);
        var assessments = series.Candles.Select(candle => engine.Apply(MarketEvent.Closed(market, candle))!).ToList();
        bool IsUnsafe(Trade trade) =>
            !assessments
                .Last(a => a.AsOf <= trade.OpenTime)
                .At(trade.OpenTime, trade.Short ? Side.Short : Side.Long)
                .SafeToTrade;
        var expected = longs.Concat(shorts).Where(IsUnsafe).ToHashSet();
        Assert.Equal(expected, both.Skipped.ToHashSet());
        Assert.NotEqual(
            expected.Where(t => !t.Short).Select(t => t.OpenTime),
            expected.Where(t => t.Short).Select(t => t.OpenTime)
        );
        Assert.Contains(both.Skipped, t => t.Short);

        var (onlyLongs, onlyShorts) = (
            Assert.Single(JudgeJob.Run(Options(longs))),
            Assert.Single(JudgeJob.Run(Options(shorts)))
        );
        Assert.Equal(
            (onlyLongs.Chance.TimeBlocked + onlyShorts.Chance.TimeBlocked) / 2,
            both.Chance.TimeBlocked,
            1e-12
        );
        Assert.NotEqual(onlyLongs.Chance.TimeBlocked, onlyShorts.Chance.TimeBlocked);
    }

    [Fact]
    public void Trades_without_candles_are_counted_and_only_such_trades_are_an_error()
    {
        var mixed = Assert.Single(JudgeJob.Run(Options([.. Trades("BTC/USDT"), .. Trades("ETH/USDT").Take(5)])));
        Assert.Equal(5, mixed.Uncovered["ETH/USDT"]);
        Assert.Contains(
            "ETH/USDT",
            Assert.Throws<BacktestException>(() => JudgeJob.Run(Options(Trades("ETH/USDT")))).Message
        );
    }

    [Fact]
    public void Trades_before_the_end_of_the_warm_up_are_counted_apart()
    {
        var trades = Trades("BTC/USDT");
        Trade Moved(Trade trade, TimeSpan to) =>
            trade with
            {
                OpenTime = Generated.Start + to,
                CloseTime = Generated.Start + to + TimeSpan.FromHours(1),
            };
        Trade[] early = [.. trades.Take(4).Select((trade, i) => Moved(trade, TimeSpan.FromHours(1 + i)))];
        var before = Moved(trades[0], TimeSpan.FromDays(-1));
        var judged = Assert.Single(JudgeJob.Run(Options([before, .. early, .. trades])));
        Assert.Equal(300, judged.All.Trades);
        Assert.Equal(4, judged.WarmingUp["BTC/USDT"]);
        Assert.Equal(1, judged.Uncovered["BTC/USDT"]);
        Assert.Contains(
            "4 of them were entered before the end of the warm-up",
            Assert.Throws<BacktestException>(() => JudgeJob.Run(Options(early))).Message
        );
    }

    /// <summary>A future is judged by the candles of its spot market, if it has none.</summary>
    [Fact]
    public void A_future_without_candles_is_judged_by_those_of_the_spot_market()
    {
        var spot = Assert.Single(JudgeJob.Run(Options(Trades("BTC/USDT"))));
        var options = Options(Trades("BTC/USDT:USDT"));
        var future = Assert.Single(JudgeJob.Run(options));
        Assert.Equal("BTC/USDT", future.Substituted["BTC/USDT:USDT"]);
        Assert.Empty(spot.Substituted);
        Assert.Equal(spot.Skipped.Select(trade => trade.OpenTime), future.Skipped.Select(trade => trade.OpenTime));
        var own = options with
        {
            Markets = [.. options.Markets, new(Pair.Parse("BTC/USDT:USDT"), options.Markets[0].Candles)],
        };
        Assert.Empty(Assert.Single(JudgeJob.Run(own)).Substituted);
    }

    [Fact]
    public void A_database_of_a_bot_is_judged_like_its_trades_as_csv()
    {
        var options = Options(Trades("BTC/USDT"));
        var csv = Assert.Single(JudgeJob.Run(options));
        var file = Path.Combine(_folder, "tradesv3.sqlite");
        BotDatabase.Write(file, Trades("BTC/USDT"), open: 2);
        var bot = Assert.Single(JudgeJob.Run(options with { Runs = TradeRuns.Read(file) }));
        Assert.Equal(("TestStrategy", 2, 300), (bot.Strategy, bot.OpenTrades, bot.All.Trades));
        Assert.Equal(csv.Skipped, bot.Skipped);
        Assert.Equal(csv.Kept.ProfitTotal, bot.Kept.ProfitTotal, 1e-9);
    }

    /// <summary>Additions and partial exits; shorts with leverage and funding; tags.</summary>
    [Theory]
    [InlineData("backtest-result-2026-11-26_19-23-08.zip", 328, false, 972.0974769999993)]
    [InlineData("backtest-result-2026-11-26_19-24-15.zip", 909, true, -103.53531893)]
    public void Exports_of_the_present_freqtrade_are_judged(string file, int trades, bool futures, double profit)
    {
        var options = new JudgeOptions
        {
            Runs = TradeRuns.Read(SharedData.Require("freqtrade/" + file)),
            Markets =
            [
                new(Pair.Parse("BTC/USDT"), SharedData.Require("candles/BTCUSDT-1h.csv.gz")),
                new(Pair.Parse("ETH/USDT"), SharedData.Require("candles/ETHUSDT-1h.csv.gz")),
            ],
            Shifts = 50,
            Resamples = 50,
        };
        var judged = Assert.Single(JudgeJob.Run(options));
        Assert.Equal(trades, judged.All.Trades);
        Assert.Equal(trades, judged.Kept.Trades + judged.Skipped.Count);
        Assert.InRange(judged.Skipped.Count, 1, trades - 1);
        Assert.Equal(profit, judged.All.ProfitTotal, 1e-6);
        Assert.Equal(futures ? ["BTC/USDT:USDT", "ETH/USDT:USDT"] : [], judged.Substituted.Keys);
    }

    [Fact]
    public void A_real_export_is_judged()
    {
        var options = new JudgeOptions
        {
            Runs = TradeRuns.Read(SharedData.Require("freqtrade/backtest-result-2025-07-01_07-01-25.zip")),
            Markets = [new(Pair.Parse("BTC/USDT"), SharedData.Require("candles/BTCUSDT-1h.csv.gz"))],
            Shifts = 50,
        };
        Assert.Equal(3, Assert.Single(JudgeJob.Run(options)).All.Trades);
    }
}
