using System.Threading.Channels;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// One market on one exchange, from its warm-up on, until it is cancelled or the exchange is lost. One loop does everything, one request at a
/// time: a candle that is due comes first, then the next page of history, then waiting.
/// </summary>
internal sealed class VenueSession(
    MarketId market, Venue venue, bool isFirst, bool mayBeLost, MarketFeedOptions options, FeedJournal journal, TimeProvider clock, Random random)
{
    /// <summary>How often a page with refused candles, or with one that was revised, is asked for again before what is left of it is taken.</summary>
    private const int SecondLooks = 2;

    /// <summary>How many of the candles it has told before an exchange is asked for again with each poll.</summary>
    private const int Compared = 3;

    private const int PageLimitWhereUnknown = 300;

    private readonly PollSchedule _polls = new(market, options);
    private readonly TimeSpan _step = market.Timeframe.Length;
    private readonly MarketId _source = new(venue.Source.Id, venue.Pair, market.Timeframe);
    private int _pageLimit;
    private MarketHistory? _known;
    private WarmUp? _warmUp;
    private bool _live;
    private Instant _expected; // open time of the next candle to deliver
    private Instant _ask; // open time of the first candle to ask for: past windows in which the exchange has nothing
    private int _failures;
    private int _secondLooks;
    private readonly List<Candle> _told = []; // by the exchange, the last ones: every poll asks for them again and compares
    private int _contradictions;
    private Instant? _contradictedSince;
    private bool _lost;

    /// <summary>Runs until the exchange is lost, which is only when it may be.</summary>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        journal.WarmUpBegins();
        await RecallAsync(events, cancellation);
        while (!_lost)
        {
            try
            {
                await StepAsync(events, cancellation);
            }
            catch (ExchangeException e)
            {
                await FailAsync(e, cancellation);
            }
        }
    }

    /// <summary>What was kept answers before the exchange does, unless something newer answers already.</summary>
    private async Task RecallAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        if (options.Recall is null) return;
        _known = await options.Recall(_source, cancellation);
        if (isFirst && _known is { Base.Count: > 0 }) await events.WriteAsync(MarketEvent.Recovered(market, _known), cancellation);
    }

    private async Task StepAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        if (_pageLimit == 0) await PrepareAsync(cancellation);
        if (_live && _polls.Next <= clock.Now()) await PollAsync(events, cancellation);
        else if (_warmUp is { } warmUp) await FetchHistoryAsync(warmUp, events, cancellation);
        else await WaitUntilAsync(_polls.Next, cancellation);
    }

    private async Task PrepareAsync(CancellationToken cancellation)
    {
        var exchange = await venue.Source.DescribeAsync(cancellation);
        if (!exchange.Timeframes.Contains(market.Timeframe.Name))
            throw new ExchangeException(ExchangeErrorKind.BadRequest, $"{exchange.Id} has no timeframe {market.Timeframe}, but {string.Join(", ", exchange.Timeframes)}");
        // One less than the exchange gives: where both ends of a window count, the oldest of the page would be cut off.
        _pageLimit = Math.Min(options.PageSize, exchange.PageLimit ?? PageLimitWhereUnknown) - 1;
        _warmUp = new(_source, exchange, options, _pageLimit, _known, clock.Now());
        _known = null;
    }

    private async Task FetchHistoryAsync(WarmUp warmUp, ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        if (warmUp.Next is { } pager)
        {
            var urgency = _live ? Urgency.Backfill : Urgency.FirstAnswer;
            var limit = pager.LimitAt(clock.Now());
            var page = await FetchAsync(pager.Timeframe, pager.Cursor, limit, urgency, cancellation);
            pager.Accept(page, limit);
            if (!_live && pager.Timeframe == market.Timeframe) Told([.. page]);
            journal.WarmUpIsAt(Math.Min(warmUp.Ratio, 0.99)); // whole only when it has been delivered
        }
        if (!_live && warmUp.HasFirstAnswer)
        {
            var history = warmUp.History();
            await events.WriteAsync(MarketEvent.Recovered(market, history), cancellation);
            _live = true;
            _expected = _ask = history.Base.Count > 0 ? history.Base[^1].OpenTime + _step : warmUp.LiveFrom;
            if (history.Base.Count > 0) journal.KnownUpTo(_expected);
            _polls.Expect(_expected);
            if (warmUp.IsDone) Complete(warmUp, history);
        }
        else if (warmUp.IsDone)
        {
            var history = warmUp.History();
            await events.WriteAsync(MarketEvent.Recovered(market, history), cancellation);
            Complete(warmUp, history);
        }
    }

    private void Complete(WarmUp warmUp, MarketHistory history)
    {
        for (var i = 1; i < history.Base.Count; i++) journal.GapBetween(history.Base[i - 1].OpenTime + _step, history.Base[i].OpenTime);
        Instant? from = history.Base.Count > 0 ? history.Base[0].OpenTime : null;
        journal.WarmUpIsComplete(from, from is null || from - warmUp.From > Timeframe.OneHour.Length);
        _warmUp = null;
    }

    private async Task PollAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var behind = market.Timeframe.CountIn(clock.Now() - _ask);
        if (behind < 1)
        {
            _polls.Expect(_ask);
            return;
        }
        var overlap = _ask == _expected ? Compared : 0;
        var limit = Math.Min(_pageLimit - overlap, behind + 1); // and the one that is still open, which is how an exchange shows that it has got there
        var page = await FetchAsync(market.Timeframe, _ask - (_step * overlap), limit + overlap, Urgency.Fresh, cancellation);
        page.RemoveAll(candle => candle.OpenTime < _expected);
        foreach (var candle in page) await DeliverAsync(candle, events, cancellation);
        var now = clock.Now();
        if (page.Count > 0)
        {
            _ask = _expected;
            _polls.Expect(_expected);
        }
        else if (_ask + (_step * limit) <= now)
        {
            _ask += _step * limit; // nothing in the whole window: a hole, if later candles come
            _polls.Again(now);
        }
        else
        {
            _polls.Late(now);
            _lost = mayBeLost && now - _expected > _step * (options.StaleAfterCandles + 1);
        }
    }

    /// <summary>
    /// An exchange may revise a candle, and is believed when it says the same again. If it contradicts all that it told, its clock or a cache in between
    /// is wrong: under such times every candle looks sound, and is the candle of another moment. One that stays with it has written its past anew.
    /// </summary>
    private void CompareWithTold(List<Candle> page)
    {
        var again = page.Where(candle => _told.Exists(told => told.OpenTime == candle.OpenTime)).ToList();
        var others = again.Where(candle => !_told.Exists(told => (told with { Volume = candle.Volume }) == candle)).ToList();
        if (others.Count > 0)
        {
            var isRevision = others.Count == 1 && (again.Count > 1 || _told.Count == 1);
            _contradictedSince ??= clock.Now();
            if (!isRevision && clock.Now() - _contradictedSince >= options.Disbelief) BeginAnew();
            if (!isRevision || _contradictions++ < SecondLooks)
                throw new ExchangeException(ExchangeErrorKind.BadResponse, $"{venue.Source.Id} sent another candle of {others[0].OpenTime} for {venue.Pair} than before: it revised it, or its clock is wrong");
            _told[_told.FindIndex(told => told.OpenTime == others[0].OpenTime)] = others[0];
        }
        (_contradictions, _contradictedSince) = (0, null);
    }

    private void BeginAnew()
    {
        (_pageLimit, _live, _contradictedSince) = (0, false, null);
        _told.Clear();
        journal.WarmUpBegins();
    }

    private void Told(params ReadOnlySpan<Candle> candles)
    {
        _told.AddRange(candles);
        _told.RemoveRange(0, Math.Max(0, _told.Count - Compared));
    }

    private async Task DeliverAsync(Candle candle, ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        await events.WriteAsync(MarketEvent.Closed(market, candle), cancellation);
        if (_warmUp is null) journal.GapBetween(_expected, candle.OpenTime); // else counted when the history is complete
        _warmUp?.Add(candle);
        _expected = candle.OpenTime + _step;
        Told(candle);
        journal.KnownUpTo(_expected);
        journal.Delivered();
    }

    private async Task<List<Candle>> FetchAsync(Timeframe timeframe, Instant since, int limit, Urgency urgency, CancellationToken cancellation)
    {
        var asked = clock.Now();
        journal.TriesNextAt(asked);
        var page = await venue.Source.CandlesAsync(new(venue.Pair, timeframe, since, limit, urgency), cancellation);
        var sieved = CandleSieve.Sieve(page, timeframe, since, asked - options.PollDelay, clock.Now(), journal);
        if (sieved.InTheFuture > 0)
        {
            // Then the times of the others cannot be believed either, however sound they look.
            throw new ExchangeException(ExchangeErrorKind.BadResponse, $"{venue.Source.Id} sent candles of {venue.Pair} that open in the future: its clock or this machine's is wrong");
        }
        if (sieved.Refused > 0 && (sieved.Candles.Count == 0 || _secondLooks < SecondLooks))
        {
            // Most faults are gone a moment later; taking what is left at once would make them holes for ever.
            _secondLooks++;
            throw new ExchangeException(ExchangeErrorKind.BadResponse, $"{venue.Source.Id} sent {sieved.Refused} faulty candles of {page.Count} for {venue.Pair}");
        }
        if (timeframe == market.Timeframe) CompareWithTold(sieved.Candles);
        _secondLooks = 0;
        _failures = 0;
        journal.Succeeded();
        return sieved.Candles;
    }

    private async Task FailAsync(ExchangeException error, CancellationToken cancellation)
    {
        _failures++;
        journal.Failed(new(ExchangeException.NameOf(error.Kind), error.Message, clock.Now()));
        _lost = mayBeLost && _failures >= options.FailoverAfterFailures;
        if (!_lost) await WaitUntilAsync(clock.Now() + options.Backoff.After(_failures, error.Retryable, error.RetryAfter, random), cancellation);
    }

    private Task WaitUntilAsync(Instant time, CancellationToken cancellation)
    {
        journal.TriesNextAt(time);
        return clock.UntilAsync(time, cancellation);
    }
}
