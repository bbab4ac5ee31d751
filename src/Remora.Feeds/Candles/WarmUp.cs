using Remora.Feeds.Exchanges;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// The plan by which a market's history is fetched: first the latest base candles and the longer ones, a few requests, and there is an answer;
/// then the base candles before those, page by page. Base candles that are known already are not fetched again as long as the hourly candles
/// agree with them; those are always fetched. Candles of an hour or longer are few, and are always fetched too.
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

    /// <param name="market">Whose candles are fetched.</param>
    /// <param name="exchange">What the exchange offers.</param>
    /// <param name="options">How much is wanted.</param>
    /// <param name="pageLimit">How many candles a request gives.</param>
    /// <param name="known">What is known already; null where nothing is.</param>
    /// <param name="isKnownValid">Whether it is part of the history; otherwise it is only compared with what is fetched.</param>
    /// <param name="now">The present.</param>
    public WarmUp(MarketId market, ExchangeDescription exchange, MarketFeedOptions options, int pageLimit, MarketHistory? known, bool isKnownValid, Instant now)
    {
        _market = market;
        _known = known;
        _isKnownValid = isKnownValid && known is not null;
        var timeframe = market.Timeframe;
        var hour = Timeframe.OneHour.Length;
        From = (now - options.History).Floor(Timeframe.OneDay.Length);
        // Base candles begin on the hour, so that the hourly ones end where they begin.
        var grid = timeframe.Length > hour ? timeframe.Length : hour;
        var latest = (now - (timeframe.Length * (pageLimit - 2))).Floor(grid) + grid;
        var recentFrom = latest < From ? From : latest;
        _recent = new(timeframe, recentFrom, now.Floor(timeframe.Length), pageLimit, isUntilNow: true);
        if (timeframe.Length < hour && exchange.Timeframes.Contains(Timeframe.OneHour.Name))
            _hourly = new(Timeframe.OneHour, From, now.Floor(hour), pageLimit, isUntilNow: true);
        if (exchange.Timeframes.Contains(Timeframe.OneDay.Name))
            _daily = new(Timeframe.OneDay, (now - options.DailyHistory).Floor(Timeframe.OneDay.Length), now.Floor(Timeframe.OneDay.Length), pageLimit, isUntilNow: true);
        _firstAnswer = [.. new[] { _recent, _hourly, _daily }.OfType<SpanPager>()];
        _backfill = new(timeframe, From, recentFrom, pageLimit, isUntilNow: false);
        if (!_isKnownValid || _hourly is null) return;
        _recent.Resume(known!.Base);
        _backfill.Resume(known.Base);
    }

    /// <summary>Where the wanted history begins.</summary>
    public Instant From { get; }

    /// <summary>Where the base candles that were fetched first end, and the live ones begin.</summary>
    public Instant LiveFrom => _recent.Cursor;

    /// <summary>Whether there is enough for an answer.</summary>
    public bool HasFirstAnswer => Array.TrueForAll(_firstAnswer, pager => pager.IsDone);

    /// <summary>Whether everything is there.</summary>
    public bool IsDone => HasFirstAnswer && _backfill.IsDone;

    /// <summary>The share of the work that is done.</summary>
    public double Ratio => (_firstAnswer.Sum(pager => pager.Ratio) + _backfill.Ratio) / (_firstAnswer.Length + 1);

    /// <summary>What to fetch next; null when everything is there.</summary>
    public SpanPager? Next => Array.Find(_firstAnswer, pager => !pager.IsDone) ?? (_backfill.IsDone ? null : _backfill);

    /// <summary>The known base candles that the history gives other values.</summary>
    public IReadOnlyList<CandlePair> Revisions { get; private set; } = [];

    /// <summary>Takes the answer to a request for so many of a pager's candles.</summary>
    public void Accept(SpanPager pager, List<Candle> page, int limit)
    {
        pager.Accept(page, limit);
        if (_isKnownValid && pager == _hourly && pager.IsDone) RefetchFromFirstDifference(pager.Candles);
    }

    /// <summary>A live candle that closed before the warm-up was done belongs to the history as well.</summary>
    public void Add(in Candle closed) => _recent.Candles.Add(closed);

    /// <summary>The exchange has revised these candles, some of which may have been fetched already.</summary>
    public void Revise(IReadOnlyList<Candle> revised)
    {
        var byTime = revised.ToDictionary(candle => candle.OpenTime);
        foreach (var candles in new[] { _recent.Candles, _backfill.Candles })
            for (var i = 0; i < candles.Count; i++)
                if (byTime.TryGetValue(candles[i].OpenTime, out var candle)) candles[i] = candle;
        if (_known is not null) _known = _known with { Base = Merge(_known.Base, revised) };
    }

    /// <summary>What has been fetched so far.</summary>
    public MarketHistory History()
    {
        List<Candle> candles = _backfill.IsDone ? WithKnown([.. _backfill.Candles, .. _recent.Candles], _known?.Base) : [.. _recent.Candles];
        Revisions = _known is null ? [] : CandleComparison.Of(_known.Base, candles).Different;
        return new(
            _daily is null ? [] : WithKnown(_daily.Candles, _known?.Daily),
            _hourly is null ? [] : WithKnown(_hourly.Candles, _known?.Hourly),
            candles) { Source = _market, Revised = Revisions.Count };
    }

    /// <summary>Two lists of candles as one that ascends; where both have a candle of a time, it is the one of <paramref name="newer"/>.</summary>
    public static List<Candle> Merge(IEnumerable<Candle> older, IReadOnlyList<Candle> newer)
    {
        var times = newer.Select(candle => candle.OpenTime).ToHashSet();
        return [.. older.Where(candle => !times.Contains(candle.OpenTime)).Concat(newer).OrderBy(candle => candle.OpenTime)];
    }

    private void RefetchFromFirstDifference(IReadOnlyList<Candle> hours)
    {
        if (HourlyCheck.FirstDifference(_market.Timeframe, [.. _backfill.Candles, .. _recent.Candles], hours) is not { } from) return;
        _backfill.RewindTo(from);
        _recent.RewindTo(from);
    }

    // The candles of an exchange that gives its latest only are stored for longer than it has them.
    private List<Candle> WithKnown(List<Candle> fetched, IReadOnlyList<Candle>? known) =>
        _isKnownValid && known is not null ? Merge(known.Where(candle => candle.OpenTime >= From || known != _known!.Base), fetched) : [.. fetched];
}
