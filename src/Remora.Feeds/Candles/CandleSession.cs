using System.Threading.Channels;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// One market on one exchange, from its warm-up until it is cancelled or the exchange is
/// unavailable. One loop sends one request at a time. Its priorities: candles that contradict the
/// known ones, a due candle, the next page of history, waiting.
/// </summary>
internal sealed class CandleSession
{
    /// <summary>How many known candles each poll requests again.</summary>
    private const int Compared = 3;

    private const int PageLimitWhereUnknown = 300;

    private readonly MarketId _market;
    private readonly CandleExchange _exchange;
    private readonly RecentCandles _recent;
    private readonly LevelCheck _level;
    private readonly MarketFeedOptions _options;
    private readonly FeedHealthTracker _health;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly PollSchedule _polls;
    private readonly CandlePages _pages;
    private readonly UnfinishedCandles _unfinished;
    private readonly RevisionCheck _revisions = new();
    private readonly TimeSpan _step;
    private readonly MarketId _source;
    private ExchangeDescription? _description;
    private int _pageLimit;
    private MarketHistory? _known; // before the warm-up
    private bool _isKnownValid = true;
    private bool _isInDoubt; // the known candles are contradicted, or not compared yet
    private WarmUp? _warmUp;
    private bool _isRebuild; // the warm-up replaces a complete history: a revision, or earlier candles
    private EarlierCandles? _earlier; // the past of forecasts, while it is fetched
    private bool _isPastMade; // the rebuild is there to take it
    private bool _live;
    private int _revised; // candles revised by the next history, apart from those that it finds
    private int _revisionsNoted; // in the warm-up
    private Instant _expected; // open time of the next candle to deliver
    private Instant _ask; // open time of the first candle to request, past empty windows
    private int _failures;
    private int _refusals; // of another price level, whatever succeeds in between
    private bool _lost;

    public CandleSession(
        MarketId market,
        CandleExchange exchange,
        RecentCandles recent,
        LevelCheck level,
        MarketFeedOptions options,
        FeedHealthTracker health,
        TimeProvider clock,
        Random random
    )
    {
        (_market, _exchange, _recent, _level) = (market, exchange, recent, level);
        (_options, _health, _clock, _random) = (options, health, clock, random);
        _polls = new(market, options);
        _pages = new(market, exchange, options, health, clock);
        _unfinished = new(market, _polls, _pages, recent, health, clock);
        _step = market.Timeframe.Length;
        _source = new(exchange.Source.Id, exchange.Pair, market.Timeframe);
    }

    /// <summary>Whether this is the market's first session. It starts from the store.</summary>
    public bool IsFirst { get; init; }

    /// <summary>Whether the exchange has a fallback.</summary>
    public bool HasFallback { get; init; }

    /// <summary>Runs until cancelled or, if a fallback exists, until unavailable.</summary>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        _health.WarmUpBegins();
        _known = await KnownAsync(cancellation);
        if (IsFirst && _known is { Base.Count: > 0 })
            await events.WriteAsync(MarketEvent.Recovered(_market, WithPast(_known, isWhole: false)), cancellation);
        _recent.Reset(_known?.Base ?? []);
        _isInDoubt = _recent.Last is not null;
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

