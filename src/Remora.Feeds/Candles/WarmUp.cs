using Remora.Feeds.Exchanges;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// The plan by which a market's history is fetched: first the latest base candles and the longer ones, a few requests, and there is an answer;
/// then the base candles before those, page by page. What is known already is not fetched again.
/// </summary>
internal sealed class WarmUp
{
    private readonly SpanPager[] _firstAnswer;
    private readonly SpanPager _recent;
    private readonly SpanPager? _hourly;
    private readonly SpanPager? _daily;
    private readonly SpanPager _backfill;
    private readonly MarketId _market;
    private readonly MarketHistory? _known;

    public WarmUp(MarketId market, ExchangeDescription exchange, MarketFeedOptions options, int pageLimit, MarketHistory? known, Instant now)
    {
        _market = market;
        _known = known;
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
        if (known is null) return;
        _recent.Resume(known.Base);
        _hourly?.Resume(known.Hourly);
        _daily?.Resume(known.Daily);
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

    /// <summary>A live candle that closed before the warm-up was done belongs to the history as well.</summary>
    public void Add(in Candle closed) => _recent.Candles.Add(closed);

    /// <summary>What has been fetched so far.</summary>
    public MarketHistory History() => new(
        _daily is null ? [] : [.. _daily.Candles],
        _hourly is null ? [] : [.. _hourly.Candles],
        _backfill.IsDone ? WithKnown([.. _backfill.Candles, .. _recent.Candles]) : [.. _recent.Candles]) { Source = _market };

    // An exchange that gives its latest candles only is remembered for longer than it remembers itself.
    private List<Candle> WithKnown(List<Candle> fetched)
    {
        if (_known is null) return fetched;
        var times = fetched.Select(candle => candle.OpenTime).ToHashSet();
        return [.. fetched.Concat(_known.Base.Where(candle => candle.OpenTime >= From && times.Add(candle.OpenTime))).OrderBy(candle => candle.OpenTime)];
    }
}
