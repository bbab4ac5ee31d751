using Remora.Backtest.Data;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>A market whose forecasts are fitted or evaluated.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">Its candles of 5 minutes, ascending.</param>
/// <param name="Hours">Its full hours.</param>
internal sealed record ForecastMarket(Pair Pair, IReadOnlyList<Candle> Candles, MarketHours Hours)
{
    private const int Week = SeasonalRidge.Week * MarketHours.Candles;
    private const int LeastOfWeek = 152; // 90 %

    /// <summary>Reads the candle file of a pair.</summary>
    /// <exception cref="BacktestException">The file cannot be read, or its candles are not of 5
    /// minutes.</exception>
    public static ForecastMarket Read(Pair pair, string file, CandleReader reader)
    {
        var tape = reader(file, null);
        return tape.Timeframe == Timeframe.FiveMinutes
            ? new(pair, tape.Candles, MarketHours.Of(tape.Candles))
            : throw new BacktestException(
                $"{file}: the candles are of {tape.Timeframe}, forecasts are fitted and evaluated on candles of 5m"
            );
    }

    /// <summary>Returns the forecast at the begin of each hour before a moment.</summary>
    public Forecast?[] Forecasts(
        CoefficientVintages vintages,
        ForecastCalendar calendar,
        Instant until,
        CancellationToken cancellation
    )
    {
        var forecasts = new Forecast?[Hours.Count + 1];
        var forecaster = new Forecaster(Timeframe.FiveMinutes, vintages, calendar, Pair.Quote);
        foreach (var (candle, hour) in UntilHours(Hours.HourAt(until), cancellation))
            if (forecaster.Apply(candle) is { } forecast && hour is { } full)
                forecasts[full] = forecast;
        return forecasts;
    }

    /// <summary>
    /// Streams the candles through a forecaster and visits the full hours at which it has inputs
    /// and enough past for a row of a fit.
    /// </summary>
    /// <param name="fit">The coefficients.</param>
    /// <param name="calendar">The events.</param>
    /// <param name="until">The first moment that is not visited.</param>
    /// <param name="visit">Gets the hour that begins, and the forecaster.</param>
    /// <param name="cancellation">Stops the work.</param>
    public void Stream(
        ForecastCoefficients fit,
        ForecastCalendar calendar,
        Instant until,
        Action<int, Forecaster> visit,
        CancellationToken cancellation
    )
    {
        var forecaster = new Forecaster(Timeframe.FiveMinutes, new(fit), calendar);
        var (candles, last) = (0, Instant.MinValue);
        foreach (var (candle, hour) in UntilHours(Hours.HourAt(until), cancellation))
        {
            candles = candles > 0 && candle.OpenTime - last > Forecaster.LongestHole ? 1 : candles + 1;
            last = candle.OpenTime + Timeframe.FiveMinutes.Length;
            if (forecaster.ApplyForFit(candle) && hour is { } full && candles >= Week && HasPast(full))
                visit(full, forecaster);
        }
    }

    /// <summary>
    /// Returns what the market is like at the closes before a moment, from a week of candles on. A
    /// market whose turnover is not in dollars does not limit that of the range.
    /// </summary>
    public TestedRange Range(ForecastCoefficients fit, Instant until)
    {
        var forecaster = new Forecaster(Timeframe.FiveMinutes, new(fit));
        var (candles, last) = (0, Instant.MinValue);
        var range = new TestedRange(0, 0, double.MaxValue, double.MaxValue);
        foreach (var candle in Candles)
        {
            if (candle.OpenTime + Timeframe.FiveMinutes.Length > until)
                break;
            if (candle.Volume <= 0)
                continue;
            candles = candles > 0 && candle.OpenTime - last > Forecaster.LongestHole ? 1 : candles + 1;
            last = candle.OpenTime + Timeframe.FiveMinutes.Length;
            if (!forecaster.ApplyForFit(candle) || candles < Week)
                continue;
            var traits = forecaster.Measure();
            range = new(
                Math.Max(range.MaximumEmptyShare, traits.EmptyShare),
                double.IsFinite(traits.TickOverSigma)
                    ? Math.Max(range.MaximumTickOverSigma, traits.TickOverSigma)
                    : range.MaximumTickOverSigma,
                Math.Min(range.MinimumHistoryDays, traits.HistoryDays),
                Math.Min(range.MinimumTurnover, traits.Turnover)
            );
        }
        return Forecaster.IsDollar(Pair.Quote) ? range : range with { MinimumTurnover = 0 };
    }

    /// <summary>
    /// Whether the day before an hour is whole, and nine tenths of the week before it.
    /// </summary>
    public bool HasPast(int hour) =>
        Hours.AreWhole(hour - 24, hour) && Hours.Whole(hour - SeasonalRidge.Week, hour) >= LeastOfWeek;

    // The candles with volume, each with the hour that begins at its close, if one does.
    private IEnumerable<(Candle Candle, int? Hour)> UntilHours(int until, CancellationToken cancellation)
    {
        var hourLength = (long)Timeframe.OneHour.Length.TotalMilliseconds;
        foreach (var candle in Candles)
        {
            if (candle.Volume <= 0)
                continue;
            var close = candle.OpenTime + Timeframe.FiveMinutes.Length;
            if (close.UnixMilliseconds % hourLength != 0)
            {
                yield return (candle, null);
                continue;
            }
            cancellation.ThrowIfCancellationRequested();
            var hour = Hours.HourAt(close);
            if (hour >= until)
                yield break;
            yield return (candle, hour);
        }
    }
}
