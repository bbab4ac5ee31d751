using Remora.Backtest.Chance;
using Remora.Markets;

namespace Remora.Backtest.Tests.Chance;

/// <summary>Pooled figures on planted gates.</summary>
public sealed class EntryPoolTests
{
    private const int Days = 600;

    /// <summary>One trade per four hours, without an edge.</summary>
    internal static GatedTrades Trades(Func<int, BaselineTrade, Random, bool> blocks, int seed = 1, string name = "one")
    {
        var random = new Random(seed);
        BaselineTrade[] trades =
        [
            .. Enumerable
                .Range(0, Days * 6)
                .Select(i =>
                {
                    var ratio = (random.NextDouble() - 0.5) * 0.02;
                    return new BaselineTrade(i, ratio, 100 * ratio, Math.Min(0, ratio) - 0.001);
                }),
        ];
        var gate = new Random(seed + 100);
        return new(
            name,
            "BTC/USDT",
            trades,
            [.. trades.Select((trade, i) => blocks(i, trade, gate))],
            [.. trades.Select(trade => Generated.Start + (trade.Known * TimeSpan.FromHours(4)))],
            Days / 365.25
        );
    }

    /// <summary>Blocks a tenth of the days, without regard to results.</summary>
    internal static bool AtRandom(int i, BaselineTrade trade, Random random) => new Random(i / 6).NextDouble() < 0.1;

    internal static bool Losers(int i, BaselineTrade trade, Random random) =>
        trade.ProfitRatio < -0.006 && random.NextDouble() < 0.3;

    internal static bool Winners(int i, BaselineTrade trade, Random random) =>
        trade.ProfitRatio > 0.006 && random.NextDouble() < 0.3;

    internal static IReadOnlyList<PooledEntries> Pool(params GatedTrades[] trades) => EntryPool.Of(trades, 400, 300, 1);

    /// <summary>
    /// A 95 % interval misses 2 of 40 on average; as many p-values are below 0.05.
    /// </summary>
    [Fact]
    public void A_gate_without_skill_is_mostly_within_its_intervals_and_placebos()
    {
        foreach (var (figure, neutral) in new[] { ("worst_lift", 1.0), ("loser_lift", 1.0), ("edge_pct", 0.0) })
        {
            var rows = Skilless.Value;
            var missed = rows.Count(row => row.Intervals[figure].Low > neutral || row.Intervals[figure].High < neutral);
            Assert.InRange(missed, 0, 7);
            Assert.InRange(rows.Count(row => row.EqualCount[figure].P < 0.05), 0, 7);
            Assert.InRange(rows.Average(row => row.EqualCount[figure].P), 0.35, 0.65);
        }
    }

    private static readonly Lazy<PooledEntries[]> Skilless = new(() =>
        [.. Enumerable.Range(1, 40).Select(seed => EntryPool.Of([Trades(AtRandom, seed)], 99, 100, 1)[0])]
    );

    [Fact]
    public void A_gate_that_blocks_losers_is_found_and_one_that_blocks_winners_too()
    {
        var good = Pool(Trades(Losers))[0];
        Assert.True(good.Intervals["worst_lift"].Low > 2);
        Assert.True(good.Intervals["edge_pct"].Low > 0 && good.Intervals["gain_at_shortfall_pct_per_year"].Low > 0);
        Assert.True(good.EqualCount["edge_pct"].P < 0.01);
        var bad = Pool(Trades(Winners))[0];
        Assert.Equal(0, bad.EqualCount["loser_lift"].Value);
        Assert.True(bad.Intervals["edge_pct"].High < 0 && bad.Intervals["gain_at_shortfall_pct_per_year"].High < 0);
        Assert.True(bad.EqualCount["edge_pct"].P > 0.99);
    }

    /// <summary>The same trades again are no new evidence.</summary>
    [Fact]
    public void Strategies_that_trade_alike_do_not_narrow_the_interval()
    {
        var once = Trades(AtRandom);
        var pooled = Pool(once, once with { Strategy = "two" }, once with { Pair = "ETH/USDT" });
        Assert.Equal(
            ["all", "BTC/USDT", "ETH/USDT", "one", "two"],
            pooled.Select(row => row.Name).Where(name => name != EntryPool.Profitable)
        );
        Assert.Equal(3 * once.Trades.Count, pooled[0].Trades);
        foreach (var figure in EntryPool.Names)
        {
            Assert.Equal(pooled[1].Intervals[figure].Low, pooled[0].Intervals[figure].Low, 1e-9);
            Assert.Equal(pooled[1].Intervals[figure].High, pooled[0].Intervals[figure].High, 1e-9);
            Assert.Equal(pooled[1].EqualCount[figure].Value, pooled[0].EqualCount[figure].Value, 1e-9);
            Assert.Equal(pooled[1].EqualCount[figure].P, pooled[0].EqualCount[figure].P, 1e-9);
        }
    }

