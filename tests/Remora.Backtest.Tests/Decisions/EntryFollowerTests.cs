using Remora.Backtest.Decisions;
using Remora.Backtest.Strategies;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.Decisions;

/// <summary>Entries that are followed to their end equal a direct computation.</summary>
public sealed class EntryFollowerTests
{
    private const double Fee = 0.001;
    private static readonly CandleTape Tape = Generated.Candles(5000, 7);
    private static readonly TimeSpan Step = Tape.Timeframe.Length;

    [Theory]
    [InlineData(Side.Long, 1)]
    [InlineData(Side.Short, 1)]
    [InlineData(Side.Long, 4)]
    [InlineData(Side.Short, 4)]
    public void Stop_target_and_horizons_equal_a_direct_computation(Side side, double leverage)
    {
        var follower = new EntryFollower(Tape);
        var seen = new HashSet<string>();
        for (var i = 0; i < 900; i += 7)
        {
            var entry = Entry(side, Generated.Start + (i * Step) + TimeSpan.FromSeconds(i % 299)) with
            {
                Leverage = leverage,
                StopLoss = -0.012 * leverage,
                Roi = [new(TimeSpan.Zero, 0.015 * leverage), new(TimeSpan.FromHours(2), 0.006 * leverage)],
            };
            var outcome = follower.Follow(entry);
            var (at, price, reason, profit) = Direct(entry);
            Assert.Equal(EntryState.Ended, outcome.State);
            Assert.Equal((at, reason), (outcome.ExitedAt, outcome.ExitReason));
            Assert.Equal(price, outcome.ExitPrice, 1e-9);
            Assert.Equal(leverage * profit, outcome.Profit, 1e-12);
            seen.Add(reason);
            foreach (var (name, candles) in new[] { ("1h", 12), ("4h", 48), ("24h", 288) })
            {
                var first = First(entry.At);
                var close = Tape.Candles[first + candles - 1].Close;
                Assert.Equal(leverage * Profit(side, Tape.Candles[first].Open, close), outcome.Horizons[name], 1e-12);
            }
        }
        Assert.Equal(["roi", "stop_loss"], seen.Order());
    }

    [Fact]
    public void What_is_not_over_is_open_and_becomes_known_with_more_candles()
    {
        var entry = Entry(Side.Long, Generated.Start) with { StopLoss = -0.5, Roi = [new(TimeSpan.Zero, 5)] };
        EntryOutcome After(int candles) =>
            new EntryFollower(Tape with { Candles = [.. Tape.Candles.Take(candles)] }).Follow(entry);
        Assert.Equal(EntryState.Unknown, After(0).State);
        Assert.Equal(EntryState.Unknown, After(1).State);
        var open = After(11);
        Assert.Equal((EntryState.Open, null), (open.State, open.ExitedAt));
        Assert.True(double.IsNaN(open.Horizons["1h"]));
        Assert.True(double.IsFinite(After(12).Horizons["1h"]));
        Assert.Equal(EntryState.Open, After(14 * 288).State);
        var limit = After((14 * 288) + 1);
        Assert.Equal((EntryState.TimeLimit, Generated.Start + TimeSpan.FromDays(14)), (limit.State, limit.ExitedAt));
        Assert.Equal(Profit(Side.Long, Tape.Candles[0].Open, Tape.Candles[14 * 288].Open), limit.Profit, 1e-12);
        Assert.Equal(limit, After(5000) with { Horizons = limit.Horizons });
        var bare = new EntryFollower(Tape).Follow(Entry(Side.Short, Generated.Start));
        Assert.Equal((EntryState.NoExit, true), (bare.State, double.IsFinite(bare.Horizons["24h"])));
    }

    [Fact]
    public void Holes_are_counted_and_long_ones_are_unknown()
    {
        // From the 20th candle on, two hours are missing
        var tape = Tape with
        {
            Candles = [.. Tape.Candles.Where((_, i) => i is < 20 or >= 44)],
        };
        var follower = new EntryFollower(tape);
        var entry = Entry(Side.Long, Generated.Start) with { StopLoss = -0.9, Roi = [new(TimeSpan.Zero, 9)] };
        var outcome = follower.Follow(entry);
        Assert.Equal(24, outcome.MissingCandles);
        Assert.True(double.IsFinite(outcome.Horizons["1h"]));
        // The last candle before the end of the horizon is at most an hour old, or older
        Assert.True(double.IsFinite(follower.Follow(entry with { At = At(19) }).Horizons["1h"]));
        Assert.True(double.IsFinite(follower.Follow(entry with { At = At(12) }).Horizons["4h"]));
        Instant At(int candle) => Generated.Start + (candle * Step);
        // More than an hour after the decision there is no candle
        Assert.Equal(EntryState.Unknown, follower.Follow(entry with { At = At(21) }).State);
        Assert.Equal(At(44), follower.Follow(entry with { At = At(40) }).EnteredAt);
    }

