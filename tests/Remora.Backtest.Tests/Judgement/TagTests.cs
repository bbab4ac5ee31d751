using Remora.Backtest.Chance;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.Judgement;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.Judgement;

/// <summary>Entry tags, additions to trades, and what cannot be said.</summary>
public sealed class TagTests
{
    private static readonly Pair Bitcoin = Pair.Parse("BTC/USDT");
    private static readonly CandleTape Candles = Generated.Candles(6_000, 1);

    // Its forecasts need no more than the warm-up of the indicators.
    private static readonly RiskPolicy Nervous = RiskPolicy.Default with
    {
        Name = "nervous",
        Decision = new() { BlockingScore = 0.6 },
    };

    private static Backtest.Judgement.Judgement Judge(params IReadOnlyList<Trade> trades) =>
        Assert.Single(Judge([Run("one", trades)]));

    private static IReadOnlyList<Backtest.Judgement.Judgement> Judge(IReadOnlyList<ExportedRun> runs) =>
        JudgeJob.Run(
            new()
            {
                Runs = runs,
                Markets = [new(Bitcoin, "generated") { Read = () => Candles }],
                Policy = Nervous,
                Resamples = 20,
            }
        );

    private static ExportedRun Run(string name, IReadOnlyList<Trade> trades) =>
        new(
            name,
            trades,
            double.NaN,
            trades.Min(trade => trade.OpenTime),
            trades.Max(trade => trade.CloseTime),
            null,
            new Dictionary<string, double>()
        );

