using Remora.Backtest.Data;
using Remora.Backtest.Portfolios;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>Fits the coefficients of forecasts to candle files.</summary>
public static class FitJob
{
    /// <summary>
    /// Runs the fit, and those of all quarters before it, whose forecasts its tables come from.
    /// With two or more pairs, the fits also get the tables of books.
    /// </summary>
    /// <exception cref="BacktestException">A file is wrong, or there are too few
    /// candles.</exception>
    public static CoefficientVintages Run(
        FitOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (options.Until != options.Until.Floor(TimeSpan.FromDays(1)))
            throw new BacktestException($"--until {options.Until}: expected a day such as 2025-06-30");
        var markets = Read(options.Markets, options.Reader, cancellation);
        // Candles that end earlier make no later fit.
        var end = EndOf(markets);
        var day = TimeSpan.FromDays(1);
        var known = end.Floor(day) == end ? end : end.Floor(day) + day;
        var until = options.Until + day < known ? options.Until + day : known;
        var steps = new Steps(progress, 0.9);
        CoefficientVintages fits = new(
            new WalkForward(markets, options.Calendar, options.Constants).Run(until, steps, cancellation)
        );
        steps.Finish();
        return PortfolioFit.AddTables(fits, markets, options.Calendar, cancellation);
    }

    internal static Instant EndOf(IReadOnlyList<ForecastMarket> markets) =>
        markets.Select(market => market.Candles[^1].OpenTime + Timeframe.FiveMinutes.Length).Max();

    internal static IReadOnlyList<ForecastMarket> Read(
        IReadOnlyList<(Pair Pair, string File)> files,
        CandleReader reader,
        CancellationToken cancellation
    )
    {
        if (files.Select(file => file.Pair).Distinct().Count() < files.Count)
            throw new BacktestException("a pair is given twice: expected one candle file per pair");
        var markets = new ForecastMarket[files.Count];
        SideBySide.For(
            files.Count,
            i => markets[i] = ForecastMarket.Read(files[i].Pair, files[i].File, reader),
            cancellation
        );
        return markets;
    }
}

/// <summary>The inputs of a fit.</summary>
public sealed record FitOptions
{
    /// <summary>The pairs and their candle files, 5m.</summary>
    public required IReadOnlyList<(Pair Pair, string File)> Markets { get; init; }

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>
    /// The last day of the candles that are used, a midnight in UTC. The coefficients are valid
    /// from the next day on; outcomes that ended a day before are used.
    /// </summary>
    public required Instant Until { get; init; }

    /// <summary>The events that forecasts take into account.</summary>
    public ForecastCalendar Calendar { get; init; } = ForecastCalendar.Empty;

    /// <summary>The bounds and scales of inputs, which no fit changes.</summary>
    public ForecastCoefficients Constants { get; init; } = CoefficientVintages.Shipped.Newest;
}
