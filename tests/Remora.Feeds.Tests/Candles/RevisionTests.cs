using Remora.Feeds.Candles;
using Remora.Feeds.Tests.StandIn;
using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

/// <summary>Candles that an exchange revises, through the real bridge.</summary>
[Trait("speed", "slow")]
public sealed class RevisionTests
{
    // 30 days before 2024-03-10, at midnight.
    private static readonly Instant From = Instant.From(new(2024, 2, 9, 0, 0, 0, TimeSpan.Zero));
    private static readonly Instant Now = Instant.From(new(2024, 3, 10, 12, 0, 0, TimeSpan.Zero));
    private static readonly TimeSpan Step = Timeframe.FiveMinutes.Length;

    /// <summary>Prevents decisions by elapsed time.</summary>
    private static readonly MarketFeedOptions Options = FeedRig.Options with
    {
        ContradictionTimeout = TimeSpan.FromDays(10),
    };

    [Theory]
    [InlineData("5m", "binance", 1000)]
    [InlineData("5m", "kraken", 0.001)]
    [InlineData("15m", "okx", 1000)]
    [InlineData("5m", "coinbase", 1.0001)]
    public async Task A_candle_that_was_wrong_for_a_moment_is_replaced_in_the_history(
        string timeframe,
        string exchange,
        double factor
    )
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.Parse(timeframe), Options, null, exchange);
        rig.Start();
        await rig.LiveAsync(closed: 2);
        var wrong = rig.Closed[^1].OpenTime + (rig.Market.Timeframe.Length * 2);
        rig.Server.Distort = rows =>
            [.. rows.Select(row => row[0] == wrong.UnixMilliseconds ? WithClose(row, row[4]!.Value * factor) : row)];
        await Eventually.True(() => rig.Closed.Any(candle => candle.OpenTime == wrong), "the wrong candle is used");
        Assert.NotEqual(Truth(rig, wrong), rig.Closed.Single(candle => candle.OpenTime == wrong));
        rig.Server.Heal();
        await Eventually.True(() => rig.Histories[^1].Revised > 0, $"the history is replaced; {rig.Feed.Health}");

        Assert.Equal(1, rig.Histories[^1].Revised);
        Assert.All(rig.Histories[^1].Base, candle => Assert.Equal(Truth(rig, candle.OpenTime), candle));
        Assert.Contains(rig.Histories[^1].Base, candle => candle.OpenTime == wrong);
        await rig.LiveAsync(closed: 2);
        var health = rig.Feed.Health;
        Assert.Equal((1, FeedState.Live, 0), (health.CandlesRevised, health.State, health.Gaps.Count));
        Assert.Equal(
            (1, wrong, Truth(rig, wrong).Close),
            (health.LastRevision!.Count, health.LastRevision.OpenTime, health.LastRevision.After)
        );
        for (var i = 1; i < rig.Closed.Count; i++)
            Assert.Equal(rig.Closed[i - 1].OpenTime + rig.Market.Timeframe.Length, rig.Closed[i].OpenTime);
    }

    [Fact]
    public async Task Two_of_three_revised_candles_are_used_at_once()
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance");
        rig.Start();
        await rig.LiveAsync(closed: 3);
        double[] revised = [rig.Closed[^1].OpenTime.UnixMilliseconds, rig.Closed[^2].OpenTime.UnixMilliseconds];
        rig.Server.Distort = rows =>
            [.. rows.Select(row => revised.Contains(row[0]!.Value) ? WithClose(row, row[4]!.Value * 1.0001) : row)];
        await Eventually.True(() => rig.Histories[^1].Revised > 0, $"the history is replaced; {rig.Feed.Health}");

        Assert.Equal(2, rig.Histories[^1].Revised);
        var others = rig.Histories[^1].Base.Where(candle => candle != Truth(rig, candle.OpenTime)).ToList();
        Assert.Equal(revised.Order(), others.Select(candle => (double)candle.OpenTime.UnixMilliseconds));
        await rig.LiveAsync(closed: 3);
        Assert.Equal((FeedState.Live, 2), (rig.Feed.Health.State, rig.Feed.Health.CandlesRevised));
    }

    /// <summary>
    /// The last candles of the exchange are never final: every response has other values for two of
    /// them.
    /// </summary>
    [Fact]
    public async Task An_exchange_that_revises_all_the_time_blinds_nobody()
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.Parse("15m"), Options, null, "binance");
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Distort = rows =>
            [.. rows.Select((row, i) => rows.Count - i is 3 or 4 ? WithClose(row, row[4]!.Value * 1.0001) : row)];
        await rig.LiveAsync(closed: 5);
        rig.Server.Heal();
        await Eventually.True(
            () =>
                rig.Histories[^1] is { Revised: > 0 } last
                && last.Base.All(candle => candle == Truth(rig, candle.OpenTime)),
            $"the truth in the end; {rig.Feed.Health}"
        );
        Assert.True(rig.Feed.Health.CandlesRevised >= 4);
    }

    [Fact]
    public async Task An_exchange_that_contradicts_itself_with_every_answer_is_not_believed()
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance");
        rig.Start();
        await rig.LiveAsync();
        var answers = 0;
        rig.Server.Distort = rows =>
        {
            var factor = 1 + (Interlocked.Increment(ref answers) * 1e-7);
            return [.. rows.Select(row => WithClose(row, row[4]!.Value * factor))];
        };
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Unreachable, ConsecutiveFailures: > 5 },
            "unreachable"
        );
        rig.Server.Heal();
        await rig.LiveAsync(closed: 3);
        rig.AssertTrue();
        Assert.Equal(0, rig.Feed.Health.CandlesRevised);
    }

    [Fact]
    public async Task A_past_that_was_fetched_under_earlier_times_is_fetched_again_as_soon_as_the_times_are_right()
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance");
        rig.Server.Distorts = path => path.EndsWith("/klines", StringComparison.Ordinal);
        rig.Server.Distort = rows =>
            IsFiveMinutes(rows)
                ?
                [
                    .. rows.Select(row =>
                        new[] { row[0] - Step.TotalMilliseconds, row[1], row[2], row[3], row[4], row[5] }
                    ),
                ]
                : rows;
        rig.Start();
        await Eventually.True(() => rig.Histories.Count > 0, "a history under earlier times");
        Assert.NotEqual(Truth(rig, rig.Histories[0].Base[5].OpenTime), rig.Histories[0].Base[5]);
        rig.Server.Heal();
        await Eventually.True(
            () => rig.Histories[^1] is { Revised: > 200 } last && last.Base[0].OpenTime == From,
            $"all of it is fetched again; {rig.Feed.Health}"
        );
        await rig.LiveAsync(closed: 2);

        Assert.All(rig.Histories[^1].Base, candle => Assert.Equal(Truth(rig, candle.OpenTime), candle));
        // Of the candles that the exchange still has.
        Assert.True(rig.Feed.Health.CandlesRevised > 200);

        static bool IsFiveMinutes(List<double?[]> rows) =>
            rows.Count < 2 || rows[1][0] - rows[0][0] == Step.TotalMilliseconds;
    }

    [Theory]
    [InlineData("1m", 1)]
    [InlineData("5m", 1)]
    [InlineData("1h", 1)]
    [InlineData("1d", 1)]
    [InlineData("5m", 3.3333e-10)] // 0.00001
    [InlineData("5m", 1e6)]
    public async Task After_a_restart_a_wrong_newest_candle_is_replaced(string name, double scale)
    {
        var timeframe = Timeframe.Parse(name);
        var known = Known(timeframe, From, Now, scale);
        known[^1] = WithClose(known[^1], known[^1].High * 1000);
        await using var rig = await RigAsync(timeframe, known, "binance");
        rig.Server.Distort = rows => Scaled(rows, scale);
        rig.Start();
        await Eventually.True(
            () => rig.Histories.Any(history => history.Revised > 0),
            $"the history is replaced; {rig.Feed.Health}"
        );

        // The stored candles come first.
        Assert.Equal(known[^1].Close, rig.Histories[0].Base[^1].Close);
        var whole = rig.Histories.First(history => history.Revised > 0);
        Assert.Equal(1, whole.Revised);
        Assert.Equal(
            Known(timeframe, From, Now, scale)[^1].Close,
            whole.Base.Single(candle => candle.OpenTime == known[^1].OpenTime).Close,
            12
        );
        Assert.Equal((1, known[^1].OpenTime), (rig.Feed.Health.CandlesRevised, rig.Feed.Health.LastRevision!.OpenTime));
        Assert.Null(rig.Feed.Health.RefusedLevel);
    }

    /// <summary>
    /// Revises the candles of an hour before all candles that polls compare. The hourly candles
    /// reveal it.
    /// </summary>
    [Theory]
    [InlineData("5m", "binance")]
    [InlineData("5m", "coinbase")]
    [InlineData("1h", "okx")]
    public async Task After_a_restart_wrong_candles_of_long_ago_are_replaced(string name, string exchange)
    {
        var timeframe = Timeframe.Parse(name);
        var known = Known(timeframe, From, Now - TimeSpan.FromHours(1));
        var first = timeframe.CountIn(TimeSpan.FromDays(9));
        for (var i = first; i < first + 100; i++)
            known[i] = known[i - 1] with { OpenTime = known[i].OpenTime };
        await using var rig = await RigAsync(timeframe, known, exchange);
        rig.Start();
        // The first history is the stored one, and the second may be of the latest candles only.
        await Eventually.True(
            () => rig.Feed.Health.WarmUpRatio >= 1 && rig.Histories.Skip(1).Any(IsWhole),
            $"warm; {rig.Feed.Health}"
        );

        var whole = rig.Histories.Last(IsWhole);
        Assert.All(whole.Base, candle => Assert.Equal(Truth(rig, candle.OpenTime), candle));
        Assert.InRange(whole.Revised, 90, 100); // about every hundredth equals its neighbour
        Assert.Equal(whole.Revised, rig.Feed.Health.CandlesRevised);

        static bool IsWhole(MarketHistory history) => history.Base[0].OpenTime == From;
    }

    [Fact]
    public async Task A_market_that_was_listed_an_hour_ago_is_compared_as_well()
    {
        var listed = Now - TimeSpan.FromHours(1);
        var known = Known(Timeframe.FiveMinutes, listed, Now - TimeSpan.FromMinutes(20));
        known[^1] = WithClose(known[^1], known[^1].High * 1000);
        await using var rig = await RigAsync(
            Timeframe.FiveMinutes,
            known,
            "binance",
            markets => markets.ListedAt = listed
        );
        rig.Start();
        // The history after the one that is revised may come at once
        await Eventually.True(() => rig.Histories.Any(history => history.Revised > 0), "the history is replaced");
        await rig.LiveAsync(closed: 2);
        Assert.Equal(listed, rig.Histories[^1].Base[0].OpenTime);
        Assert.All(rig.Histories[^1].Base, candle => Assert.Equal(Truth(rig, candle.OpenTime), candle));
        Assert.Equal(1, rig.Feed.Health.CandlesRevised);
    }

    /// <summary>
    /// Some exchanges return closed candles only. Then only repeated responses prove that their
    /// times are right.
    /// </summary>
    [Fact]
    public async Task An_exchange_without_open_candles_is_believed_when_it_stays_with_another_past()
    {
        await using var rig = await FeedRig.CreateAsync(
            Timeframe.FiveMinutes,
            Options with
            {
                ContradictionTimeout = TimeSpan.FromMinutes(30),
            },
            null,
            "binance"
        );
        rig.Server.Distort = Closed;
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Distort = rows => [.. Closed(rows).Select(row => WithClose(row, row[4]!.Value * 1.01))];
        await Eventually.True(() => rig.Histories[^1].Revised > 0, $"the history is replaced; {rig.Feed.Health}");
        await rig.LiveAsync(closed: 2);
        Assert.All(
            rig.Histories[^1].Base,
            candle => Assert.Equal(Truth(rig, candle.OpenTime).Close * 1.01, candle.Close, 6)
        );

        List<double?[]> Closed(List<double?[]> rows) =>
            [.. rows.Where(row => row[0] + Step.TotalMilliseconds <= rig.Clock.GetUtcNow().ToUnixTimeMilliseconds())];
    }

    private static Candle Truth(FeedRig rig, Instant open) => StandInMarkets.Truth(rig.Market.Timeframe, open);

    private static Task<FeedRig> RigAsync(
        Timeframe timeframe,
        Candle[] known,
        string exchange,
        Action<StandInMarkets>? markets = null
    ) =>
        FeedRig.CreateAsync(
            timeframe,
            Options with
            {
                Recall = (market, _) => Task.FromResult<MarketHistory?>(new([], [], known) { Source = market }),
            },
            markets,
            exchange
        );

    private static Candle[] Known(Timeframe timeframe, Instant from, Instant to, double scale = 1) =>
        [
            .. Enumerable
                .Range(0, timeframe.CountIn(to - from))
                .Select(i => StandInMarkets.Truth(timeframe, from + (timeframe.Length * i)))
                .Select(c =>
                    scale == 1
                        ? c
                        : c with
                        {
                            Open = Round(c.Open * scale),
                            High = Round(c.High * scale),
                            Low = Round(c.Low * scale),
                            Close = Round(c.Close * scale),
                        }
                ),
        ];

    private static List<double?[]> Scaled(List<double?[]> rows, double scale) =>
        scale == 1
            ? rows
            :
            [
                .. rows.Select(row =>
                    new[]
                    {
                        row[0],
                        Round(row[1]!.Value * scale),
                        Round(row[2]!.Value * scale),
                        Round(row[3]!.Value * scale),
                        Round(row[4]!.Value * scale),
                        row[5],
                    }
                ),
            ];

    /// <summary>Rounds to a step of 0.00001.</summary>
    private static double Round(double price) => (double)Math.Round((decimal)price, 5);

    private static double?[] WithClose(double?[] row, double close) =>
        [row[0], row[1], Math.Max(row[2]!.Value, close), Math.Min(row[3]!.Value, close), close, row[5]];

    private static Candle WithClose(in Candle candle, double close) =>
        candle with
        {
            High = Math.Max(candle.High, close),
            Low = Math.Min(candle.Low, close),
            Close = close,
        };
}
