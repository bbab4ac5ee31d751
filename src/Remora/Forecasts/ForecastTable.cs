namespace Remora.Forecasts;

/// <summary>
/// A table of a <see cref="HorizonForecast"/>: a value for each key, such as the probability of a
/// fall for each ratio.
/// </summary>
internal sealed record ForecastTable
{
    private static readonly double[] Thresholds = [0.01, 0.02, 0.05, 0.1];
    private static readonly double[] Levels = [0.95, 0.99];
    private static readonly double[] Probabilities = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
    private static readonly double[] Chances = [0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01];

    private const int Decimals = 8;

    private readonly Func<HorizonForecast, double, double> _value;

    private ForecastTable(string name, double[] keys, Func<HorizonForecast, double, double> value)
    {
        Name = name;
        UsualKeys = keys;
        _value = value;
    }

    public static ForecastTable ProbabilityOfDrawdown { get; } =
        new("probability_of_drawdown", Thresholds, (forecast, key) => forecast.ProbabilityOfFall(key));

    public static ForecastTable ProbabilityOfRally { get; } =
        new("probability_of_rally", Thresholds, (forecast, key) => forecast.ProbabilityOfRise(key));

    public static ForecastTable ValueAtRisk { get; } =
        new("value_at_risk", Levels, (forecast, key) => forecast.ValueAtRiskAt(key))
        {
            Allows = key => key is >= 0.5 and < 1,
        };

    public static ForecastTable ExpectedShortfall { get; } =
        new("expected_shortfall", Levels, (forecast, key) => forecast.ExpectedShortfallAt(key))
        {
            Allows = key => key is >= 0.5 and <= 0.999,
        };

    public static ForecastTable ReturnQuantiles { get; } =
        new("return_quantiles", Probabilities, (forecast, key) => forecast.ReturnAt(key));

    public static ForecastTable StopDistances { get; } =
        new("stop_distances", Chances, (forecast, key) => forecast.StopDistanceAt(key))
        {
            Allows = key => key is > 0 and <= 0.5,
        };

    public static ForecastTable ShortStopDistances { get; } =
        new("short_stop_distances", Chances, (forecast, key) => forecast.ShortStopDistanceAt(key))
        {
            Allows = key => key is > 0 and <= 0.5,
        };

    /// <summary>All tables, in the order of answers.</summary>
    public static IReadOnlyList<ForecastTable> All { get; } =
    [
        ProbabilityOfDrawdown,
        ProbabilityOfRally,
        ValueAtRisk,
        ExpectedShortfall,
        ReturnQuantiles,
        StopDistances,
        ShortStopDistances,
    ];

    /// <summary>The name in JSON.</summary>
    public string Name { get; }

    /// <summary>The keys of an answer that asks for no others.</summary>
    public double[] UsualKeys { get; }

    /// <summary>Whether a number can be a key.</summary>
    public Func<double, bool> Allows { get; private init; } = key => key is > 0 and < 1;

    /// <summary>Returns the value of a key, rounded to eight decimals.</summary>
    public double ValueOf(HorizonForecast forecast, double key) => Math.Round(_value(forecast, key), Decimals);
}
