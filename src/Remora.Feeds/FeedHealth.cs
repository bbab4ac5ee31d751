using Remora.Feeds.Candles;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>The state of a feed.</summary>
public enum FeedState
{
    /// <summary>No request has completed yet.</summary>
    Starting,

    /// <summary>The first assessments are available; the history is still being fetched.</summary>
    Warming,

    /// <summary>The feed works normally.</summary>
    Live,

    /// <summary>
    /// The last request failed, or no fresh candle has arrived for a while. The known values can
    /// still be used.
    /// </summary>
    Degraded,

    /// <summary>Every request so far has failed, or several consecutive requests have.</summary>
    Unreachable,
}

/// <summary>An error.</summary>
/// <param name="Kind">The kind of error in one word, for example <c>rate_limited</c>.</param>
/// <param name="Message">The error in one line of text.</param>
/// <param name="At">When it happened.</param>
public sealed record FeedError(string Kind, string Message, Instant At);

/// <summary>Candles that the exchange lacks although it has later ones.</summary>
/// <param name="From">Open time of the first missing candle.</param>
/// <param name="To">Open time of the next candle that exists.</param>
/// <param name="Count">The number of missing candles.</param>
public sealed record CandleGap(Instant From, Instant To, int Count);

/// <summary>Candles that an exchange has revised at one moment.</summary>
/// <param name="Count">The number of revised candles.</param>
/// <param name="OpenTime">Open time of the last of them.</param>
/// <param name="Before">Its close before the revision.</param>
/// <param name="After">Its close after the revision.</param>
/// <param name="At">When the revision was detected.</param>
public sealed record CandleRevision(int Count, Instant OpenTime, double Before, double After, Instant At);

/// <summary>The health of a market's feed at one moment.</summary>
public sealed record FeedHealth
{
    /// <summary>The market.</summary>
    public required MarketId Market { get; init; }

    /// <summary>The state of the feed.</summary>
    public required FeedState State { get; init; }

    /// <summary>The exchange in use: the market's own, or a fallback.</summary>
    public required string Exchange { get; init; }

    /// <summary>When the last valid response arrived.</summary>
    public Instant? LastSuccess { get; init; }

    /// <summary>The close time of the last delivered candle.</summary>
    public Instant? LastCandleClose { get; init; }

    /// <summary>The last failure. Stays set after a recovery.</summary>
    public FeedError? LastError { get; init; }

    /// <summary>When the next request is due.</summary>
    public Instant? NextTry { get; init; }

    /// <summary>The number of failures since the last success.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>How much of the requested history has been fetched, 0 to 1.</summary>
    public double WarmUpRatio { get; init; }

    /// <summary>
    /// The open time of the oldest base candle; null before the warm-up is complete.
    /// </summary>
    public Instant? HistoryFrom { get; init; }

    /// <summary>Whether the exchange returned less history than requested.</summary>
    public bool HistoryIsShort { get; init; }

    /// <summary>The number of closed candles received after the initial history.</summary>
    public long CandlesDelivered { get; init; }

    /// <summary>The number of refused candles, by reason.</summary>
    public required IReadOnlyDictionary<CandleFault, long> Refused { get; init; }

    /// <summary>The number of candles that were sent twice in one response.</summary>
    public long Duplicates { get; init; }

    /// <summary>The number of candles that were sent out of order.</summary>
    public long OutOfOrder { get; init; }

    /// <summary>The latest gaps, oldest first.</summary>
    public required IReadOnlyList<CandleGap> Gaps { get; init; }

    /// <summary>The number of missing candles in all gaps so far.</summary>
    public long CandlesMissing { get; init; }

    /// <summary>
    /// The close of the last delivered candle, as a price; null before the first.
    /// </summary>
    public double? LastPrice { get; init; }

    /// <summary>
    /// The number of candle revisions: known candles to which the exchange has given other prices
    /// since.
    /// </summary>
    public long CandlesRevised { get; init; }

    /// <summary>The last revision; null if there was none.</summary>
    public CandleRevision? LastRevision { get; init; }

    /// <summary>
    /// The series that is refused because its prices are at another level than the market's; null
    /// if none is.
    /// </summary>
    public RefusedPriceLevel? RefusedLevel { get; init; }

    /// <summary>The last series at another level that was accepted; null if none was.</summary>
    public AcceptedPriceLevel? AcceptedLevel { get; init; }

    /// <summary>How often the feed switched to another exchange.</summary>
    public int Failovers { get; init; }
}
