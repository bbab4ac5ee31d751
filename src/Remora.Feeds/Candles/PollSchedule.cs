using System.Text;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>When a market is asked for its next candle: shortly after the close, each market at its own place in the spread.</summary>
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

    /// <summary>When to ask next.</summary>
    public Instant Next { get; private set; } = Instant.MinValue;

    /// <summary>The candle that opens at <paramref name="open"/> is the next one wanted.</summary>
    public void Expect(Instant open)
    {
        _latePolls = 0;
        Next = open + _timeframe.Length + _offset;
    }

    /// <summary>There may be more at once.</summary>
    public void Again(Instant now) => Next = now;

    /// <summary>A candle that should be there is not: a few more tries, then together with its successor.</summary>
    public void Late(Instant now)
    {
        var successor = now.Floor(_timeframe.Length) + _timeframe.Length + _offset;
        var retry = now + (_options.LateDelay * Math.Pow(2, _latePolls));
        if (_latePolls++ < _options.LatePolls && retry < successor)
        {
            Next = retry;
            return;
        }
        _latePolls = 0;
        Next = successor;
    }

    /// <summary>The market's fixed place between 0 and 1, from its name alone (FNV-1a).</summary>
    internal static double PlaceOf(MarketId market) => SeedOf(market) / (uint.MaxValue + 1.0);

    internal static uint SeedOf(MarketId market)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(market.ToString())) hash = (hash ^ b) * 16777619u;
        return hash ^ (hash >> 15);
    }
}
