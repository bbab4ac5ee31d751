using Remora.Feeds.Candles;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>How a feed is.</summary>
public enum FeedState
{
    /// <summary>Nothing has been asked and answered yet.</summary>
    Starting,

    /// <summary>The first answers are there, the history is still being fetched.</summary>
    Warming,

    /// <summary>All is well.</summary>
    Live,

    /// <summary>The last request failed, or no fresh candle has come for a while; what is known is still good.</summary>
    Degraded,

    /// <summary>There has been no answer at all, or several requests in a row have failed.</summary>
    Unreachable,
}

/// <summary>Why something failed.</summary>
/// <param name="Kind">One word, such as <c>rate_limited</c>.</param>
/// <param name="Message">One line for people.</param>
/// <param name="At">When.</param>
public sealed record FeedError(string Kind, string Message, Instant At);

/// <summary>Candles that the exchange does not have although it has later ones.</summary>
/// <param name="From">Open time of the first that is missing.</param>
/// <param name="To">Open time of the next that is there.</param>
/// <param name="Count">How many are missing.</param>
public sealed record CandleGap(Instant From, Instant To, int Count);

/// <summary>Candles that an exchange has revised at one moment.</summary>
/// <param name="Count">How many.</param>
/// <param name="OpenTime">Open time of the last of them.</param>
/// <param name="Before">Its close before.</param>
/// <param name="After">Its close now.</param>
/// <param name="At">When this was noticed.</param>
public sealed record CandleRevision(int Count, Instant OpenTime, double Before, double After, Instant At);

/// <summary>How a market's feed is, at one moment.</summary>
public sealed record FeedHealth
{
    /// <summary>The market.</summary>
    public required MarketId Market { get; init; }

    /// <summary>In one word.</summary>
    public required FeedState State { get; init; }

    /// <summary>The exchange in use: the market's own, or one that stands in for it.</summary>
    public required string Exchange { get; init; }

    /// <summary>The last answer that made sense.</summary>
    public Instant? LastSuccess { get; init; }

    /// <summary>The close of the last candle delivered.</summary>
    public Instant? LastCandleClose { get; init; }

    /// <summary>The last failure; it stays after things are well again.</summary>
    public FeedError? LastError { get; init; }

    /// <summary>When the exchange is asked next.</summary>
    public Instant? NextTry { get; init; }

    /// <summary>Failures since the last success.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>How much of the wanted history has been fetched, 0 to 1.</summary>
    public double WarmUpRatio { get; init; }

    /// <summary>The open time of the oldest base candle there is; null before the warm-up is complete.</summary>
    public Instant? HistoryFrom { get; init; }

    /// <summary>Whether the exchange gave less history than wanted.</summary>
    public bool HistoryIsShort { get; init; }

    /// <summary>Closed candles delivered one by one.</summary>
    public long CandlesDelivered { get; init; }

    /// <summary>Candles refused, by reason.</summary>
    public required IReadOnlyDictionary<CandleFault, long> Refused { get; init; }

    /// <summary>Candles that were sent twice in one answer.</summary>
    public long Duplicates { get; init; }

    /// <summary>Candles that were sent out of order.</summary>
    public long OutOfOrder { get; init; }

    /// <summary>The latest gaps, oldest first.</summary>
    public required IReadOnlyList<CandleGap> Gaps { get; init; }

    /// <summary>All candles missing in all gaps so far.</summary>
    public long CandlesMissing { get; init; }

    /// <summary>The close of the last candle delivered, as a price; null before the first.</summary>
    public double? LastPrice { get; init; }

    /// <summary>Candle revisions: known candles that the exchange has given other prices since.</summary>
    public long CandlesRevised { get; init; }

    /// <summary>The last revision; null while there was none.</summary>
    public CandleRevision? LastRevision { get; init; }

    /// <summary>A series that is refused because its prices are at another level than the market's; null where none is.</summary>
    public RefusedPriceLevel? RefusedLevel { get; init; }

    /// <summary>The last series at another level that was accepted; null while there was none.</summary>
    public AcceptedPriceLevel? AcceptedLevel { get; init; }

    /// <summary>How often another exchange was switched to.</summary>
    public int Failovers { get; init; }
}
