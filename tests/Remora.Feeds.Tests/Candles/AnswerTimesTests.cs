using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

/// <summary>
/// Tests answers of the exchange under wrong times, and answers that arrive late.
/// </summary>
[Trait("speed", "slow")]
public sealed class AnswerTimesTests
{
    /// <summary>
    /// One page of the history comes under other times, and the next is right again.
    /// </summary>
    [Theory]
    [InlineData(0, -5)]
    [InlineData(3, 5)]
    [InlineData(7, -10)]
    public async Task A_page_of_the_history_under_the_times_of_another_is_fetched_again(int number, int minutesAhead)
    {
        const int page = 500;
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        var pages = 0;
        rig.Server.Distort = rows =>
        {
            var isOfHistory =
                rows.Count > page && rows[1][0] - rows[0][0] == Timeframe.FiveMinutes.Length.TotalMilliseconds;
            if (!isOfHistory || Interlocked.Increment(ref pages) - 1 != number)
                return rows;
            var early = Math.Max(0, -minutesAhead / 5); // would be before the requested time
            return
            [
                .. rows[early..]
                    .Select(row => new[] { row[0] + (minutesAhead * 60_000), row[1], row[2], row[3], row[4], row[5] }),
            ];
        };
        rig.Start();
        await rig.LiveAsync(closed: 3);

        Assert.True(pages > number + 1);
        Assert.Equal(rig.Feed.Health.HistoryFrom, rig.Histories[^1].Base[0].OpenTime);
        Assert.False(rig.Feed.Health.HistoryIsShort);
        Assert.Empty(rig.Feed.Health.Gaps);
        rig.AssertTrue();
    }

    [Fact]
    public async Task A_candle_that_closes_while_an_answer_is_on_its_way_is_not_skipped()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        rig.Start();
        await rig.LiveAsync();
        var step = Timeframe.FiveMinutes.Length;
        var missing = rig.Closed[^1].OpenTime + (step * 4);
        var next = missing + step;
        rig.Server.Markets.IsMissing = (timeframe, open) => timeframe == Timeframe.FiveMinutes && open == missing;
        rig.Server.Distort = rows =>
        {
            // Made while the next candle is open, the answer arrives when it has closed.
            if (rig.Server.Markets.Now >= next)
                SpinWait.SpinUntil(() => rig.Server.Markets.Now >= next + step);
            return rows;
        };
        await Eventually.True(() => rig.Closed[^1].OpenTime >= next + step, $"beyond the gap; {rig.Feed.Health}");

        Assert.Contains(rig.Closed, candle => candle.OpenTime == next);
        Assert.Equal((missing, 1), (Assert.Single(rig.Feed.Health.Gaps).From, rig.Feed.Health.Gaps[0].Count));
        rig.AssertTrue();
    }
}
