using Remora.Feeds.Candles;
using Remora.Feeds.Tests.StandIn;
using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

/// <summary>
/// A series at another price level, through the real bridge. It is refused until another exchange
/// confirms it or the operator accepts it.
/// </summary>
[Trait("speed", "slow")]
public sealed class RefusedLevelTests
{
    // 30 days before 2024-03-10, at midnight.
    private static readonly Instant From = Instant.From(new(2024, 2, 9, 0, 0, 0, TimeSpan.Zero));
    private static readonly Instant Now = Instant.From(new(2024, 3, 10, 12, 0, 0, TimeSpan.Zero));
    private static readonly TimeSpan Step = Timeframe.FiveMinutes.Length;
    private static readonly MarketFeedOptions Options = FeedRig.Options with
    {
        ContradictionTimeout = TimeSpan.FromDays(10),
    };

    [Theory]
    [InlineData(0.04)]
    [InlineData(1000)]
    public async Task Another_pairs_candles_are_refused_and_named_and_the_market_goes_on_when_its_own_are_back(
        double factor
    )
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance");
        rig.Start();
        await rig.LiveAsync();
        Assert.Null(rig.Feed.AcceptPriceLevel()); // nothing is refused
        rig.Server.Distort = rows => [.. rows.Select(row => Times(row, factor))];
        await Eventually.True(
            () => rig.Feed.Health is { RefusedLevel: not null, ConsecutiveFailures: > 5 },
            $"refused; {rig.Feed.Health}"
        );

        var health = rig.Feed.Health;
        Assert.Equal(
            (FeedState.Unreachable, "price_level", "binance"),
            (health.State, health.LastError!.Kind, health.RefusedLevel!.Exchange)
        );
        Assert.InRange(health.RefusedLevel.OfferedClose / health.RefusedLevel.KnownClose, factor * 0.99, factor * 1.01);
        Assert.Contains(
            "remora pairs accept BTC/USDT --exchange binance --timeframe 5m",
            health.LastError.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(health.RefusedLevel.Describe(rig.Market), health.LastError.Message);
        rig.AssertTrue(); // none of it was delivered
        rig.Server.Heal();
        await rig.LiveAsync(closed: 3);

        rig.AssertTrue();
        Assert.Equal(
            (null, null, 0L),
            (rig.Feed.Health.RefusedLevel, rig.Feed.Health.AcceptedLevel, rig.Feed.Health.CandlesRevised)
        );
        Assert.Equal(FeedState.Live, rig.Feed.Health.State);
    }

    [Fact]
    public async Task The_operator_accepts_it_and_the_market_is_built_from_it_alone()
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance");
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Distort = rows => [.. rows.Select(row => Times(row, 0.04))];
        await Eventually.True(() => rig.Feed.Health.RefusedLevel is not null, $"refused; {rig.Feed.Health}");
        var accepted = rig.Feed.AcceptPriceLevel();
        Assert.Equal("binance", accepted!.Exchange);
        await Eventually.True(
            () => rig.Histories[^1].Base[0].OpenTime == From && rig.Histories[^1].Revised > 0,
            $"built anew; {rig.Feed.Health}"
        );
        await rig.LiveAsync(closed: 3);