    private async Task StepAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        if (_description is null)
            await DescribeAsync(cancellation);
        if (_isInDoubt)
            await CompareAsync(cancellation);
        else if (_live && _polls.Next <= _clock.Now())
            await PollAsync(events, cancellation);
        else if (!_live || _warmUp is not null)
            await FetchHistoryAsync(_warmUp ??= NewWarmUp(), events, cancellation);
        else if (_earlier is { } earlier && earlier.NextTry <= _clock.Now())
            await FetchEarlierAsync(earlier, cancellation);
        else
        {
            var next = _earlier is { NextTry: var later } && later < _polls.Next ? later : _polls.Next;
            if (!await _unfinished.LookAsync(_expected, next, events, cancellation))
                await WaitUntilAsync(next, null, cancellation);
        }
    }

    private async Task DescribeAsync(CancellationToken cancellation)
    {
        var exchange = await _exchange.Source.DescribeAsync(cancellation);
        if (!exchange.Timeframes.Contains(_market.Timeframe.Name))
            throw new ExchangeException(
                ExchangeErrorKind.BadRequest,
                $"{exchange.Id} does not offer the timeframe {_market.Timeframe}, only "
                    + $"{string.Join(", ", exchange.Timeframes)}"
            );
        // One less than the exchange allows: if both ends of a window count, the oldest candle of
        // the page would be cut off.
        _pageLimit = Math.Min(_options.PageSize, exchange.PageLimit ?? PageLimitWhereUnknown) - 1;
        _description = exchange;
    }

    /// <summary>Returns the stored candles, overlaid with the last ones of this process.</summary>
    private async Task<MarketHistory?> KnownAsync(CancellationToken cancellation)
    {
        var stored = _options.Recall is null ? null : await _options.Recall(_source, cancellation);
        if (_recent.Last is null)
            return stored;
        return (stored ?? new([], [], []) { Source = _source }) with
        {
            Base = WarmUp.Merge(stored?.Base ?? [], _recent.All),
        };
    }

    private WarmUp NewWarmUp()
    {
        _revisionsNoted = 0;
        var warmUp = new WarmUp(_source, _description!, _options, _pageLimit, _known, _isKnownValid, _clock.Now());
        _known = null;
        return warmUp;
    }

    /// <summary>Requests the last known candles and later ones, and chooses a series.</summary>
    private async Task CompareAsync(CancellationToken cancellation)
    {
        var last = _recent.Last!.Value.OpenTime;
        var limit = Math.Min(_pageLimit, RecentCandles.Capacity);
        var ahead = Math.Clamp(_market.Timeframe.CountIn(_clock.Now() - last) + 1, 1, limit / 3);
        var answer = await _pages.RequestAsync(
            _market.Timeframe,
            last - (_step * (limit - ahead - 1)),
            limit,
            Urgency.Fresh,
            cancellation
        );
        var comparison = CandleComparison.Of(_recent.All, answer);
        switch (await _revisions.JudgeAsync(comparison, answer, () => _pages.ProveTimesAsync(cancellation)))
        {
            case Ruling.Unclear:
                throw Contradiction(comparison.Different);
            case Ruling.Revised:
                await ReviseAsync(comparison.Different, cancellation);
                break;
            case Ruling.Replaced:
                await _level.ConfirmAsync(
                    _exchange.Source,
                    comparison.Last!.Value.Known,
                    comparison.Last.Value.Found,
                    answer[^1],
                    _recent.All,
                    cancellation
                );
                await ReplaceAsync(cancellation);
                break;
        }
        _isInDoubt = false;
        _pages.DoubtEnds();
        Taken();
    }

    private ExchangeException Contradiction(IReadOnlyList<CandlePair> different) =>
        new(
            ExchangeErrorKind.BadResponse,
            $"{_exchange.Source.Id} sent another candle of {different[0].Found.OpenTime} for {_exchange.Pair} than "
                + $"before: a revision, or its clock or a cache is wrong"
        );

    /// <summary>Rebuilds the model from revised candles while polls go on.</summary>
    private async Task ReviseAsync(IReadOnlyList<CandlePair> different, CancellationToken cancellation)
    {
        IReadOnlyList<Candle> revised = [.. different.Select(pair => pair.Found)];
        _recent.Revise(revised);
        _earlier = null; // begins again after the rebuild
        _health.Revised(different.Count, different[^1]);
        _revised += different.Count;
        if (_warmUp is { } warmUp)
        {
            warmUp.Revise(revised);
        }
        else if (_live)
        {
            await RebuildAsync(cancellation);
        }
        else if (_known is not null)
        {
            _known = _known with { Base = WarmUp.Merge(_known.Base, revised) };
        }
    }

    /// <summary>Fetches earlier candles for forecasts, and rebuilds the model with them.</summary>
    private async Task FetchEarlierAsync(EarlierCandles earlier, CancellationToken cancellation)
    {
        await earlier.StepAsync(_pages, _clock, _random, cancellation);
        if (!earlier.IsDone)
            return;
        _earlier = null;
        _isPastMade = earlier.Complete();
        if (_isPastMade)
            await RebuildAsync(cancellation);
    }

    private async Task RebuildAsync(CancellationToken cancellation)
    {
        _known = await KnownAsync(cancellation);
        (_isKnownValid, _isRebuild) = (true, true);
        _warmUp = NewWarmUp();
    }

    private MarketHistory WithPast(MarketHistory history, bool isWhole) =>
        history with
        {
            ForecastState = _options.Past?.Resume(_market, history, isWhole),
        };

    /// <summary>Handles a replaced series: all of it is fetched.</summary>
    private async Task ReplaceAsync(CancellationToken cancellation)
    {
        if (_live)
            _known = await KnownAsync(cancellation);
        _isKnownValid = false;
        _recent.Reset([]);
        (_warmUp, _earlier, _live, _isRebuild) = (null, null, false, false);
        _health.WarmUpBegins();
    }

    private async Task FetchHistoryAsync(
        WarmUp warmUp,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        if (warmUp.Next is { } pager)
        {
            var urgency = _live ? Urgency.Backfill : Urgency.FirstAnswer;
            var limit = pager.LimitAt(_clock.Now());
            var page = await _pages.RequestAsync(pager.Timeframe, pager.Cursor, limit, urgency, cancellation);
            Taken();
            warmUp.Accept(pager, page, limit);
            // Complete only after the delivery.
            if (!_isRebuild)
                _health.WarmUpIsAt(Math.Min(warmUp.Ratio, 0.99));
        }
        if (!_live && warmUp.HasFirstAnswer)
        {
            var history = await DeliverAsync(warmUp, events, cancellation);
            _live = true;
            _expected = _ask = history.Base.Count > 0 ? history.Base[^1].OpenTime + _step : warmUp.LiveFrom;
            if (history.Base.Count > 0)
            {
                _recent.Reset(history.Base);
                _health.KnownUpTo(_expected, history.Base[^1].Close);
            }
            _polls.Expect(_expected);
            if (warmUp.IsDone)
                Complete(warmUp, history);
        }
        else if (warmUp.IsDone)
        {
            Complete(warmUp, await DeliverAsync(warmUp, events, cancellation));
        }
    }

    private async Task<MarketHistory> DeliverAsync(
        WarmUp warmUp,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        var history = warmUp.History();
        if (!_live)
            await ConfirmContinuationAsync(history.Base, cancellation);
        if (warmUp.Revisions.Count > _revisionsNoted)
            _health.Revised(warmUp.Revisions.Count - _revisionsNoted, warmUp.Revisions[^1]);
        _revisionsNoted = warmUp.Revisions.Count;
        history = WithPast(history with { Revised = history.Revised + _revised }, warmUp.IsDone);
        _revised = 0;
        await events.WriteAsync(MarketEvent.Recovered(_market, history), cancellation);
        Settled();
        return history;
    }

    /// <summary>Checks that the prices after a gap continue at the same level.</summary>
    private async Task ConfirmContinuationAsync(IReadOnlyList<Candle> history, CancellationToken cancellation)
    {
        if (_recent.Last is not { } known)
            return;
        foreach (var candle in history)
        {
            if (candle.OpenTime <= known.OpenTime)
                continue;
            if (candle.OpenTime == known.OpenTime + _step)
                return;
            try
            {
                await _level.ConfirmAsync(_exchange.Source, known, candle, history[^1], _recent.All, cancellation);
            }
            catch (ExchangeException)
            {
                // The fetched candles are obsolete: the next comparison decides again.
                (_warmUp, _isInDoubt) = (null, true);
                _known = await KnownAsync(cancellation);
                throw;
            }
            return;
        }
    }

    private void Complete(WarmUp warmUp, MarketHistory history)
    {
        _warmUp = null;
        if (history.ForecastState is null && !_isPastMade)
            _earlier = EarlierCandles.Begin(_market, _source, _options, _clock.Now(), _pageLimit);
        _isPastMade = false;
        if (_isRebuild)
        {
            _isRebuild = false; // its gaps were counted when it was complete for the first time
            return;
        }
        for (var i = 1; i < history.Base.Count; i++)
            _health.GapBetween(history.Base[i - 1].OpenTime + _step, history.Base[i].OpenTime);
        Instant? from = history.Base.Count > 0 ? history.Base[0].OpenTime : null;
        _health.WarmUpIsComplete(from, from is null || from - warmUp.From > Timeframe.OneHour.Length);
    }

    private async Task PollAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var requestedAt = _clock.Now();
        var behind = _market.Timeframe.CountIn(requestedAt - _ask);
        if (behind < 1)
        {
            _polls.Expect(_ask);
            return;
        }
        var overlap = _ask == _expected ? Compared : 0;
        // Includes the open candle, which proves that the exchange has reached it.
        var limit = Math.Min(_pageLimit - overlap, behind + 1);
        var page = await _pages.RequestAsync(
            _market.Timeframe,
            _ask - (_step * overlap),
            limit + overlap,
            Urgency.Fresh,
            cancellation
        );
        if (CandleComparison.Of(_recent.All, page).Different is { Count: > 0 } different)
        {
            _isInDoubt = true;
            throw Contradiction(different);
        }
        page.RemoveAll(candle => candle.OpenTime < _expected);
        foreach (var candle in page)
        {
            if (candle.OpenTime > _expected && _recent.Last is { } known)
                await _level.ConfirmAsync(_exchange.Source, known, candle, page[^1], _recent.All, cancellation);
            await DeliverAsync(candle, events, cancellation);
        }
        Taken();
        Settled();
        var now = _clock.Now();
        if (page.Count > 0)
        {
            _polls.Expect(_expected);
        }
        else if (_ask + (_step * limit) <= requestedAt) // not now: a candle may have closed since
        {
            _ask += _step * limit; // the whole window is empty: a gap, if later candles exist
            _polls.Again(now);
        }
        else
        {
            _polls.Late(now);
            _lost = HasFallback && now - _expected > _step * (_options.StaleAfterCandles + 1);
        }
    }

    private async Task DeliverAsync(Candle candle, ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        await events.WriteAsync(MarketEvent.Closed(_market, candle), cancellation);
        // Otherwise counted when the history is complete.
        if (_warmUp is null)
            _health.GapBetween(_expected, candle.OpenTime);
        _warmUp?.Add(candle);
        _recent.Add(candle);
        _expected = _ask = candle.OpenTime + _step;
        _health.KnownUpTo(_expected, candle.Close);
        _health.Delivered();
    }

    private void Taken()
    {
        _failures = 0;
        _pages.Taken();
    }

    private void Settled()
    {
        _refusals = 0;
        _level.Settle(_exchange.Source);
    }

    private async Task FailAsync(ExchangeException error, CancellationToken cancellation)
    {
        _failures = error.Kind == ExchangeErrorKind.PriceLevel ? ++_refusals : _failures + 1;
        _health.Failed(new(ExchangeException.NameOf(error.Kind), error.Message, _clock.Now()));
        _lost = HasFallback && _failures >= _options.FailoverAfterFailures;
        var wait = _options.Backoff.After(_failures, _random, error.RetryAfter, error.Retryable);
        if (!_lost)
            await WaitUntilAsync(_clock.Now() + wait, _level.TakePermission(), cancellation);
    }

    private async Task WaitUntilAsync(Instant time, Task? sooner, CancellationToken cancellation)
    {
        _health.TriesNextAt(time);
        await _clock.UntilAsync(time, sooner, cancellation);
    }
}