    [Fact]
    public void The_pool_of_one_list_equals_the_comparison_of_its_entries()
    {
        var trades = Trades(Losers);
        var tally = new EntryTally(trades.Trades);
        var entries = tally.Compare(trades.Blocked, double.NaN);
        var all = Pool(trades)[0];
        Assert.Equal(entries.TradesBlocked, all.BlockedShare, 1e-12);
        Assert.Equal(entries.WorstLift, all.EqualCount["worst_lift"].Value, 1e-9);
        Assert.Equal(entries.LoserLift, all.EqualCount["loser_lift"].Value, 1e-9);
        Assert.Equal(entries.EdgePct, all.EqualCount["edge_pct"].Value, 1e-9);
        Assert.Equal(entries.ExcursionGainPct, all.EqualCount["excursion_gain_pct"].Value, 1e-9);
    }

    /// <summary>The stake is computed here directly: with blocked trades as zeros.</summary>
    [Fact]
    public void The_constant_stake_has_the_same_expected_shortfall()
    {
        var trades = Trades(Losers);
        static double Shortfall(IEnumerable<double> profits, int count) => profits.Order().Take(count / 20).Average();
        double[] full = [.. trades.Trades.Select(trade => trade.ProfitRatio)];
        double[] gated = [.. full.Select((profit, i) => trades.Blocked[i] ? 0 : profit)];
        var stake = Shortfall(gated, full.Length) / Shortfall(full, full.Length);
        Assert.InRange(stake, 0.5, 0.999);
        var all = Pool(trades)[0];
        Assert.Equal(
            100 * (gated.Sum() - (stake * full.Sum())) / trades.Years,
            all.EqualCount["gain_at_shortfall_pct_per_year"].Value,
            1e-6
        );
        Assert.Equal(100 * (gated.Sum() - full.Sum()) / trades.Years, all.EqualCount["gain_pct_per_year"].Value, 1e-6);
    }

    [Fact]
    public void A_gate_that_blocks_nothing_or_everything_changes_nothing_but_the_stake()
    {
        var open = Pool(Trades((_, _, _) => false))[0];
        Assert.Equal(0, open.EqualCount["gain_at_shortfall_pct_per_year"].Value);
        Assert.Equal(double.NaN, open.EqualCount["worst_lift"].Value);
        var shut = Pool(Trades((_, _, _) => true))[0];
        Assert.Equal(0, shut.EqualCount["gain_at_shortfall_pct_per_year"].Value, 1e-9);
        Assert.Equal(1, shut.EqualCount["worst_lift"].Value, 1e-9);
        Assert.Equal(double.NaN, shut.EqualCount["edge_pct"].Value);
    }

    [Fact]
    public void Strategies_with_a_profit_have_a_row()
    {
        var trades = Trades(AtRandom);
        GatedTrades Shifted(string strategy, double by) =>
            trades with
            {
                Strategy = strategy,
                Trades = [.. trades.Trades.Select(trade => trade with { ProfitRatio = trade.ProfitRatio + by })],
            };
        var pooled = Pool(Shifted("good", 0.002), Shifted("bad", -0.002));
        Assert.Equal(["all", EntryPool.Profitable, "good", "bad"], pooled.Select(row => row.Name));
        Assert.Equal(pooled[2].EqualCount, pooled[1].EqualCount);
        Assert.Equal(pooled[2].Intervals, pooled[1].Intervals);
        Assert.DoesNotContain(EntryPool.Profitable, Pool(Shifted("bad", -0.002)).Select(row => row.Name));
    }

    /// <summary>No resample of four worst trades has a blocked one, which is no evidence.</summary>
    [Fact]
    public void A_lift_has_no_interval_if_few_blocked_trades_are_expected()
    {
        var all = Trades(Winners);
        var few = all with
        {
            Trades = [.. all.Trades.Take(60)],
            Blocked = all.Blocked[..60],
            Entries = [.. all.Entries.Take(60)],
        };
        Assert.Equal(0, Pool(few)[0].EqualCount["worst_lift"].Value);
        Assert.Equal(Interval.None, Pool(few)[0].Intervals["worst_lift"]);
        Assert.NotEqual(Interval.None, Pool(all)[0].Intervals["worst_lift"]);
    }

    [Fact]
    public void Few_or_no_trades_give_no_crash()
    {
        Assert.Empty(Pool());
        var none = Trades(AtRandom) with { Trades = [], Blocked = [], Entries = [] };
        Assert.Empty(Pool(none));
        var all = Trades(AtRandom);
        var one = all with { Trades = [all.Trades[0]], Blocked = [true], Entries = [all.Entries[0]] };
        Assert.Equal(1, Pool(none, one)[0].BlockedShare);
    }
}
