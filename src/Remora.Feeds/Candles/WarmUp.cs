using Remora.Feeds.Exchanges;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Plans the requests for a market's history. First come the latest base candles and the longer
/// candles: after a few requests the first assessment is possible. Then come the earlier base
/// candles, page by page. Known base candles are not fetched again while the hourly candles agree
/// with them. The hourly candles, and base candles of an hour or longer, are few and always
/// fetched.
/// </summary>
internal sealed class WarmUp
{
    private readonly SpanPager[] _firstAnswer;
    private readonly SpanPager _recent;
    private readonly SpanPager? _hourly;
    private readonly SpanPager? _daily;
    private readonly SpanPager _backfill;
    private readonly MarketId _market;
    private readonly bool _isKnownValid;
    private MarketHistory? _known;
    private Instant? _refetchedFrom; // the latest hour from which candles were fetched again

    /// <param name="market">The market.</param>
    /// <param name="exchange">What the exchange offers.</param>
    /// <param name="options">How much history is requested.</param>
    /// <param name="pageLimit">The maximum number of candles in one response.</param>
    /// <param name="known">The known candles; null if there are none.</param>
    /// <param name="isKnownValid">Whether the known candles are part of the history. Otherwise they
    /// are only compared with the fetched ones.</param>
    /// <param name="now">The current time.</param>
    public WarmUp(
        MarketId market,
        ExchangeDescription exchange,
        MarketFeedOptions options,
        int pageLimit,
        MarketHistory? known,
        bool isKnownValid,
        Instant now
    )
    {
        _market = market;
        _known = known;
        _isKnownValid = isKnownValid && known is not null;
        var timeframe = market.Timeframe;
        var hour = Timeframe.OneHour.Length;
        From = (now - options.History).Floor(Timeframe.OneDay.Length);
        // Base candles begin on the hour, so that the hourly candles end where they begin.
        var grid = timeframe.Length > hour ? timeframe.Length : hour;
        var latest = (now - (timeframe.Length * (pageLimit - 2))).Floor(grid) + grid;
        var recentFrom = latest < From ? From : latest;
        _recent = new(timeframe, recentFrom, now.Floor(timeframe.Length), pageLimit, isUntilNow: true);
        if (timeframe.Length < hour && exchange.Timeframes.Contains(Timeframe.OneHour.Name))
            _hourly = new(Timeframe.OneHour, From, now.Floor(hour), pageLimit, isUntilNow: true);
        if (exchange.Timeframes.Contains(Timeframe.OneDay.Name))
            _daily = new(
                Timeframe.OneDay,
                (now - options.DailyHistory).Floor(Timeframe.OneDay.Length),
                now.Floor(Timeframe.OneDay.Length),
                pageLimit,
                isUntilNow: true
            );
        _firstAnswer = [.. new[] { _recent, _hourly, _daily }.OfType<SpanPager>()];
        _backfill = new(timeframe, From, recentFrom, pageLimit, isUntilNow: false);
        if (!_isKnownValid || _hourly is null)
            return;
        _recent.Resume(known!.Base);
        _backfill.Resume(known.Base);
    }

    /// <summary>The beginning of the requested history.</summary>
    public Instant From { get; }

    /// <summary>The end of the first fetched base candles, where live candles begin.</summary>
    public Instant LiveFrom => _recent.Cursor;

    /// <summary>Whether there are enough candles for the first assessment.</summary>
    public bool HasFirstAnswer => Array.TrueForAll(_firstAnswer, pager => pager.IsDone);

    /// <summary>Whether all candles are fetched.</summary>
    public bool IsDone => HasFirstAnswer && _backfill.IsDone;

    /// <summary>The share of the work that is done, 0 to 1.</summary>
    public double Ratio => (_firstAnswer.Sum(pager => pager.Ratio) + _backfill.Ratio) / (_firstAnswer.Length + 1);