    private static Trade[] Trades(int count, int seed, string? tag = null)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                {
                    var opened = Generated.Start + TimeSpan.FromHours(168 + (i * 300.0 / count)); // after the warm-up
                    var ratio = Math.Round((random.NextDouble() - 0.5) * 0.02, 8);
                    return new Trade("BTC/USDT", opened, opened, 100, 100, 1, 100, ratio, 100 * ratio, "roi")
                    {
                        Tag = tag,
                        Additions = [],
                    };
                }),
        ];
    }

    [Fact]
    public void Results_per_tag_equal_a_direct_computation_and_are_adjusted_together()
    {
        Trade[] one = [.. Trades(60, 1, "calm"), .. Trades(25, 2, "strong"), .. Trades(3, 3)],
            two = Trades(40, 4, "calm");
        var judged = Judge([Run("one", one), Run("two", two)]);
        Assert.Equal(["calm", "strong", null], judged[0].Tags.Select(tag => tag.Tag));
        Assert.Equal(["calm"], judged[1].Tags.Select(tag => tag.Tag));

        var p = new List<double>();
        foreach (var (run, trades) in judged.Zip<Backtest.Judgement.Judgement, Trade[]>([one, two]))
        {
            var blocked = run.Skipped.ToHashSet();
            foreach (var tag in run.Tags)
            {
                Trade[] own = [.. trades.Where(trade => trade.Tag == tag.Tag)];
                bool[] isBlocked = [.. own.Select(blocked.Contains)];
                Assert.Equal((own.Length, isBlocked.Count(x => x)), (tag.Trades, tag.Blocked));
                p.Add(Exact(own, isBlocked));
                Assert.Equal(p[^1], tag.P, 1e-12);
            }
        }
        var expected = MultipleTests.BenjaminiHochberg(p);
        Assert.Equal(expected, judged.SelectMany(run => run.Tags).Select(tag => tag.AdjustedP));
        Assert.Contains(p, double.IsFinite);
        Assert.All(
            p.Zip(expected).Where(pair => double.IsFinite(pair.First)),
            pair => Assert.True(pair.Second >= pair.First)
        );
    }

    /// <summary>The share of all rotations, the real one included, that do as well.</summary>
    private static double Exact(Trade[] trades, bool[] blocked)
    {
        var n = trades.Length;
        double Edge(int by)
        {
            var (gone, kept) = (new List<double>(), new List<double>());
            for (var i = 0; i < n; i++)
                (blocked[(i + by) % n] ? gone : kept).Add(trades[i].ProfitRatio);
            return gone.Count == 0 || kept.Count == 0 ? double.NaN : kept.Average() - gone.Average();
        }
        var real = Edge(0);
        return double.IsNaN(real)
            ? double.NaN
            : Enumerable.Range(0, n).Count(by => Edge(by) >= real - 1e-10) / (double)n;
    }

    /// <summary>Three trades cannot prove anything, however well the gate did.</summary>
    [Fact]
    public void A_tag_with_few_trades_is_never_significant()
    {
        foreach (var count in new[] { 2, 3, 5 })
        {
            var tag = Assert.Single(Judge(Trades(count, count, "rare")).Tags);
            Assert.True(double.IsNaN(tag.P) || tag.P >= 1.0 / count, $"{count} trades: {tag.P}");
        }
    }

    [Fact]
    public void Additions_are_judged_when_they_are_filled()
    {
        var trades = Trades(80, 5);
        var blockedAt = Judge(trades).Skipped.Select(trade => trade.OpenTime).ToHashSet();
        Instant unsafeTime = blockedAt.Min(),
            safeTime = trades.First(trade => !blockedAt.Contains(trade.OpenTime)).OpenTime;
        var judged = Judge(
            trades[0] with
            {
                CloseRate = 110,
                Additions = [new(unsafeTime, 100, 1), new(safeTime, 88, 2)],
            },
            trades[1] with
            {
                CloseRate = 90,
                Additions = [new(safeTime, 100, 1)],
            },
            trades[2] with
            {
                CloseRate = 90,
                Additions = [],
            },
            trades[3]
        );
        Assert.Equal((3, 1), (judged.Additions!.Orders, judged.Additions.Blocked));
        Assert.Equal(10, judged.Additions.BlockedMovePct, 1e-9);
        Assert.Equal((25 - 10) / 2.0, judged.Additions.AllowedMovePct, 1e-9);
        Assert.Null(Judge(trades).Additions);
    }

    [Fact]
    public void What_the_trades_do_not_state_is_said_and_not_computed()
    {
        var trades = Trades(50, 6);
        var stated = Judge(trades);
        Assert.Equal(trades.Sum(trade => trade.Profit), stated.All.ProfitTotal, 1e-9);
        Assert.True(double.IsNaN(stated.All.ProfitTotalPct));
        Assert.True(double.IsNaN(stated.All.Sharpe));
        Assert.Contains(stated.Unknown, sentence => sentence.StartsWith("The starting balance is not stated"));
        Assert.Contains(stated.Unknown, sentence => sentence.StartsWith("No trade has an entry tag"));

        var bare = Judge([.. trades.Select(trade => trade with { Stake = double.NaN, Profit = double.NaN })]);
        Assert.Contains(bare.Unknown, sentence => sentence.StartsWith("The stakes of 50 of 50 trades are not stated"));
        double[] money =
        [
            bare.All.ProfitTotal,
            bare.All.ProfitTotalPct,
            bare.All.ProfitFactor,
            bare.All.Sharpe,
            bare.All.Sortino,
            bare.All.Calmar,
            bare.All.MaxDrawdown,
            bare.All.MaxRelativeDrawdownPct,
        ];
        Assert.All(money, value => Assert.True(double.IsNaN(value)));
        Assert.Equal(stated.All.ProfitMeanPct, bare.All.ProfitMeanPct);
        Assert.Equal(trades.Except(stated.Skipped).Sum(trade => trade.ProfitRatio), bare.Chance.ProfitKept, 1e-9);
        Assert.Equal(stated.Chance.EqualCount, bare.Chance.EqualCount);

        var untold = Judge([.. trades.Select(trade => trade with { Additions = null })]);
        Assert.Contains(
            untold.Unknown,
            sentence => sentence.StartsWith("The orders of 50 of 50 trades are not stated")
        );
    }

    [Fact]
    public void The_candles_of_the_exchange_as_traded_are_used()
    {
        var trades = Trades(40, 7);
        var other = Generated.Candles(6_000, 99);
        Backtest.Judgement.Judgement Of(string? exchange) =>
            Assert.Single(
                JudgeJob.Run(
                    new()
                    {
                        Runs = [Run("one", [.. trades.Select(trade => trade with { Exchange = exchange })])],
                        Markets =
                        [
                            new(Bitcoin, "a", "binance") { Read = () => Candles },
                            new(Bitcoin, "b", "kraken") { Read = () => other },
                        ],
                        Policy = Nervous,
                        Resamples = 20,
                    }
                )
            );
        Instant[] Skipped(string? exchange) => [.. Of(exchange).Skipped.Select(trade => trade.OpenTime)];
        Assert.Equal(Skipped("binance"), Skipped(null));
        Assert.NotEqual(Skipped("binance"), Skipped("kraken"));
    }

    [Fact]
    public void A_run_without_trades_says_so()
    {
        var run = new ExportedRun(
            "idle",
            [],
            1000,
            Generated.Start,
            Generated.Start,
            null,
            new Dictionary<string, double>()
        );
        var judged = Assert.Single(Judge([run]));
        Assert.Equal(0, judged.All.Trades);
        Assert.Equal(["There are no closed trades, so nothing can be said about the gate."], judged.Unknown);
    }
}