        Assert.All(
            rig.Histories[^1].Base.Concat(rig.Closed.TakeLast(3)),
            candle => Assert.InRange(candle.Close, 1000, 1400)
        );
        var health = rig.Feed.Health;
        Assert.Equal((FeedState.Live, AcceptedPriceLevel.Operator), (health.State, health.AcceptedLevel!.By));
        Assert.Null(health.RefusedLevel);
        Assert.Null(rig.Feed.AcceptPriceLevel());
    }

    [Fact]
    public async Task An_exchange_that_stands_in_confirms_it()
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance", "kraken");
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Distort = rows => [.. rows.Select(row => Times(row, 0.04))]; // on both exchanges
        await Eventually.True(() => rig.Feed.Health.AcceptedLevel is not null, $"accepted; {rig.Feed.Health}");
        await rig.LiveAsync(closed: 3);
        Assert.Equal(
            ("kraken", "binance", 0),
            (rig.Feed.Health.AcceptedLevel!.By, rig.Feed.Health.Exchange, rig.Feed.Health.Failovers)
        );
        Assert.InRange(rig.Closed[^1].Close, 1000, 1400);
    }

    [Fact]
    public async Task Another_feed_of_the_pair_confirms_it_while_it_is_fresh()
    {
        var price = 30_000.0;
        FeedRig? started = null;
        IEnumerable<FeedHealth> Others(MarketId market) =>
            [
                // The same exchange cannot confirm itself.
                started!.Feed.Health with
                {
                    LastPrice = 1200,
                },
                started.Feed.Health with
                {
                    Exchange = "okx",
                    LastPrice = 1200,
                    LastCandleClose = Instant.From(started.Clock.GetUtcNow()) - TimeSpan.FromHours(1),
                },
                started.Feed.Health with
                {
                    Exchange = "bybit",
                    LastPrice = price,
                    LastCandleClose = Instant.From(started.Clock.GetUtcNow()),
                },
            ];
        await using var rig = started = await FeedRig.CreateAsync(
            Timeframe.FiveMinutes,
            Options with
            {
                OtherFeeds = Others,
            },
            null,
            "binance"
        );
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Distort = rows => [.. rows.Select(row => Times(row, 0.04))];
        await Eventually.True(
            () => rig.Feed.Health is { RefusedLevel: not null, ConsecutiveFailures: > 3 },
            $"refused; {rig.Feed.Health}"
        );
        price = 1200;
        await Eventually.True(() => rig.Feed.Health.AcceptedLevel is not null, $"accepted; {rig.Feed.Health}");
        Assert.Equal("bybit", rig.Feed.Health.AcceptedLevel!.By);
    }

    [Fact]
    public async Task An_exchange_at_another_level_is_left_for_one_that_stands_in_and_not_returned_to_before_it_is_right()
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance", "kraken");
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Distorts = path => path.StartsWith("api.binance.com", StringComparison.Ordinal);
        rig.Server.Distort = rows => [.. rows.Select(row => Times(row, 0.04))];
        await Eventually.True(
            () => rig.Feed.Health is { Exchange: "kraken", State: FeedState.Live, WarmUpRatio: 1 },
            $"kraken stands in; {rig.Feed.Health}"
        );
        await rig.LiveAsync(closed: 12); // an hour: the feed tries binance every five minutes
        Assert.Equal(
            ("kraken", 1, "binance"),
            (rig.Feed.Health.Exchange, rig.Feed.Health.Failovers, rig.Feed.Health.RefusedLevel!.Exchange)
        );
        rig.Server.Heal();
        await Eventually.True(
            () => rig.Feed.Health is { Exchange: "binance", State: FeedState.Live, WarmUpRatio: 1, RefusedLevel: null },
            $"back on binance; {rig.Feed.Health}"
        );
        await rig.LiveAsync(closed: 2);
        rig.AssertTrue();
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(2.5)]
    public async Task A_move_without_a_gap_is_taken_whatever_its_size(double factor)
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance");
        rig.Start();
        await rig.LiveAsync();
        var from = rig.Closed[^1].OpenTime + (Step * 3);
        rig.Server.Distort = rows =>
            [.. rows.Select(row => row[0] >= from.UnixMilliseconds ? Times(row, factor) : row)];
        await Eventually.True(() => rig.Closed[^1].OpenTime >= from + Step, $"beyond the move; {rig.Feed.Health}");
        Assert.Equal(
            (FeedState.Live, 0, 0L),
            (rig.Feed.Health.State, rig.Feed.Health.Gaps.Count, rig.Feed.Health.CandlesRevised)
        );
        Assert.Null(rig.Feed.Health.AcceptedLevel);
        Assert.Null(rig.Feed.Health.LastError);
    }

    [Theory]
    [InlineData(0.51, false)]
    [InlineData(1.49, false)]
    [InlineData(0.49, true)]
    [InlineData(1.51, true)]
    public async Task A_move_across_a_gap_is_taken_up_to_a_half(double factor, bool isRefused)
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance");
        rig.Start();
        await rig.LiveAsync();
        var from = rig.Closed[^1].OpenTime + (Step * 4);
        var last = StandInMarkets.Truth(rig.Market.Timeframe, from - (Step * 2)).Close;
        rig.Server.Markets.IsMissing = (_, open) => open == from - Step;
        // The close after the gap is exactly this multiple of the last one before it.
        rig.Server.Distort = rows =>
            [
                .. rows.Select(row =>
                    row[0] >= from.UnixMilliseconds
                        ? Times(row, factor * last / StandInMarkets.Truth(rig.Market.Timeframe, from).Close)
                        : row
                ),
            ];
        if (isRefused)
        {
            await Eventually.True(
                () => rig.Feed.Health is { RefusedLevel: not null, ConsecutiveFailures: > 3 },
                $"refused; {rig.Feed.Health}"
            );
            Assert.Equal(from - (Step * 2), rig.Closed[^1].OpenTime);
            Assert.Equal(
                factor,
                rig.Feed.Health.RefusedLevel!.OfferedClose / rig.Feed.Health.RefusedLevel.KnownClose,
                9
            );
            Assert.NotNull(rig.Feed.AcceptPriceLevel());
        }
        await Eventually.True(() => rig.Closed[^1].OpenTime >= from + Step, $"beyond the gap; {rig.Feed.Health}");
        Assert.Contains(rig.Closed, candle => candle.OpenTime == from);
        Assert.Equal(isRefused ? AcceptedPriceLevel.Operator : null, rig.Feed.Health.AcceptedLevel?.By);
        Assert.Equal((from - Step, 1), (Assert.Single(rig.Feed.Health.Gaps).From, rig.Feed.Health.Gaps[0].Count));
        Assert.Equal(0, rig.Feed.Health.CandlesRevised); // the candles before the gap stay
    }

    /// <summary>
    /// The smallest possible move doubles the price of a coin that is quoted in steps of 0.00001.
    /// </summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public async Task One_step_of_a_coarse_price_across_a_gap_is_no_other_level(int steps, bool isRefused)
    {
        await using var rig = await FeedRig.CreateAsync(Timeframe.FiveMinutes, Options, null, "binance");
        var gap = Instant.MaxValue;
        rig.Server.Distort = rows =>
            [.. rows.Select(row => Flat(row, row[0] > gap.UnixMilliseconds ? steps * 0.00001 : 0.00001))];
        rig.Server.Markets.IsMissing = (timeframe, open) => timeframe == Timeframe.FiveMinutes && open == gap;
        rig.Start();
        await rig.LiveAsync();
        gap = rig.Closed[^1].OpenTime + (Step * 4);
        if (isRefused)
            await Eventually.True(() => rig.Feed.Health.RefusedLevel is not null, $"refused; {rig.Feed.Health}");
        else
            await Eventually.True(() => rig.Closed[^1].OpenTime > gap, $"beyond the gap; {rig.Feed.Health}");
        Assert.Equal(isRefused, rig.Feed.Health.RefusedLevel is not null);

        static double?[] Flat(double?[] row, double price) => [row[0], price, price, price, price, row[5]];
    }

    [Theory]
    [InlineData("5m", 60)]
    [InlineData("1h", 300)]
    [InlineData("1d", 3000)]
    public async Task After_a_restart_a_series_that_goes_on_elsewhere_after_a_gap_is_refused(string name, int hours)
    {
        var timeframe = Timeframe.Parse(name);
        var end = (Now - TimeSpan.FromHours(hours)).Floor(timeframe.Length);
        await AfterRestartAsync(
            timeframe,
            end,
            markets => markets.IsMissing = (_, open) => open >= end && open < end + (timeframe.Length * 2),
            open => open >= end,
            isWholeReplaced: false
        );
    }

    [Theory]
    [InlineData("1m")]
    [InlineData("5m")]
    [InlineData("1d")]
    public async Task After_a_restart_a_series_that_is_another_altogether_is_refused(string name) =>
        await AfterRestartAsync(
            Timeframe.Parse(name),
            Now.Floor(Timeframe.Parse(name).Length),
            null,
            _ => true,
            isWholeReplaced: true
        );

    private static async Task AfterRestartAsync(
        Timeframe timeframe,
        Instant end,
        Action<StandInMarkets>? markets,
        Func<Instant, bool> isElsewhere,
        bool isWholeReplaced
    )
    {
        var from = timeframe == Timeframe.OneDay ? end - TimeSpan.FromDays(200) : From;
        Candle[] known =
        [
            .. Enumerable
                .Range(0, timeframe.CountIn(end - from))
                .Select(i => StandInMarkets.Truth(timeframe, from + (timeframe.Length * i))),
        ];
        var options = Options with
        {
            History = Now - from,
            Recall = (market, _) => Task.FromResult<MarketHistory?>(new([], [], known) { Source = market }),
        };
        await using var rig = await FeedRig.CreateAsync(timeframe, options, markets, "binance");
        rig.Server.Distort = rows =>
            [.. rows.Select(row => isElsewhere(new((long)row[0]!.Value)) ? Times(row, 0.04) : row)];
        rig.Start();
        await Eventually.True(() => rig.Feed.Health.RefusedLevel is not null, $"refused; {rig.Feed.Health}");
        Assert.Single(rig.Histories); // only the stored candles
        Assert.Equal(known[^1].OpenTime + timeframe.Length, rig.Feed.Health.RefusedLevel!.KnownAt);
        Assert.Equal(FeedState.Unreachable, rig.Feed.Health.State);

        Assert.NotNull(rig.Feed.AcceptPriceLevel());
        await Eventually.True(
            () =>
                rig.Feed.Health is { RefusedLevel: null, AcceptedLevel.By: AcceptedPriceLevel.Operator, WarmUpRatio: 1 }
                && rig.HasWholeHistory
                && rig.Histories[^1].Base[^1].Close is > 1000 and < 1400,
            $"accepted; {rig.Feed.Health}"
        );
        var whole = rig.Histories[^1];
        Assert.Equal(isWholeReplaced, whole.Base[0].Close < 2000);
        Assert.Equal(isWholeReplaced, whole.Revised > 0);
    }

    private static double?[] Times(double?[] row, double factor) =>
        [row[0], row[1] * factor, row[2] * factor, row[3] * factor, row[4] * factor, row[5]];
}
