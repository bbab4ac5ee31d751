using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Makes a market's forecaster from the candles before its history: from the store where it has
/// them, else from the exchange, page by page while polls go on. It reaches ten days into the
/// history, so that the history still continues it when it begins at a later midnight.
/// </summary>
internal sealed class EarlierCandles
{
    private const int MostFailures = 10;
    private static readonly TimeSpan Overlap = TimeSpan.FromDays(10);
    private static readonly TimeSpan Chunk = TimeSpan.FromDays(30);

    private readonly MarketId _market;
    private readonly MarketId _source;
    private readonly ForecastPast _past;
    private readonly MarketFeedOptions _options;
    private readonly SpanPager _pager;
    private readonly Forecaster _forecaster;
    private IReadOnlyList<Candle> _stored = [];
    private Instant _storedUntil = Instant.MinValue;
    private int _failures;

    private EarlierCandles(
        MarketId market,
        MarketId source,
        ForecastPast past,
        MarketFeedOptions options,
        Instant now,
        int pageLimit
    )
    {
        (_market, _source, _past, _options) = (market, source, past, options);
        var day = Timeframe.OneDay.Length;
        var from = (now - past.Length).Floor(day);
        var history = (now - options.History).Floor(day);
        var half = ((now - history) / 2).Ticks / market.Timeframe.Length.Ticks * market.Timeframe.Length;
        _pager = new(market.Timeframe, from, history + (half < Overlap ? half : Overlap), pageLimit, isUntilNow: false);
        _forecaster = past.Begin(market);
    }

    /// <summary>When the next step is due.</summary>
    public Instant NextTry { get; private set; } = Instant.MinValue;

    /// <summary>Whether all is fetched, or nothing more can be.</summary>
    public bool IsDone => _pager.IsDone || _failures >= MostFailures;

    /// <summary>Begins; null where forecasts need no earlier candles.</summary>
    public static EarlierCandles? Begin(
        MarketId market,
        MarketId source,
        MarketFeedOptions options,
        Instant now,
        int pageLimit
    ) =>
        options.Past is { } past && past.Length > options.History && Forecaster.Supports(market.Timeframe)
            ? new(market, source, past, options, now, pageLimit)
            : null;

    /// <summary>Takes what the store has next, or requests a page.</summary>
    public async Task StepAsync(CandlePages pages, TimeProvider clock, Random random, CancellationToken cancellation)
    {
        if (_pager.Cursor >= _storedUntil)
        {
            _storedUntil = _pager.Cursor + Chunk;
            _stored = _past.Recall is { } recall
                ? await recall(_source, _pager.Cursor, _storedUntil, cancellation)
                : [];
        }
        _pager.Resume(_stored);
        Apply();
        if (_pager.IsDone || _pager.Cursor >= _storedUntil)
            return;
        try
        {
            var limit = _pager.LimitAt(clock.Now());
            var page = await pages.RequestAsync(_pager.Timeframe, _pager.Cursor, limit, Urgency.Backfill, cancellation);
            _failures = 0;
            pages.Taken();
            _pager.Accept(page, limit);
            Apply();
        }
        catch (ExchangeException e)
        {
            // The feed is well without these candles, so its health does not show this.
            NextTry = clock.Now() + _options.Backoff.After(++_failures, random, e.RetryAfter, e.Retryable);
            if (IsDone)
                _past.GaveUp(_market, e.Message);
        }
    }

    /// <summary>
    /// Saves the forecaster. False if there is none: no candles, or they could not be fetched.
    /// </summary>
    public bool Complete()
    {
        if (!_pager.IsDone || !_forecaster.HasPast)
            return false;
        _past.Made(_source, _forecaster);
        return true;
    }

    private void Apply()
    {
        foreach (var candle in _pager.Candles)
            _forecaster.Apply(candle);
        _pager.Candles.Clear();
    }
}
