using System.Runtime.CompilerServices;

namespace Remora.Forecasts;

/// <summary>
/// The groups of inputs that explain a forecast. The product of their factors is the forecast
/// volatility relative to the market's usual one.
/// </summary>
public enum ForecastFactor
{
    /// <summary>The size of returns over the last 30 days.</summary>
    Level,

    /// <summary>Ranges of the last minutes, hour, day and 30 days, relative to the level.</summary>
    RecentRange,

    /// <summary>How much of the movement came in few jumps.</summary>
    Jumps,

    /// <summary>Strength of the trends over an hour to three days.</summary>
    Trend,

    /// <summary>The hour of the week.</summary>
    TimeOfWeek,

    /// <summary>The model's own recent error.</summary>
    OwnError,

    /// <summary>Scheduled events and holidays within the horizon.</summary>
    Calendar,
}

/// <summary>The sum of each group's addends to the log of variance.</summary>
[InlineArray(Count)]
internal struct FactorSums
{
    public const int Count = 7;
    private double _first;
}

/// <summary>The numbers of a forecast for one horizon.</summary>
internal struct HorizonNumbers
{
    /// <summary>Log of the expected variance per 5 minutes.</summary>
    public double LogVariance;

    /// <summary>Standard deviation of the log return over the horizon.</summary>
    public double Volatility;

    /// <summary>The rank of the volatility; NaN while unknown.</summary>
    public double Percentile;

    public FactorSums Sums;
}

/// <summary>The numbers of a forecast, in the order of the horizons.</summary>
[InlineArray(Horizon.Count)]
internal struct ForecastNumbers
{
    private HorizonNumbers _first;
}
