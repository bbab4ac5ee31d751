using Remora.Feeds.Tests.StandIn;
using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

public sealed class MarketFeedTests
{
    // 30 days before 2024-03-10, at midnight.
    private static readonly Instant HistoryFrom = Instant.From(new(2024, 2, 9, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("binance", 1000)]
    [InlineData("kraken", 720)]
    [InlineData("coinbase", 300)]
    [InlineData("bybit", 1000)]
    [InlineData("okx", 300)]
    public async Task A_market_has_an_answer_first_and_its_whole_history_then(string exchange, int page)
    {
        await using var rig = await FeedRig.CreateAsync(null, exchange);
        rig.Start();
        await rig.LiveAsync(closed: 5);

        Assert.Equal(2, rig.Histories.Count);
        var first = rig.Histories[0];
        Assert.Equal(220, first.Daily.Count);
        if (exchange == "kraken")
            Assert.InRange(first.Hourly.Count, 718, 720); // the last ones; an hour takes a second here
        else
            Assert.Equal(HistoryFrom, first.Hourly[0].OpenTime);
        // One page from a full hour on, and what a busy machine is late
        Assert.InRange(first.Base.Count, page - 15, page * 2);
        Assert.Equal(first.Base[0].OpenTime.Floor(TimeSpan.FromHours(1)), first.Base[0].OpenTime);
        Assert.True(
            first.Hourly[^1].OpenTime + TimeSpan.FromHours(1) >= first.Base[0].OpenTime,
            "the hourly candles reach the base candles"
        );

        var health = rig.Feed.Health;
        var whole = rig.Histories[1].Base;
        Assert.Equal(exchange == "kraken", health.HistoryIsShort);
        if (exchange != "kraken")
            Assert.Equal(HistoryFrom, whole[0].OpenTime);
        Assert.Equal(whole[0].OpenTime, health.HistoryFrom);
        Assert.Equal(whole.Count - 1, Timeframe.FiveMinutes.CountIn(whole[^1].OpenTime - whole[0].OpenTime));
        rig.AssertTrue();
        Assert.Equal((FeedState.Live, 0, 0L), (health.State, health.Gaps.Count, health.CandlesMissing));
        Assert.Empty(health.Refused);
        Assert.Null(health.LastError);
    }

    [Theory]
    [InlineData("1m", "okx", 732, 43_200)]
    [InlineData("1h", "coinbase", 0, 732)]
    [InlineData("1d", "kraken", 0, 30)]
    public async Task Other_timeframes_have_their_history_too(string name, string exchange, int hours, int count)
    {
        var timeframe = Timeframe.Parse(name);
        await using var rig = await FeedRig.CreateAsync(timeframe, null, exchange);
        rig.Start();
        await Eventually.True(() => rig.Feed.Health.WarmUpRatio >= 1 && rig.HasWholeHistory, "warm");

        var history = rig.Histories[^1];
        Assert.Equal(220, history.Daily.Count);
        // Two hours pass in 2.4 seconds here, so a busy machine sees later ones too.
        Assert.InRange(history.Hourly.Count, hours, hours * 2);
        Assert.Equal(HistoryFrom, history.Base[0].OpenTime);
        Assert.True(history.Base.Count >= count);
        Assert.False(rig.Feed.Health.HistoryIsShort);
        Assert.Empty(rig.Feed.Health.Gaps);
        rig.AssertTrue();
    }

    [Theory]
    [InlineData("binance")]
    [InlineData("kraken")]
    [InlineData("coinbase")]
    [InlineData("okx")]
    public async Task A_hole_in_the_past_is_crossed_noted_and_not_asked_for_again(string exchange)
    {
        // Longer than a page of Coinbase and OKX, and within Kraken's 720.
        var hole = (
            From: Instant.From(new(2024, 3, 8, 20, 0, 0, TimeSpan.Zero)),
            To: Instant.From(new(2024, 3, 10, 1, 0, 0, TimeSpan.Zero))
        );
        await using var rig = await FeedRig.CreateAsync(
            markets =>
                markets.IsMissing = (timeframe, open) =>
                    timeframe == Timeframe.FiveMinutes && open >= hole.From && open < hole.To,
            exchange
        );
        rig.Start();
        await rig.LiveAsync(closed: 3);

        var gap = Assert.Single(rig.Feed.Health.Gaps);
        Assert.Equal((hole.From, hole.To, 348), (gap.From, gap.To, gap.Count));
        Assert.Equal(348, rig.Feed.Health.CandlesMissing);
        var intoTheHole = rig.Server.Arrivals.Where(a =>
            WireFormats.IsCandles(a.Path) && TimesIn(a.Query).Any(time => time >= hole.From && time < hole.To)
        );
        Assert.All(intoTheHole.CountBy(a => a.Path + a.Query), same => Assert.Equal(1, same.Value));
        rig.AssertTrue();
    }

    [Fact]
    public async Task A_market_that_was_listed_lately_has_a_short_history_and_a_bounded_search_for_it()
    {
        await using var rig = await FeedRig.CreateAsync(
            markets => markets.ListedAt = Instant.From(new(2024, 3, 10, 6, 0, 0, TimeSpan.Zero)),
            "coinbase"
        );
        rig.Start();
        await rig.LiveAsync(closed: 2);

        Assert.True(rig.Feed.Health.HistoryIsShort);
        Assert.Equal(Instant.From(new(2024, 3, 10, 6, 0, 0, TimeSpan.Zero)), rig.Feed.Health.HistoryFrom);
        Assert.Empty(rig.Feed.Health.Gaps);
        Assert.True(rig.Server.Arrivals.Count(a => WireFormats.IsCandles(a.Path)) < 50);
        rig.AssertTrue();
    }

    [Theory]
    [InlineData("binance", false)]
    [InlineData("coinbase", false)]
    [InlineData("kraken", true)]
    public async Task After_a_long_sleep_the_market_catches_up_by_paging(string exchange, bool leavesGap)
    {
        await using var rig = await FeedRig.CreateAsync(null, exchange);
        rig.Start();
        await rig.LiveAsync();
        // 1152 candles: more than a page of each exchange, and more than Kraken has.
        rig.Sleep(TimeSpan.FromDays(4));
        var before = rig.Closed.Count;
        await Eventually.True(
            () => rig.Closed.Count > before + 700 && rig.Feed.Health.State == FeedState.Live,
            $"caught up; {rig.Feed.Health}"
        );
        await rig.LiveAsync(closed: 2);

        Assert.Equal(leavesGap ? 1 : 0, rig.Feed.Health.Gaps.Count);
        if (!leavesGap)
            AssertNoHole(rig.Closed);
        rig.AssertTrue();
    }

    [Theory]
    [InlineData("html 502", "unavailable")]
    [InlineData("html 200", "bad_response")]
    [InlineData("429", "rate_limited")]
    [InlineData("stalled body", "timeout")]
    public async Task After_an_outage_of_the_exchange_nothing_is_missing(string fault, string kind)
    {
        await using var rig = await FeedRig.CreateAsync(
            Timeframe.FiveMinutes,
            FeedRig.Options,
            TimeSpan.FromSeconds(1),
            null,
            "bybit"
        );
        rig.Start();
        await rig.LiveAsync();
        rig.Server.FailAll(fault);
        await Eventually.True(() => rig.Feed.Health.State == FeedState.Unreachable, "unreachable");
        var health = rig.Feed.Health;
        Assert.Equal(kind, health.LastError!.Kind);
        Assert.True(health.ConsecutiveFailures >= 3);
        rig.Server.Heal();
        await rig.LiveAsync(closed: 3);

        Assert.Equal((FeedState.Live, 0), (rig.Feed.Health.State, rig.Feed.Health.ConsecutiveFailures));
        Assert.Empty(rig.Feed.Health.Gaps);
        AssertNoHole(rig.Closed);
        rig.AssertTrue();
    }

    [Fact]
    public async Task A_market_comes_up_although_its_exchange_was_down_at_the_start()
    {
        await using var rig = await FeedRig.CreateAsync(null, "okx");
        rig.Server.FailAll("reset");
        rig.Start();
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Unreachable, LastError.Kind: "network" },
            "unreachable"
        );
        Assert.NotNull(rig.Feed.Health.NextTry);
        rig.Server.Heal();
        await rig.LiveAsync();
        rig.AssertTrue();
    }

    [Fact]
    public async Task The_feed_survives_the_death_of_the_bridge()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        rig.Start();
        await rig.LiveAsync();
        using var child = System.Diagnostics.Process.GetProcessById(rig.Bridge.Health.ProcessId!.Value);
        child.Kill();
        await rig.LiveAsync(closed: 10);

        Assert.Empty(rig.Feed.Health.Gaps);
        AssertNoHole(rig.Closed);
        rig.AssertTrue();
    }

    [Fact]
    public async Task Faulty_candles_that_were_a_moments_weakness_leave_no_hole()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        rig.Start();
        await rig.LiveAsync();
        var faulty = 0;
        rig.Server.Distort = rows =>
        {
            if (Interlocked.Increment(ref faulty) > 2)
                return rows;
            return [.. rows.Select(row => new double?[] { row[0], row[1], null, row[3], row[4], row[5] })];
        };
        await rig.LiveAsync(closed: 5);

        Assert.True(rig.Feed.Health.Refused[CandleFault.NotFinite] >= 2);
        Assert.Empty(rig.Feed.Health.Gaps);
        AssertNoHole(rig.Closed);
        rig.AssertTrue();
    }

    [Fact]
    public async Task A_candle_that_stays_faulty_becomes_a_gap()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        rig.Start();
        await rig.LiveAsync();
        var bad = (rig.Closed[^1].OpenTime + (Timeframe.FiveMinutes.Length * 5)).UnixMilliseconds;
        rig.Server.Distort = rows => [.. rows.Select(row => row[0] == bad ? [bad, 1, 0.5, 2, 1, 1] : row)];
        await Eventually.True(() => rig.Feed.Health.Gaps.Count > 0, "the gap is noted");

        var gap = Assert.Single(rig.Feed.Health.Gaps);
        Assert.Equal((new Instant(bad), 1), (gap.From, gap.Count));
        // Requested again, but not forever.
        Assert.InRange(rig.Feed.Health.Refused[CandleFault.Inverted], 2, 30);
        await rig.LiveAsync(closed: 3);
        rig.AssertTrue();
    }

    [Fact]
    public async Task Duplicates_and_disorder_are_put_right_and_counted()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        rig.Server.Distort = rows => rows.Count < 4 ? [.. rows, .. rows] : [.. rows[2..], rows[0], rows[1], rows[1]];
        rig.Start();
        await rig.LiveAsync(closed: 5);

        Assert.True(rig.Feed.Health.Duplicates > 0);
        Assert.True(rig.Feed.Health.OutOfOrder > 0);
        Assert.Empty(rig.Feed.Health.Gaps);
        AssertNoHole(rig.Closed);
        rig.AssertTrue();
    }

    [Fact]
    public async Task Candles_of_a_wrong_clock_are_refused_and_the_market_recovers()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Distort = rows =>
            [.. rows.Select(row => new[] { row[0] + 77_000, row[1], row[2], row[3], row[4], row[5] })];
        await Eventually.True(() => rig.Feed.Health.State == FeedState.Unreachable, "unreachable");
        Assert.Equal("bad_response", rig.Feed.Health.LastError!.Kind);
        rig.Server.Heal();
        await rig.LiveAsync(closed: 3);

        Assert.True(rig.Feed.Health.Refused[CandleFault.Unaligned] >= 3);
        Assert.Empty(rig.Feed.Health.Gaps);
        AssertNoHole(rig.Closed);
        rig.AssertTrue();
    }

    /// <summary>Wrong by whole candles, so that every candle looks valid.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(60)]
    [InlineData(-10)]
    [InlineData(-15)]
    public async Task Candles_under_the_times_of_others_are_refused_however_long_it_takes(int minutesAhead)
    {
        await using var rig = await FeedRig.CreateAsync(
            Timeframe.FiveMinutes,
            FeedRig.Options with
            {
                ContradictionTimeout = TimeSpan.FromDays(1),
            },
            null,
            "binance"
        );
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Markets.Ahead = TimeSpan.FromMinutes(minutesAhead);
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Unreachable, ConsecutiveFailures: > 5 },
            "unreachable"
        );
        Assert.Equal("bad_response", rig.Feed.Health.LastError!.Kind);
        rig.Server.Markets.Ahead = TimeSpan.Zero;
        await rig.LiveAsync(closed: 3);

        AssertNoHole(rig.Closed);
        rig.AssertTrue();
    }

    [Fact]
    public async Task A_history_under_the_times_of_another_is_refused()
    {
        // Six hours take 7 seconds here. A busy machine may be late by less than that: an answer
        // that is late by what the clock is ahead is right.
        await using var rig = await FeedRig.CreateAsync(
            Timeframe.Parse("6h"),
            markets => markets.Ahead = TimeSpan.FromHours(60),
            "binance"
        );
        rig.Start();
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Unreachable, ConsecutiveFailures: > 5 },
            $"unreachable; {rig.Feed.Health}"
        );
        Assert.Empty(rig.Received);
        rig.Server.Markets.Ahead = TimeSpan.Zero;
        await rig.LiveAsync();
        rig.AssertTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_candle_that_is_revised_is_asked_for_again_and_then_believed(int fromTheEnd)
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        rig.Start();
        await rig.LiveAsync(closed: 2);
        var revised = (double)rig.Closed[^fromTheEnd].OpenTime.UnixMilliseconds;
        rig.Server.Distort = rows =>
            [.. rows.Select(row => row[0] == revised ? [row[0], row[1], row[2] + 1, row[3], row[4], row[5]] : row)];
        await Eventually.True(() => rig.Histories[^1].Revised == 1, "the model is built anew");
        await rig.LiveAsync(closed: 3);

        Assert.Contains("another candle", rig.Feed.Health.LastError!.Message);
        Assert.Equal(FeedState.Live, rig.Feed.Health.State);
        AssertNoHole(rig.Closed);
        Assert.Equal(
            revised,
            Assert
                .Single(
                    rig.Histories[^1].Base,
                    candle => candle != StandInMarkets.Truth(rig.Market.Timeframe, candle.OpenTime)
                )
                .OpenTime.UnixMilliseconds
        );
    }

    [Fact]
    public async Task A_past_that_is_really_written_anew_is_fetched_anew_in_the_end()
    {
        await using var rig = await FeedRig.CreateAsync(
            Timeframe.FiveMinutes,
            FeedRig.Options with
            {
                ContradictionTimeout = TimeSpan.FromMinutes(30),
            },
            null,
            "binance"
        );
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Distort = rows =>
            [
                .. rows.Select(row => Anew((long)row[0]!))
                    .Select(c =>
                        new double?[] { c.OpenTime.UnixMilliseconds, c.Open, c.High, c.Low, c.Close, c.Volume }
                    ),
            ];
        await Eventually.True(() => rig.Histories.Count >= 4, "the history is there again");
        await rig.LiveAsync(closed: 3);

        Assert.Contains("another candle", rig.Feed.Health.LastError!.Message);
        Assert.All(rig.Histories[^1].Base, candle => Assert.Equal(Anew(candle.OpenTime.UnixMilliseconds), candle));

        static Candle Anew(long open) =>
            StandInMarkets.Truth(Timeframe.FiveMinutes, new Instant(open) - TimeSpan.FromMinutes(10)) with
            {
                OpenTime = new(open),
            };
    }

    [Fact]
    public async Task Without_trades_there_are_no_candles_and_that_is_no_failure()
    {
        await using var rig = await FeedRig.CreateAsync(null, "coinbase");
        rig.Start();
        await rig.LiveAsync();
        var silentFrom = rig.Closed[^1].OpenTime + (Timeframe.FiveMinutes.Length * 3);
        var silentTo = silentFrom + (Timeframe.FiveMinutes.Length * 8);
        rig.Server.Markets.IsMissing = (_, open) => open >= silentFrom && open < silentTo;
        await Eventually.True(() => rig.Feed.Health.State == FeedState.Degraded, "no fresh candle");
        Assert.Null(rig.Feed.Health.LastError);
        await Eventually.True(() => rig.Feed.Health is { Gaps.Count: 1, State: FeedState.Live }, "the gap is noted");

        var gap = rig.Feed.Health.Gaps[0];
        Assert.Equal((silentFrom, silentTo, 8), (gap.From, gap.To, gap.Count));
        rig.AssertTrue();
    }

    [Fact]
    public async Task A_market_the_exchange_lacks_is_said_so()
    {
        await using var rig = await FeedRig.CreateAsync(markets => markets.Bases = ["ETH"], "binance");
        rig.Start();
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Unreachable, LastError.Kind: "bad_symbol" },
            "bad_symbol"
        );
        Assert.Contains("BTC/USDT", rig.Feed.Health.LastError!.Message);
    }

    private static void AssertNoHole(IReadOnlyList<Candle> candles)
    {
        for (var i = 1; i < candles.Count; i++)
            Assert.Equal(candles[i - 1].OpenTime + Timeframe.FiveMinutes.Length, candles[i].OpenTime);
    }

    /// <summary>Returns the times in a query, in seconds or milliseconds.</summary>
    private static IEnumerable<Instant> TimesIn(string query) =>
        from digits in query.Split('?', '&', '=')
        where digits.Length is 10 or 13 && digits.All(char.IsAsciiDigit)
        select new Instant(long.Parse(digits) * (digits.Length == 10 ? 1000 : 1));
}
