using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Backtest.Portfolios;

/// <summary>
/// What was known about several markets at each full hour, from the engine's forecasters and
/// correlations, and what happened after it. Position t is the moment <see cref="TimeOf"/>; the
/// hour t is the one that ends there.
/// </summary>
internal sealed class BookHours
{
    private const double LeastKnown = 0.97; // share of the returns of a horizon
    private const int PastDays = 7;
    private readonly Instant _begin;
    private readonly double[][] _returns; // sums up to each hour, per market
    private readonly int[][] _counts;
    private readonly double[][] _products; // per pair of markets

    private BookHours(Instant begin, int count, int markets)
    {
        (_begin, Count, Markets) = (begin, count, markets);
        T[][] New<T>(int rows) => [.. Enumerable.Range(0, rows).Select(_ => new T[count])];
        (_returns, _counts) = (New<double>(markets), New<int>(markets));
        Pairs = markets * (markets + 1) / 2;
        _products = New<double>(Pairs);
        Correlations = New<double>(Pairs);
        Volatilities = [.. Horizon.All.Select(_ => New<double>(markets))];
        foreach (var row in Volatilities.SelectMany(rows => rows).Concat(Correlations))
            Array.Fill(row, double.NaN);
    }

    /// <summary>The number of moments.</summary>
    public int Count { get; }

    /// <summary>The number of markets.</summary>
    public int Markets { get; }

    /// <summary>The number of pairs of markets, each with itself included.</summary>
    public int Pairs { get; }

    /// <summary>The measured correlation at each moment, by <see cref="PairOf"/>; NaN while it is
    /// not measured.</summary>
    public double[][] Correlations { get; }

    /// <summary>The forecast volatility by horizon and market; NaN without a forecast from a week
    /// of past.</summary>
    public double[][][] Volatilities { get; }

    /// <summary>Returns the position of two markets among the pairs.</summary>
    public static int PairOf(int i, int j) => i > j ? (i * (i + 1) / 2) + j : (j * (j + 1) / 2) + i;

    /// <summary>Returns a moment.</summary>
    public Instant TimeOf(int t) => _begin + TimeSpan.FromHours(t);

    /// <summary>Returns the position of a moment; it can lie outside.</summary>
    public int At(Instant time) => (int)Math.Floor((time - _begin).TotalHours);

    /// <summary>Streams the markets through the engine's model up to a moment.</summary>
    public static BookHours Of(
        IReadOnlyList<ForecastMarket> markets,
        CoefficientVintages vintages,
        ForecastCalendar calendar,
        Instant until,
        CancellationToken cancellation
    )
    {
        var begin = markets.Max(market => market.Candles[0].OpenTime).Floor(Timeframe.OneHour.Length);
        var end = markets.Max(market => market.Candles[^1].OpenTime) + Timeframe.FiveMinutes.Length;
        var last = until < end ? until : end;
        var hours = new BookHours(begin, Math.Max(1, (int)(last - begin).TotalHours + 1), markets.Count);
        var forecasters = markets
            .Select(market => new Forecaster(Timeframe.FiveMinutes, vintages, calendar, market.Pair.Quote))
            .ToArray();
        var ids = markets.Select(market => new MarketId("file", market.Pair, Timeframe.FiveMinutes)).ToArray();
        var tracker = new CorrelationTracker();
        for (var m = 0; m < ids.Length; m++)
            tracker.Track(ids[m], forecasters[m].Hours);
        var next = new int[ids.Length];
        for (var t = 0; t < hours.Count; t++)
        {
            cancellation.ThrowIfCancellationRequested();
            var time = hours.TimeOf(t);
            for (var m = 0; m < ids.Length; m++)
            {
                var candles = markets[m].Candles;
                for (; next[m] < candles.Count && CloseOf(candles[next[m]]) <= time; next[m]++)
                    forecasters[m].Apply(candles[next[m]]);
                tracker.Update(ids[m]);
                if (forecasters[m].Current is { } forecast && forecast.AsOf == time && forecast.HistoryDays >= PastDays)
                    foreach (var horizon in Horizon.All)
                        hours.Volatilities[horizon.Index][m][t] = forecast[horizon].Volatility;
            }
            var snapshot = tracker.Snapshot();
            for (var i = 0; i < ids.Length; i++)
            for (var j = 0; j <= i; j++)
                if (snapshot.Between(ids[i], ids[j]) is { IsAssumed: false } correlation)
                    hours.Correlations[PairOf(i, j)][t] = correlation.Value;
        }
        hours.AddReturns(markets);
        return hours;
    }

