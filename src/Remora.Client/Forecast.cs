using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>A market's forecast, or why there is none.</summary>
public sealed record ForecastAnswer
{
    /// <summary>The pair, such as <c>BTC/USDT</c>.</summary>
    [JsonRequired]
    public string Pair { get; init; } = "";

    /// <summary>The CCXT id of the exchange.</summary>
    public string? Exchange { get; init; }

    /// <summary>The base timeframe, such as <c>5m</c>.</summary>
    public string? Timeframe { get; init; }

    /// <summary>Close of the last candle used; null before the first.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Age of that candle in seconds when the service answered.</summary>
    public double? AgeSeconds { get; init; }

    /// <summary>Whether the last candle is too old.</summary>
    public bool? Stale { get; init; }

    /// <summary><c>ok</c>, <c>warming_up</c>, <c>stale</c> or <c>unknown</c>.</summary>
    public string? State { get; init; }

    /// <summary>The forecast; null when there is none.</summary>
    [JsonRequired]
    public Forecast? Forecast { get; init; }

    /// <inheritdoc cref="Risk.NoForecast"/>
    public string? NoForecast { get; init; }

    /// <summary>All other fields of the answer.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it
}

/// <summary>
/// How large a market's next moves will be. The same for every policy and side. Unknown values are
/// null.
/// </summary>
public sealed record Forecast
{
    /// <summary>The name of the model.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// The close at which the forecast was made and its horizons begin. On timeframes of 1m and 3m
    /// it can be earlier than that of the last candle.
    /// </summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Id of the coefficients: the day from which they are valid, and a hash.</summary>
    public string? Coefficients { get; init; }

    /// <summary>
    /// Whether the coefficients were fitted on data that includes this moment. Such a forecast
    /// proves nothing.
    /// </summary>
    public bool? InSample { get; init; }

    /// <summary>The days of past that the forecast is based on.</summary>
    public double? HistoryDays { get; init; }

    /// <summary>How far to rely on the forecast, [0, 1]; half outside the tested range.</summary>
    public double? Confidence { get; init; }

    /// <summary>
    /// Whether the market is like those that the coefficients were fitted on. Outside this range
    /// the values in the tables of probabilities, losses and distances are null.
    /// </summary>
    public bool? InTestedRange { get; init; }

    /// <summary>
    /// The last day (UTC) for which the calendar knows all events; null if this is unknown.
    /// </summary>
    public DateOnly? CalendarKnownUntil { get; init; }

    /// <summary>
    /// The forecast of each horizon, by name: <c>1h</c>, <c>4h</c> and <c>24h</c>, or the requested
    /// one.
    /// </summary>
    public IReadOnlyDictionary<string, HorizonForecast> Horizons
    {
        get => field ?? ReadOnlyDictionary<string, HorizonForecast>.Empty;
        init;
    }

    /// <summary>All other fields of the forecast.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it
}

/// <summary>
/// The forecast of one horizon. Unknown values are null: those that compare with the market's past
/// before 30 days of it, and those of probabilities, losses and distances outside the tested range.
/// Ratios of prices are relative to the close. Keys of tables are numbers as text: <c>0.02</c>.
/// </summary>
public sealed record HorizonForecast
{
    /// <summary>
    /// Expected size of the move: the standard deviation of the log return over the horizon, a
    /// ratio.
    /// </summary>
    public double? Volatility { get; init; }

    /// <summary>The volatility over a year of 365 days, a ratio.</summary>
    public double? AnnualizedVolatility { get; init; }

    /// <summary>
    /// The share of the market's own last 180 days with a smaller forecast, [0, 1].
    /// </summary>
    public double? Percentile { get; init; }

    /// <summary>The median forecast of the market's last 180 days, a ratio.</summary>
    public double? MedianVolatility { get; init; }

    /// <summary>
    /// The volatility divided by the usual one of the last 180 days: the product of
    /// <see cref="Factors"/>; 1 is usual.
    /// </summary>
    public double? RelativeToUsual { get; init; }

    /// <summary>
    /// What each group of inputs multiplies the volatility by, by name (<c>time_of_week</c>); 1 is
    /// usual.
    /// </summary>
    public IReadOnlyDictionary<string, double?> Factors
    {
        get => field ?? NoTable;
        init;
    }

    /// <summary>
    /// The probability, [0, 1], that the price falls below the close by more than a ratio at any
    /// time within the horizon, by that ratio: <c>0.01</c>, <c>0.02</c>, <c>0.05</c> and
    /// <c>0.1</c>, or the requested one.
    /// </summary>
    public IReadOnlyDictionary<string, double?> ProbabilityOfDrawdown
    {
        get => field ?? NoTable;
        init;
    }

    /// <summary>
    /// The probability, [0, 1], that the price rises above the close by more than a ratio at any
    /// time within the horizon, by that ratio.
    /// </summary>
    public IReadOnlyDictionary<string, double?> ProbabilityOfRally
    {
        get => field ?? NoTable;
        init;
    }

    /// <summary>
    /// The loss at the end of the horizon that is not exceeded with a probability of <c>0.95</c>
    /// and <c>0.99</c>, a positive ratio.
    /// </summary>
    public IReadOnlyDictionary<string, double?> ValueAtRisk
    {
        get => field ?? NoTable;
        init;
    }

    /// <summary>
    /// The loss of the mean log return beyond the value at risk of <c>0.95</c> and <c>0.99</c>, a
    /// positive ratio.
    /// </summary>
    public IReadOnlyDictionary<string, double?> ExpectedShortfall
    {
        get => field ?? NoTable;
        init;
    }

    /// <summary>
    /// Quantiles of the return at the end of the horizon, ratios, by probability: <c>0.01</c> to
    /// <c>0.99</c>.
    /// </summary>
    public IReadOnlyDictionary<string, double?> ReturnQuantiles
    {
        get => field ?? NoTable;
        init;
    }

    /// <summary>
    /// The distance of a stop below the close, a ratio, by the probability that it is touched
    /// within the horizon: <c>0.5</c> to <c>0.01</c>.
    /// </summary>
    public IReadOnlyDictionary<string, double?> StopDistances
    {
        get => field ?? NoTable;
        init;
    }

    /// <summary>The same above the close, for stops of short positions.</summary>
    public IReadOnlyDictionary<string, double?> ShortStopDistances
    {
        get => field ?? NoTable;
        init;
    }

    /// <summary>All other fields of the horizon.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it

    private static ReadOnlyDictionary<string, double?> NoTable => ReadOnlyDictionary<string, double?>.Empty;
}
