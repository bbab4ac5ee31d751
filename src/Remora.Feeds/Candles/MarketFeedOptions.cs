using Remora.Markets;
using Remora.Supervision;

namespace Remora.Feeds.Candles;

/// <summary>
/// How a market's candles are fetched. All durations are measured on the feed's clock.
/// </summary>
public sealed record MarketFeedOptions
{
    /// <summary>
    /// The delay between a candle's close and the request for it. 0 to 5 minutes.
    /// </summary>
    public TimeSpan PollDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The span over which the polls of all markets are spread. Each market has a fixed place in
    /// it. At most a quarter of a candle. 0 to 5 minutes.
    /// </summary>
    public TimeSpan PollSpread { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a late candle is requested again before the next candle closes. 0 to 20.
    /// </summary>
    public int LatePolls { get; init; } = 3;

    /// <summary>
    /// The delay before a late candle is requested again. Doubles with each retry. 100
    /// milliseconds to 5 minutes.
    /// </summary>
    public TimeSpan LateDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How often the unfinished candle is requested between closes. Zero: never. Zero, or 1 second
    /// to 1 hour.
    /// </summary>
    public TimeSpan UnfinishedInterval { get; init; }

    /// <summary>
    /// The length of the history of base and hourly candles. The history begins at midnight. 1 day
    /// to 3650 days.
    /// </summary>
    public TimeSpan History { get; init; } = RequiredHistory.Base;

    /// <summary>The length of the history of daily candles. 1 day to 3650 days.</summary>
    public TimeSpan DailyHistory { get; init; } = RequiredHistory.Daily;

    /// <summary>
    /// The number of candles in one request, if the exchange allows that many. 10 to 5000.
    /// </summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>The delays after failures.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    /// <summary>
    /// The number of candles that may be missing at the end before the feed is degraded, and
    /// before an exchange that has a fallback is unavailable. 1 to 1000.
    /// </summary>
    public int StaleAfterCandles { get; init; } = 3;

    /// <summary>
    /// The number of consecutive failures after which an exchange that has a fallback is
    /// unavailable. 1 to 100.
    /// </summary>
    public int FailoverAfterFailures { get; init; } = 5;

    /// <summary>
    /// How long an exchange that never returns the open candle must repeat that most of its
    /// candles differ, before the new values are accepted. Other exchanges prove by their open
    /// candle that their times are right. 0 to 1 day.
    /// </summary>
    public TimeSpan ContradictionTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How often the market's own exchange is tried while a fallback is in use. 1 second to 1 day.
    /// </summary>
    public TimeSpan ReturnInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Returns the stored candles of a market; null if none are stored. Called when the warm-up
    /// begins. Must not throw and must return quickly.
    /// </summary>
    public Func<MarketId, CancellationToken, Task<MarketHistory?>>? Recall { get; init; }

    /// <summary>
    /// Keeps the states of forecasters and makes them from earlier candles; null to begin forecasts
    /// with the history.
    /// </summary>
    public ForecastPast? Past { get; init; }

    /// <summary>
    /// Returns the health of the feeds of other markets with the same pair, to confirm another
    /// price level; null if there are none.
    /// </summary>
    public Func<MarketId, IEnumerable<FeedHealth>>? OtherFeeds { get; init; }

    /// <summary>The seed of the jitter.</summary>
    public int Seed { get; init; }
}