    /// <summary>
    /// Whether nearly all returns of a market are known within the hours (t, t + n].
    /// </summary>
    public bool IsKnown(int market, int t, int n) =>
        t + n < Count && _counts[market][t + n] - _counts[market][t] >= LeastKnown * n * MarketHours.Candles;

    /// <summary>Whether all returns of an hour are known.</summary>
    public bool IsWhole(int market, int t) =>
        t > 0 && _counts[market][t] - _counts[market][t - 1] == MarketHours.Candles;

    /// <summary>Returns the log return of a market over the hours (t, t + n].</summary>
    public double Return(int market, int t, int n) => _returns[market][t + n] - _returns[market][t];

    /// <summary>
    /// Returns the log return of a book; NaN when too little is known about one of its markets.
    /// </summary>
    public double Return(ReadOnlySpan<double> weights, int t, int n)
    {
        var sum = 0.0;
        for (var m = 0; m < weights.Length; m++)
        {
            if (weights[m] == 0)
                continue;
            if (!IsKnown(m, t, n))
                return double.NaN;
            sum += weights[m] * Return(m, t, n);
        }
        return sum;
    }

    /// <summary>
    /// Returns the realised variance of a book, from returns of 5 minutes; NaN when too little is
    /// known about one of its markets.
    /// </summary>
    public double Variance(ReadOnlySpan<double> weights, int t, int n)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
                continue;
            if (!IsKnown(i, t, n))
                return double.NaN;
            for (var j = 0; j < weights.Length; j++)
                sum += weights[i] * weights[j] * (_products[PairOf(i, j)][t + n] - _products[PairOf(i, j)][t]);
        }
        return sum;
    }

    private static Instant CloseOf(in Candle candle) => candle.OpenTime + Timeframe.FiveMinutes.Length;

    // The returns of candles that follow another one, each in the hour in which it ends.
    private void AddReturns(IReadOnlyList<ForecastMarket> markets)
    {
        var slots = Count * MarketHours.Candles;
        var length = Timeframe.FiveMinutes.Length;
        var returns = new double[Markets][];
        for (var m = 0; m < Markets; m++)
        {
            returns[m] = new double[slots];
            Array.Fill(returns[m], double.NaN);
            var candles = markets[m].Candles;
            for (var i = 1; i < candles.Count; i++)
            {
                // The first slot ends five minutes after the moment before the first.
                var slot = (long)((candles[i].OpenTime - _begin) / length) + MarketHours.Candles;
                if (slot >= 0 && slot < slots && candles[i].OpenTime == candles[i - 1].OpenTime + length)
                    returns[m][slot] = Math.Log(candles[i].Close / candles[i - 1].Close);
            }
        }
        for (var t = 0; t < Count; t++)
        {
            for (var i = 0; i < Markets; i++)
            {
                var own = returns[i].AsSpan(t * MarketHours.Candles, MarketHours.Candles);
                var (sum, count) = (0.0, 0);
                foreach (var value in own)
                    if (!double.IsNaN(value))
                        (sum, count) = (sum + value, count + 1);
                _returns[i][t] = sum + (t > 0 ? _returns[i][t - 1] : 0);
                _counts[i][t] = count + (t > 0 ? _counts[i][t - 1] : 0);
                for (var j = 0; j <= i; j++)
                {
                    var other = returns[j].AsSpan(t * MarketHours.Candles, MarketHours.Candles);
                    var product = 0.0;
                    for (var k = 0; k < own.Length; k++)
                        if (!double.IsNaN(own[k]) && !double.IsNaN(other[k]))
                            product += own[k] * other[k];
                    _products[PairOf(i, j)][t] = product + (t > 0 ? _products[PairOf(i, j)][t - 1] : 0);
                }
            }
        }
    }
}
