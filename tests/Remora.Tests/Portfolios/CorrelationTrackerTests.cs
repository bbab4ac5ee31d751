using FsCheck.Fluent;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Testing;

namespace Remora.Tests.Portfolios;

public sealed class CorrelationTrackerTests
{
    private static readonly string[] Pairs = ["ADA/USDT", "BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"];
    private static readonly string[] Timeframes = ["5m", "15m", "30m", "1h", "5m"];

    /// <summary>Against the definition, computed at once over the common hours.</summary>
    [Fact]
    public void Correlations_are_those_of_their_definition() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tapes = Tapes(seed, 260, areMixed: seed % 2 == 0);
                    var snapshot = Play(tapes, new(seed)).Snapshot();
                    for (var i = 0; i < tapes.Length; i++)
                    {
                        for (var j = 0; j < i; j++)
                        {
                            var common = tapes[i].Hours.Keys.Intersect(tapes[j].Hours.Keys).Order().ToArray();
                            var found = snapshot.Between(tapes[i].Market, tapes[j].Market);
                            Assert.Equal(common.Length, found.Hours);
                            Assert.Equal(common.Length < 200, found.IsAssumed);
                            var expected = found.IsAssumed ? 0.8 : Defined(tapes[i], tapes[j], common);
                            Assert.Equal(expected, found.Value, 1e-12);
                        }
                    }
                }
            )
            .MustHold(12);

    [Fact]
    public void The_order_in_which_markets_deliver_their_hours_changes_no_bit() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tapes = Tapes(seed, 240, areMixed: true);
                    var inTurns = Play(tapes, new(seed));
                    // One market after the other, as histories arrive at a start.
                    var tracker = new CorrelationTracker();
                    foreach (var tape in tapes)
                        Deliver(tracker, tape, tape.Begin(tracker), tape.Hours.Keys.Order());
                    // All of a market before it is tracked.
                    var late = new CorrelationTracker();
                    foreach (var tape in tapes.Reverse())
                        late.Track(tape.Market, tape.All());
                    Assert.Equal(inTurns.Save(), tracker.Save());
                    Assert.Equal(inTurns.Save(), late.Save());
                }
            )
            .MustHold(12);

    /// <summary>
    /// The restored tracker is older or newer than the hours of the markets, which are delivered
    /// again.
    /// </summary>
    [Fact]
    public void A_restored_tracker_continues_with_the_same_bits() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var random = new Random(seed);
                    var tapes = Tapes(seed, 240, areMixed: true);
                    var live = Play(tapes, new(1));
                    var cut = 100 + random.Next(100);
                    var early = Play([.. tapes.Select(tape => tape.Until(cut))], new(2));
                    var restored = new CorrelationTracker();
                    restored.Load(early.Save());
                    Assert.Empty(restored.Snapshot().Markets);
                    foreach (var tape in tapes)
                    {
                        // Its forecaster was saved somewhat before or after.
                        var own = Math.Max(1, cut - 3 + random.Next(6));
                        var hours = tape.Until(own).All();
                        restored.Track(tape.Market, hours);
                        Deliver(restored, tape, hours, tape.Hours.Keys.Where(hour => hour >= own).Order());
                    }
                    Assert.Equal(live.Save(), restored.Save());
                    foreach (var one in tapes)
                    foreach (var other in tapes)
                        Assert.Equal(
                            live.Snapshot().Between(one.Market, other.Market),
                            restored.Snapshot().Between(one.Market, other.Market)
                        );
                }
            )
            .MustHold(12);

    [Fact]
    public void A_new_market_is_assumed_until_it_has_enough_common_hours()
    {
        var tapes = Tapes(5, 500, areMixed: false, holes: false);
        var young = tapes[0] with { Hours = tapes[0].Hours.Where(hour => hour.Key >= 250).ToDictionary() };
        var tracker = Play([tapes[1], young.Until(449)], new(3));
        var before = tracker.Snapshot().Between(young.Market, tapes[1].Market);
        Assert.Equal((0.8, 199, true), (before.Value, before.Hours, before.IsAssumed));
        Deliver(tracker, young, young.Until(449).All(), [449]);
        Assert.Equal(199, tracker.Snapshot().Between(young.Market, tapes[1].Market).Hours);
        tracker.Track(young.Market, young.Until(450).All());
        var after = tracker.Snapshot().Between(young.Market, tapes[1].Market);
        Assert.Equal((200, false), (after.Hours, after.IsAssumed));
    }

    [Fact]
    public void A_forgotten_market_begins_anew_from_the_hours_that_are_kept()
    {
        var tapes = Tapes(6, 300, areMixed: false);
        var tracker = Play(tapes, new(4));
        var whole = tracker.Save();
        tracker.Forget(tapes[2].Market);
        Assert.Equal(4, tracker.Snapshot().Markets.Count);
        Assert.True(tracker.Snapshot().Between(tapes[2].Market, tapes[1].Market).IsAssumed);
        tracker.Track(tapes[2].Market, tapes[2].All());
        Assert.Equal(whole, tracker.Save());
        tracker.Forget(Some.MarketOf("PEPE/USDT"));
        Assert.Throws<ArgumentException>(() => tracker.Update(Some.MarketOf("PEPE/USDT")));
    }

    [Fact]
    public void A_market_that_does_not_move_keeps_the_assumed_correlation()
    {
        var tapes = Tapes(7, 250, areMixed: false, holes: false);
        var flat = tapes[0] with { Hours = tapes[0].Hours.ToDictionary(hour => hour.Key, _ => new double[12]) };
        var found = Play([flat, tapes[1]], new(5)).Snapshot().Between(flat.Market, tapes[1].Market);
        Assert.Equal((0.8, 250, true), (found.Value, found.Hours, found.IsAssumed));
    }

    [Fact]
    public void An_update_allocates_nothing()
    {
        var tapes = Tapes(10, 20, areMixed: true, holes: false);
        var tracker = new CorrelationTracker();
        var hours = tapes.Select(tape => tape.Begin(tracker)).ToArray();
        Deliver(tracker, tapes[0], hours[0], [1]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var hour = 2; hour <= 20; hour++)
        {
            for (var i = 0; i < tapes.Length; i++)
            {
                hours[i].Add(StandardizedHours.EndOf(hour), tapes[i].Hours[hour]);
                tracker.Update(tapes[i].Market);
            }
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_damaged_state_is_refused()
    {
        var tracker = Play(Tapes(8, 30, areMixed: true), new(6));
        var state = tracker.Save();
        for (var at = 0; at < state.Length; at += 13)
        {
            var damaged = state.ToArray();
            damaged[at] ^= 32;
            var other = Play(Tapes(9, 30, areMixed: true), new(7));
            Assert.Throws<FormatException>(() => other.Load(damaged));
            Assert.Empty(other.Snapshot().Markets);
            Assert.Throws<FormatException>(() => other.Load(state.AsSpan(0, at)));
        }
        Assert.Throws<FormatException>(() => new CorrelationTracker().Load(new CorrelationTracker().Save().AsSpan(1)));
    }

    [Theory]
    [InlineData(0, 12, 0.1)]
    [InlineData(1, 12, 0.1)]
    [InlineData(3_600_000, 11, 0.1)]
    [InlineData(3_600_000, 12, double.NaN)]
    public void An_hour_that_is_none_is_refused(long end, int count, double value) =>
        Assert.Throws<ArgumentException>(() =>
            new StandardizedHours(12).Add(new(end), [.. Enumerable.Repeat(value, count)])
        );

    private static double Defined(Tape one, Tape other, int[] common)
    {
        var grain = Math.Min(one.Candles, other.Candles);
        double Mean(Tape a, Tape b, IEnumerable<int> hours)
        {
            var products = hours
                .Select(hour => Gather(a.Hours[hour], grain).Zip(Gather(b.Hours[hour], grain), (x, y) => x * y).Sum())
                .ToArray();
            var weights = products.Select((_, i) => Math.Pow(2, -(products.Length - 1 - i) / 96.0)).ToArray();
            return products.Zip(weights, (x, w) => x * w).Sum() / weights.Sum();
        }
        return Mean(one, other, common)
            / Math.Sqrt(Mean(one, one, one.Hours.Keys.Order()) * Mean(other, other, other.Hours.Keys.Order()));
    }

    private static IEnumerable<double> Gather(double[] returns, int count) =>
        returns.Chunk(returns.Length / count).Select(chunk => chunk.Sum() / Math.Sqrt(chunk.Length));

    private static CorrelationTracker Play(Tape[] tapes, Random random)
    {
        var tracker = new CorrelationTracker();
        var hours = tapes.Select(tape => tape.Begin(tracker)).ToArray();
        var last = tapes.Max(tape => tape.Hours.Keys.Max());
        for (var hour = 1; hour <= last; hour++)
        {
            var order = Enumerable.Range(0, tapes.Length).ToArray();
            random.Shuffle(order);
            foreach (var i in order)
                Deliver(tracker, tapes[i], hours[i], tapes[i].Hours.ContainsKey(hour) ? [hour] : []);
        }
        return tracker;
    }

    private static void Deliver(
        CorrelationTracker tracker,
        Tape tape,
        StandardizedHours hours,
        IEnumerable<int> delivered
    )
    {
        foreach (var hour in delivered)
        {
            hours.Add(StandardizedHours.EndOf(hour), tape.Hours[hour]);
            tracker.Update(tape.Market);
        }
    }

    /// <summary>Hours of correlated noise, some of them missing.</summary>
    private static Tape[] Tapes(int seed, int count, bool areMixed, bool holes = true)
    {
        var random = new Random(seed);
        double Draw() => random.NextDouble() + random.NextDouble() - 1;
        var tapes = Pairs
            .Select((pair, i) => new Tape(Some.MarketOf(pair, areMixed ? Timeframes[i] : "5m"), []))
            .ToArray();
        for (var hour = 1; hour <= count; hour++)
        {
            var common = Enumerable.Range(0, 12).Select(_ => Draw()).ToArray();
            foreach (var tape in tapes)
            {
                double[] own = [.. common.Select(value => value + Draw())];
                if (!holes || random.Next(12) > 0)
                    tape.Hours[hour] = [.. Gather(own, tape.Candles)];
            }
        }
        return tapes;
    }

    private sealed record Tape(MarketId Market, Dictionary<int, double[]> Hours)
    {
        public int Candles => Market.Timeframe.CountIn(TimeSpan.FromHours(1));

        public StandardizedHours Begin(CorrelationTracker tracker)
        {
            var hours = new StandardizedHours(Candles);
            tracker.Track(Market, hours);
            return hours;
        }

        public Tape Until(int end) => this with { Hours = Hours.Where(hour => hour.Key < end).ToDictionary() };

        public StandardizedHours All()
        {
            var hours = new StandardizedHours(Candles);
            foreach (var hour in Hours.Keys.Order())
                hours.Add(StandardizedHours.EndOf(hour), Hours[hour]);
            return hours;
        }
    }
}
