using System.ComponentModel.DataAnnotations;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>How a market's candles are fetched. All spans are of the feed's clock.</summary>
public sealed record MarketFeedOptions
{
    /// <summary>How long after a candle's close it is asked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan PollDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Over what span the markets' polls are spread, each market at its own fixed place; at most a quarter of a candle.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan PollSpread { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a candle that is not there yet is asked for again before its successor's close.</summary>
    [Range(0, 20)]
    public int LatePolls { get; init; } = 3;

    /// <summary>The wait before a candle that is not there yet is asked for again; it doubles.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan LateDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How much history of base and hourly candles is wanted; it begins at midnight.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan History { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How much history of daily candles is wanted.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan DailyHistory { get; init; } = TimeSpan.FromDays(220);

    /// <summary>How many candles are asked for at once, where the exchange gives that many.</summary>
    [Range(10, 5000)]
    public int PageSize { get; init; } = 1000;

    /// <summary>The waits after failures.</summary>
    [Required]
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    /// <summary>How many failures in a row make a feed unreachable.</summary>
    [Range(1, 100)]
    public int UnreachableAfterFailures { get; init; } = 3;

    /// <summary>How many candles may be missing at the end before the feed counts as degraded, and an exchange that has another to stand in for it as lost.</summary>
    [Range(1, 1000)]
    public int StaleAfterCandles { get; init; } = 3;

    /// <summary>How many failures in a row make an exchange that has another to stand in for it count as lost.</summary>
    [Range(1, 100)]
    public int FailoverAfterFailures { get; init; } = 5;

    /// <summary>
    /// How long an exchange that never gives the candle that is open now has to repeat that most of its candles are different, until that is believed. Others
    /// show by their open candle that their times are right.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Disbelief { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the market's own exchange is tried while another stands in for it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ReturnInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gives what was kept of a market's candles, asked when its warm-up begins; null where nothing is kept. It must not fail, and not take long.</summary>
    public Func<MarketId, CancellationToken, Task<MarketHistory?>>? Recall { get; init; }

    /// <summary>Gives the health of other markets' feeds that have the same pair, to confirm another price level; null where there are none.</summary>
    public Func<MarketId, IEnumerable<FeedHealth>>? OtherFeeds { get; init; }

    /// <summary>The seed of jitter.</summary>
    public int Seed { get; init; }
}
