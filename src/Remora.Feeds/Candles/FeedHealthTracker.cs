using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Tracks the health of a market's feed. Any thread can read it as <see cref="FeedHealth"/>.
/// </summary>
internal sealed class FeedHealthTracker(MarketId market, string exchange, MarketFeedOptions options, TimeProvider clock)
{
    private const int MaxGaps = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<CandleFault, long> _refused = [];
    private readonly Queue<CandleGap> _gaps = new();
    private FeedHealth _facts = new()
    {
        Market = market,
        State = FeedState.Starting,
        Exchange = exchange,
        Refused = new Dictionary<CandleFault, long>(),
        Gaps = [],
    };

    public FeedHealth Read()
    {
        lock (_lock)
            return _facts with
            {
                State = StateAt(clock.Now()),
                Refused = new Dictionary<CandleFault, long>(_refused),
                Gaps = [.. _gaps],
            };
    }

    public void UsesExchange(string id)
    {
        lock (_lock)
        {
            if (_facts.Exchange == id)
                return;
            _facts = _facts with { Exchange = id, Failovers = _facts.Failovers + 1 };
        }
    }

    /// <summary>Starts a new history. The health of the previous history is reset.</summary>
    public void WarmUpBegins() =>
        Change(facts => facts with { WarmUpRatio = 0, HistoryFrom = null, HistoryIsShort = false });

    public void WarmUpIsAt(double ratio) => Change(facts => facts with { WarmUpRatio = ratio });

    public void WarmUpIsComplete(Instant? from, bool isShort) =>
        Change(facts => facts with { WarmUpRatio = 1, HistoryFrom = from, HistoryIsShort = isShort });

    public void Succeeded() => Change(facts => facts with { LastSuccess = clock.Now(), ConsecutiveFailures = 0 });

    public void Failed(FeedError error) =>
        Change(facts => facts with { LastError = error, ConsecutiveFailures = facts.ConsecutiveFailures + 1 });

    public void TriesNextAt(Instant time) => Change(facts => facts with { NextTry = time });

    /// <summary>Sets the close of the last known candle.</summary>
    public void KnownUpTo(Instant close, double price) =>
        Change(facts => facts with { LastCandleClose = close, LastPrice = price });

    /// <summary>Counts known candles that now have other values.</summary>
    /// <param name="count">The number of candles.</param>
    /// <param name="last">The last of these candles.</param>
    public void Revised(int count, CandlePair last) =>
        Change(facts =>
            facts with
            {
                CandlesRevised = facts.CandlesRevised + count,
                LastRevision = new(count, last.Known.OpenTime, last.Known.Close, last.Found.Close, clock.Now()),
            }
        );

    public void Delivered() => Change(facts => facts with { CandlesDelivered = facts.CandlesDelivered + 1 });

    public void Duplicates(int count)
    {
        if (count > 0)
            Change(facts => facts with { Duplicates = facts.Duplicates + count });
    }

    public void OutOfOrder(int count) => Change(facts => facts with { OutOfOrder = facts.OutOfOrder + count });

    public void Refused(CandleFault fault)
    {
        lock (_lock)
            _refused[fault] = _refused.GetValueOrDefault(fault) + 1;
    }

    /// <summary>Counts the candles that are missing between two open times, if any.</summary>
    public void GapBetween(Instant expected, Instant found)
    {
        if (found <= expected)
            return;
        var gap = new CandleGap(expected, found, market.Timeframe.CountIn(found - expected));
        lock (_lock)
        {
            _gaps.Enqueue(gap);
            if (_gaps.Count > MaxGaps)
                _gaps.Dequeue();
            _facts = _facts with { CandlesMissing = _facts.CandlesMissing + gap.Count };
        }
    }

    private FeedState StateAt(Instant now)
    {
        if (FailureRule.StateAfter(_facts.ConsecutiveFailures, _facts.LastSuccess is not null) is { } failing)
            return failing;
        if (_facts.LastSuccess is null)
            return FeedState.Starting;
        if (
            _facts.LastCandleClose is { } close
            && now - close > market.Timeframe.Length * (options.StaleAfterCandles + 1)
        )
            return FeedState.Degraded;
        return _facts.WarmUpRatio < 1 ? FeedState.Warming : FeedState.Live;
    }

    private void Change(Func<FeedHealth, FeedHealth> change)
    {
        lock (_lock)
            _facts = change(_facts);
    }
}