    [Fact]
    public void Saved_and_missed_are_the_refused_ones_and_overlapping_ones_do_not_count()
    {
        var summary = DecisionSummary.Of([
            Ended("a", 0, refused: true, -0.02, 10, hours: 5),
            Ended("a", 1, refused: true, -0.9, 10, hours: 9), // the first is still open
            Ended("b", 1, refused: true, 0.03, double.NaN, hours: 1),
            Ended("a", 2, refused: false, 0.05, 10, hours: 1),
            Ended("a", 6, refused: true, -0.01, 20, hours: 1),
            (Entry(Side.Long, Generated.Start), EntryOutcome.Unknown),
        ]);
        Assert.Equal(
            (4, 3, 2, 1),
            (summary.Refused.Entries, summary.Refused.Ended, summary.Refused.Losers, summary.Overlapping)
        );
        Assert.Equal((1, 1), (summary.Allowed.Entries, summary.Allowed.Ended));
        Assert.Equal((0.03, 0.03), (Math.Round(summary.Saved, 12), summary.Missed));
        Assert.Equal(new MoneyOfRefused("USDT", 2, 0.4, 0), Assert.Single(summary.Money));
        // Each of three rotations of four entries: refusing another one instead
        Assert.Equal(5, summary.EqualCount["edge_pct"].Value, 9);
        Assert.Equal(0.25, summary.EqualCount["edge_pct"].P);
        Assert.True(double.IsNaN(DecisionSummary.Of([]).EqualCount["edge_pct"].P));
    }

    private static (WantedEntry, EntryOutcome) Ended(
        string slot,
        int hour,
        bool refused,
        double profit,
        double stake,
        int hours
    )
    {
        var at = Generated.Start + TimeSpan.FromHours(hour);
        return (
            Entry(Side.Long, at) with
            {
                Slot = slot,
                IsRefused = refused,
                Stake = stake,
            },
            new()
            {
                State = EntryState.Ended,
                EnteredAt = at,
                ExitedAt = at + TimeSpan.FromHours(hours),
                Profit = profit,
                Excursion = Math.Min(0, profit),
            }
        );
    }

    private static WantedEntry Entry(Side side, Instant at) =>
        new()
        {
            Slot = "bot",
            Market = new("binance", Pair.Parse("BTC/USDT"), Tape.Timeframe),
            At = at,
            Side = side,
            IsRefused = true,
        };

    private static int First(Instant at) => Tape.Candles.Index().First(candle => candle.Item.OpenTime >= at).Index;

    private static double Profit(Side side, double entry, double exit) =>
        side == Side.Long ? (exit * (1 - Fee) / (entry * (1 + Fee))) - 1 : 1 - (exit * (1 + Fee) / (entry * (1 - Fee)));

    // Written anew from Freqtrade's rules: the stop first, then the target of the age of the trade.
    private static (Instant At, double Price, string Reason, double Profit) Direct(WantedEntry entry)
    {
        var isLong = entry.Side == Side.Long;
        var first = First(entry.At);
        var open = Tape.Candles[first].Open;
        var loss = entry.StopLoss / entry.Leverage;
        var stop = isLong
            ? Math.Ceiling(open * (1 + loss) * 100 - 1e-9) / 100
            : Math.Floor(open * (1 - loss) * 100 + 1e-9) / 100;
        for (var i = first; ; i++)
        {
            var candle = Tape.Candles[i];
            if (isLong ? candle.Low <= stop : candle.High >= stop)
            {
                var isBeyond = isLong ? candle.High < stop : candle.Low > stop;
                return Exit(candle, isBeyond ? candle.Open : stop, "stop_loss");
            }
            var age = candle.OpenTime - Tape.Candles[first].OpenTime;
            var step = entry.Roi.Last(one => one.After <= age);
            var ratio = step.Ratio / entry.Leverage;
            if (Profit(entry.Side, open, isLong ? candle.High : candle.Low) <= ratio)
                continue;
            var wanted = isLong
                ? open * (1 + ratio) * (1 + Fee) / (1 - Fee)
                : open * (1 - ratio) * (1 - Fee) / (1 + Fee);
            var isNewStep = age > TimeSpan.Zero && age == step.After;
            var price =
                isNewStep && (isLong ? candle.Open > wanted : candle.Open < wanted)
                    ? candle.Open
                    : Math.Clamp(wanted, candle.Low, candle.High);
            return Exit(candle, Math.Round(price, 2), "roi");
        }

        (Instant, double, string, double) Exit(Candle candle, double price, string reason) =>
            (candle.OpenTime, price, reason, Profit(entry.Side, open, price));
    }
}