    /// <summary>The next candles to fetch; null if all are fetched.</summary>
    public SpanPager? Next => Array.Find(_firstAnswer, pager => !pager.IsDone) ?? (_backfill.IsDone ? null : _backfill);

    /// <summary>The known base candles to which the history gives other values.</summary>
    public IReadOnlyList<CandlePair> Revisions { get; private set; } = [];

    /// <summary>
    /// Takes the response to a pager's request for <paramref name="limit"/> candles.
    /// </summary>
    public void Accept(SpanPager pager, List<Candle> page, int limit)
    {
        pager.Accept(page, limit);
        if (_hourly is not { IsDone: true } || !pager.IsDone)
            return;
        // The recent candles are followed by live ones by the time the earlier candles are there.
        if (pager == _backfill)
            RefetchFromFirstDifference(_hourly.Candles, _backfill);
        else if (_recent.IsDone)
            RefetchFromFirstDifference(_hourly.Candles, _backfill, _recent);
    }

    /// <summary>
    /// Adds a live candle that closed before the warm-up was done. It belongs to the history too.
    /// </summary>
    public void Add(in Candle closed) => _recent.Candles.Add(closed);

    /// <summary>Applies revised candles, some of which may have been fetched already.</summary>
    public void Revise(IReadOnlyList<Candle> revised)
    {
        var byTime = revised.ToDictionary(candle => candle.OpenTime);
        foreach (var candles in new[] { _recent.Candles, _backfill.Candles })
            for (var i = 0; i < candles.Count; i++)
                if (byTime.TryGetValue(candles[i].OpenTime, out var candle))
                    candles[i] = candle;
        if (_known is not null)
            _known = _known with { Base = Merge(_known.Base, revised) };
    }

    /// <summary>Returns the candles that have been fetched so far.</summary>
    public MarketHistory History()
    {
        List<Candle> candles = _backfill.IsDone
            ? WithKnown([.. _backfill.Candles, .. _recent.Candles], _known?.Base)
            : [.. _recent.Candles];
        Revisions = _known is null ? [] : CandleComparison.Of(_known.Base, candles).Different;
        return new(
            _daily is null ? [] : WithKnown(_daily.Candles, _known?.Daily),
            _hourly is null ? [] : WithKnown(_hourly.Candles, _known?.Hourly),
            candles
        )
        {
            Source = _market,
            Revised = Revisions.Count,
        };
    }

    /// <summary>
    /// Merges two ascending lists of candles. If both have a candle of the same time,
    /// <paramref name="newer"/> wins.
    /// </summary>
    public static List<Candle> Merge(IEnumerable<Candle> older, IReadOnlyList<Candle> newer)
    {
        var times = newer.Select(candle => candle.OpenTime).ToHashSet();
        return
        [
            .. older.Where(candle => !times.Contains(candle.OpenTime)).Concat(newer).OrderBy(candle => candle.OpenTime),
        ];
    }

    // Known candles may be wrong, and so may a page that was fetched while the exchange's times
    // were. An hour that still differs when it is fetched again is what the exchange has. The hour
    // before is fetched too: it is not compared if the wrong times left it incomplete.
    private void RefetchFromFirstDifference(IReadOnlyList<Candle> hours, params ReadOnlySpan<SpanPager> pagers)
    {
        List<Candle> candles = [];
        foreach (var pager in pagers)
            candles.AddRange(pager.Candles);
        var different = HourlyCheck.FirstDifference(_market.Timeframe, candles, hours);
        if (different is not { } from || from <= _refetchedFrom)
            return;
        _refetchedFrom = from;
        foreach (var pager in pagers)
            pager.RewindTo(from - Timeframe.OneHour.Length);
    }

    // If an exchange returns only its latest candles, the store holds older ones than the exchange.
    private List<Candle> WithKnown(List<Candle> fetched, IReadOnlyList<Candle>? known) =>
        _isKnownValid && known is not null
            ? Merge(known.Where(candle => candle.OpenTime >= From || known != _known!.Base), fetched)
            : [.. fetched];
}
