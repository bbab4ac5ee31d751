using System.Text;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Feeds.Candles;

/// <summary>
/// Schedules the requests for a market's next candle: shortly after the close, at the market's own
/// place in the spread.
/// </summary>
internal sealed class PollSchedule
{
    private readonly Timeframe _timeframe;
    private readonly MarketFeedOptions _options;
    private readonly TimeSpan _offset;
    private int _latePolls;

    public PollSchedule(MarketId market, MarketFeedOptions options)
    {
        _timeframe = market.Timeframe;
        _options = options;
        var spread = Math.Min(options.PollSpread.Ticks, _timeframe.Length.Ticks / 4);
        _offset = options.PollDelay + TimeSpan.FromTicks((long)(spread * PlaceOf(market)));
    }

    /// <summary>The time of the next request.</summary>
    public Instant Next { get; private set; } = Instant.MinValue;

    /// <summary>
    /// Schedules the request for the candle that opens at <paramref name="open"/>.
    /// </summary>
    public void Expect(Instant open)
    {
        _latePolls = 0;
        Next = open + _timeframe.Length + _offset;
    }

    /// <summary>
    /// The time of the next look at the unfinished candle: each interval after its open, at the
    /// market's own place in the spread; null if the candle closes before, or without an interval.
    /// </summary>
    public Instant? NextLook(Instant open, Instant now)
    {
        var interval = _options.UnfinishedInterval;
        if (interval <= TimeSpan.Zero)
            return null;
        var first = open + interval + _offset;
        var next = now < first ? first : first + (interval * (Math.Floor((now - first) / interval) + 1));
        return next < open + _timeframe.Length ? next : null;
    }

    /// <summary>Requests more candles at once.</summary>
    public void Again(Instant now) => Next = now;

    /// <summary>
    /// Schedules the retry for a late candle: a few more tries, then together with the next candle.
    /// </summary>
    public void Late(Instant now)
    {
        var successor = now.Floor(_timeframe.Length) + _timeframe.Length + _offset;
        var retry = now + new Backoff(_options.LateDelay, Longest: _timeframe.Length).After(_latePolls + 1);
        if (_latePolls++ < _options.LatePolls && retry < successor)
        {
            Next = retry;
            return;
        }
        _latePolls = 0;
        Next = successor;
    }

    /// <summary>
    /// Returns the market's fixed place between 0 and 1, derived from its name (FNV-1a).
    /// </summary>
    internal static double PlaceOf(MarketId market) => SeedOf(market) / (uint.MaxValue + 1.0);

    internal static uint SeedOf(MarketId market)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(market.ToString()))
            hash = (hash ^ b) * 16777619u;
        return hash ^ (hash >> 15);
    }
}
