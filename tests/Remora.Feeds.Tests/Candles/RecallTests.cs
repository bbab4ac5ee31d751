using Remora.Feeds.Candles;
using Remora.Feeds.Tests.StandIn;
using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

public sealed class RecallTests
{
    // 30 days before 2024-03-10, at midnight.
    private static readonly Instant From = Instant.From(new(2024, 2, 9, 0, 0, 0, TimeSpan.Zero));
    private static readonly Instant Now = Instant.From(new(2024, 3, 10, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task What_was_kept_answers_first_and_is_not_fetched_again()
    {
        var asked = new List<MarketId>();
        await using var rig = await RigAsync(new([], [], Truth(From, Now - TimeSpan.FromHours(3))), asked, "binance");
        rig.Start();
        await rig.LiveAsync();
        await Eventually.True(
            () => rig.Histories.Count == 2,
            "what was kept, then all of it: nothing but three hours was missing"
        );

        Assert.Equal(rig.Market, Assert.Single(asked));
        Assert.Equal(Now - TimeSpan.FromHours(3), rig.Histories[0].Base[^1].OpenTime + Timeframe.FiveMinutes.Length);
        Assert.Equal(From, rig.Histories[1].Base[0].OpenTime);
        Assert.Equal(rig.Market, rig.Histories[1].Source);
        rig.AssertTrue();
        Assert.Empty(rig.Feed.Health.Gaps);
    }

    [Fact]
    public async Task A_hole_in_what_was_kept_is_filled_by_the_exchange()
    {
        Candle[] kept =
        [
            .. Truth(From, From + TimeSpan.FromDays(3)),
            .. Truth(From + TimeSpan.FromDays(5), From + TimeSpan.FromDays(20)),
        ];
        await using var rig = await RigAsync(new([], [], kept), [], "okx");
        rig.Start();
        await rig.LiveAsync();
        await Eventually.True(() => rig.Histories.Count == 3, "what was kept, the first answer, the whole");

        var whole = rig.Histories[^1].Base;
        Assert.Equal(whole.Count - 1, Timeframe.FiveMinutes.CountIn(whole[^1].OpenTime - From));
        rig.AssertTrue();
        Assert.Empty(rig.Feed.Health.Gaps);
    }

    [Fact]
    public async Task An_exchange_is_remembered_for_longer_than_it_remembers_itself()
    {
        // Kraken returns its last 720 candles, two and a half days.
        await using var rig = await RigAsync(
            new([], [], Truth(Now - TimeSpan.FromDays(10), Now - TimeSpan.FromDays(1))),
            [],
            "kraken"
        );
        rig.Start();
        await Eventually.True(() => rig.Histories.Count == 3, "what was kept, the first answer, the whole");

        var whole = rig.Histories[^1].Base;
        Assert.Equal(Now - TimeSpan.FromDays(10), whole[0].OpenTime);
        Assert.Equal(whole.Count - 1, Timeframe.FiveMinutes.CountIn(whole[^1].OpenTime - whole[0].OpenTime));
        rig.AssertTrue();
    }

    private static Task<FeedRig> RigAsync(MarketHistory kept, List<MarketId> asked, string exchange)
    {
        var options = FeedRig.Options with
        {
            Recall = (market, _) =>
            {
                asked.Add(market);
                return Task.FromResult<MarketHistory?>(kept with { Source = market });
            },
        };
        return FeedRig.CreateAsync(Timeframe.FiveMinutes, options, null, exchange);
    }

    private static Candle[] Truth(Instant from, Instant to)
    {
        var step = Timeframe.FiveMinutes;
        return
        [
            .. Enumerable
                .Range(0, step.CountIn(to - from))
                .Select(i => StandInMarkets.Truth(step, from + (step.Length * i))),
        ];
    }
}
