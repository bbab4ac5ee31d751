using System.Collections.Immutable;
using Remora.Forecasts;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// What happened after forecasts of one horizon, in their own units: errors of the log of variance,
/// and falls, rises and returns in standard deviations.
/// </summary>
internal sealed class Residuals
{
    private const int Digits = 4;
    private const double LargestError = 5; // of those whose mean exponential is the smear
    private readonly List<double> _errors = [];
    private readonly List<double> _falls = [];
    private readonly List<double> _rises = [];
    private readonly List<double> _returns = [];

    /// <summary>The number of forecasts.</summary>
    public int Count => _errors.Count;

    /// <summary>Adds a forecast and what happened.</summary>
    public void Add(MarketHours hours, int hour, Horizon horizon, double logVariance)
    {
        var end = hour + horizon.Hours;
        var sigma = Math.Sqrt(MarketHours.Candles * horizon.Hours * Math.Exp(logVariance));
        _errors.Add(Outcome.LogOf(hours.Variance(hour, end, horizon.Hours)) - logVariance);
        _falls.Add(hours.Fall(hour, end) / sigma);
        _rises.Add(hours.Rise(hour, end) / sigma);
        _returns.Add(hours.Return(hour, end) / sigma);
    }

    /// <summary>Adds all forecasts of others.</summary>
    public void Add(Residuals others)
    {
        _errors.AddRange(others._errors);
        _falls.AddRange(others._falls);
        _rises.AddRange(others._rises);
        _returns.AddRange(others._returns);
    }

    /// <summary>Returns coefficients with the mean and the spread of the errors.</summary>
    public HorizonCoefficients Errors(HorizonCoefficients numbers)
    {
        var mean = _errors.Average();
        return numbers with
        {
            Smear = Math.Log(_errors.Average(error => Math.Exp(Math.Min(error, LargestError)))),
            ResidualDeviation = Math.Sqrt(_errors.Average(error => (error - mean) * (error - mean))),
        };
    }

    /// <summary>Returns coefficients with the tables of falls, rises and returns.</summary>
    public HorizonCoefficients Tables(HorizonCoefficients numbers) =>
        numbers with
        {
            Falls = Table(_falls),
            Rises = Table(_rises),
            HighReturns = Table(_returns),
            LowReturns = Table([.. _returns.Select(change => -change)]),
        };

    private static ResidualTable Table(List<double> values) => TableOf([.. values.Order()]);

    /// <summary>
    /// Returns the table of ascending values. Quantiles between neighbours are linear.
    /// </summary>
    /// <exception cref="ArgumentException">There are too few different values.</exception>
    internal static ResidualTable TableOf(double[] sorted) =>
        new([
            .. ResidualTable.Probabilities.Select(probability =>
            {
                var position = (1 - probability) * (sorted.Length - 1);
                var below = (int)position;
                var above = Math.Min(below + 1, sorted.Length - 1);
                return Math.Round(sorted[below] + ((position - below) * (sorted[above] - sorted[below])), Digits);
            }),
        ]);
}
