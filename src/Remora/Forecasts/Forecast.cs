using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>
/// How large a market's next moves will be, by the model <c>remora-2</c> at one close. The same for
/// every policy and side. Immutable. An unknown value is NaN in the engine and null in JSON.
/// </summary>
public sealed class Forecast
{
    /// <summary>The past that ranks and factors need, in days.</summary>
    public const int DaysOfComparison = 30;

    /// <summary>The longest past that ranks and factors compare with, in days.</summary>
    public const int LongestComparison = 180;

    private readonly ForecastNumbers _numbers;
    private readonly ForecastCoefficients _fit;
    private readonly MarketTraits _traits;
    private readonly ForecastChoice _choice = ForecastChoice.Usual;

    internal Forecast(
        Instant asOf,
        ForecastCoefficients fit,
        bool isInSample,
        ref readonly ForecastNumbers numbers,
        UsualForecast usual,
        in MarketTraits traits,
        bool isInDollars,
        DateOnly? calendarKnownUntil
    )
    {
        AsOf = asOf;
        _fit = fit;
        InSample = isInSample;
        _numbers = numbers;
        Usual = usual;
        _traits = traits;
        CalendarKnownUntil = calendarKnownUntil;
        var range = fit.Range;
        InTestedRange =
            traits.EmptyShare <= range.MaximumEmptyShare
            && traits.TickOverSigma <= range.MaximumTickOverSigma
            && traits.HistoryDays >= range.MinimumHistoryDays
            && (!isInDollars || traits.Turnover >= range.MinimumTurnover);
    }

    internal Forecast(Forecast forecast, ForecastChoice choice)
    {
        AsOf = forecast.AsOf;
        _fit = forecast._fit;
        InSample = forecast.InSample;
        _numbers = forecast._numbers;
        Usual = forecast.Usual;
        _traits = forecast._traits;
        InTestedRange = forecast.InTestedRange;
        CalendarKnownUntil = forecast.CalendarKnownUntil;
        _choice = choice;
    }

    /// <summary>The name of the model.</summary>
    public string Model { get; } = ForecastCoefficients.Model;

    /// <summary>
    /// The close at which the forecast was made and its horizons begin. On timeframes of 1m and 3m
    /// it can be earlier than that of the last candle: those forecasts change every 5 and 15
    /// minutes.
    /// </summary>
    public Instant AsOf { get; }

    /// <summary>Id of the coefficients: the day from which they are valid, and a hash.</summary>
    public string Coefficients => _fit.Id;

    /// <summary>
    /// Whether the coefficients were fitted on data that includes this moment. Such a forecast
    /// proves nothing and must not be pooled with others.
    /// </summary>
    public bool InSample { get; }

    /// <summary>The days of past that the forecast is based on.</summary>
    public double HistoryDays => _traits.HistoryDays;

    /// <summary>
    /// How far to rely on the forecast, [0, 1]: 0.5 on the second day of a market's past, from 0.9
    /// on the third day to 1 after 30 days; half of it outside the tested range.
    /// </summary>
    public double Confidence =>
        (HistoryDays < 2 ? 0.5 : 0.9 + (0.1 * Math.Min(1, (HistoryDays - 2) / (DaysOfComparison - 2))))
        * (InTestedRange ? 1 : 0.5);

    /// <summary>
    /// Whether the market is like those that the coefficients were fitted on: the share of empty
    /// candles, the step of the price, the length of its past, its turnover. Outside this range
    /// there are no probabilities.
    /// </summary>
    public bool InTestedRange { get; }

    /// <summary>
    /// The last day (UTC) for which the calendar knows all events; null if this is unknown. After
    /// it, a forecast takes only those events into account that the calendar has.
    /// </summary>
    public DateOnly? CalendarKnownUntil { get; }

    /// <summary>The forecast of each horizon: 1h, 4h and 24h.</summary>
    public IReadOnlyDictionary<string, HorizonForecast> Horizons =>
        _choice.Horizons.ToDictionary(horizon => horizon.Name, horizon => this[horizon]);

    /// <summary>The forecast of one horizon.</summary>
    public HorizonForecast this[Horizon horizon] => new(this, horizon, _choice);

    /// <summary>
    /// Returns the same forecast with other entries in its tables: one horizon, and the
    /// probabilities of other thresholds.
    /// </summary>
    /// <param name="horizon">The only horizon; null for all.</param>
    /// <param name="fall">The only fall, a ratio in (0, 1); null for the usual ones.</param>
    /// <param name="rise">The only rise, a ratio in (0, 1); null for the usual ones.</param>
    /// <exception cref="ArgumentOutOfRangeException">A ratio is outside (0, 1).</exception>
    public Forecast Choose(Horizon? horizon, double? fall, double? rise) =>
        new(
            this,
            new(
                horizon is null ? _choice.Horizons : [horizon],
                fall is { } f ? [HorizonForecast.Within(f)] : _choice.Falls,
                rise is { } r ? [HorizonForecast.Within(r)] : _choice.Rises
            )
        );

    /// <summary>Returns what the market is like.</summary>
    public MarketTraits GetTraits() => _traits;

    /// <summary>Returns the coefficients.</summary>
    public ForecastCoefficients GetCoefficients() => _fit;

    internal UsualForecast Usual { get; }

    /// <summary>The past that ranks and factors compare with, in whole days.</summary>
    internal int ComparedDays => (int)Math.Min(LongestComparison, HistoryDays);

    internal bool HasComparison => HistoryDays >= DaysOfComparison;

    /// <summary>
    /// The median forecast of the last 180 days; NaN before 30 days of past.
    /// </summary>
    internal double MedianOf(Horizon horizon) => HasComparison ? Usual.Medians[horizon.Index] : double.NaN;

    internal ref readonly HorizonNumbers NumbersOf(Horizon horizon) => ref _numbers[horizon.Index];
}

/// <summary>The entries of the tables of a forecast.</summary>
internal sealed record ForecastChoice(IReadOnlyList<Horizon> Horizons, double[] Falls, double[] Rises)
{
    public static ForecastChoice Usual { get; } =
        new(Horizon.All, ForecastTable.ProbabilityOfDrawdown.UsualKeys, ForecastTable.ProbabilityOfRally.UsualKeys);
}

/// <summary>Why a market has no forecast.</summary>
public enum NoForecast
{
    /// <summary>Forecasts need a day of candles with volume.</summary>
    WarmingUp,

    /// <summary>The timeframe is 2h or longer; forecasts need 1h or shorter.</summary>
    TimeframeTooLong,

    /// <summary>The price has not moved since the first candle.</summary>
    NoMovement,

    /// <summary>The engine computes no forecasts.</summary>
    TurnedOff,
}
