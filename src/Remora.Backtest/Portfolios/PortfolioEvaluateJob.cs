using Remora.Backtest.Chance;
using Remora.Backtest.Data;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Backtest.Portfolios;

/// <summary>
/// Evaluates the forecasts of books beside simpler ones, each moment with the coefficients and the
/// tables that were known then.
/// </summary>
public static class PortfolioEvaluateJob
{
    private const ulong Seed = 1;
    private const int Resamples = 1000;

    /// <summary>Runs the evaluation.</summary>
    /// <exception cref="BacktestException">A file is wrong, there are fewer than two pairs, or
    /// there is nothing to evaluate.</exception>
    public static PortfolioEvaluation Run(
        PortfolioEvaluateOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (options.Markets.Count < 2)
            throw new BacktestException("expected the candles of two pairs or more: a book has several");
        var steps = new Steps(progress, 0.5);
        var markets = FitJob.Read(options.Markets, options.Reader, cancellation);
        var end = FitJob.EndOf(markets);
        var until = options.Until is { } asked && asked < end ? asked : end;
        var hours = BookHours.Of(markets, options.Coefficients, options.Calendar, until, cancellation);
        var from = Math.Max(0, hours.At(options.From));
        if (from >= hours.Count)
            throw new BacktestException($"nothing to evaluate from {options.From}: the candles end at {until}");
        steps.Finish();
        var models = CovarianceModel.All(hours, from);
        var books = FixedBook.Of([.. markets.Select(market => market.Pair.Base)]);
        var variances = PortfolioTables
            .Horizons.SelectMany(horizon => Variances(hours, models, books, horizon, from, options.EachOnItsHours))
            .ToArray();
        if (variances.All(row => row.Hours == 0))
            throw new BacktestException(
                $"no hour from {options.From} to {until} can be evaluated: expected candles of all pairs without gaps, "
                    + $"and {CorrelationTracker.EnoughHours} whole hours of them before"
            );
        steps.Report(0.3);
        var losses = PortfolioTables
            .Horizons.SelectMany(horizon => Losses(hours, models, books, horizon, from, options, cancellation))
            .ToArray();
        steps.Report(0.9);
        var sizes = BookSizes.Of(hours, models, from);
        steps.Report(1);
        return new(
            hours.TimeOf(from),
            until,
            [.. markets.Select(market => market.Pair.ToString())],
            [.. Used(options.Coefficients, hours.TimeOf(from), until).Select(fit => fit.Id)],
            variances,
            losses,
            [.. sizes]
        );
    }

    private static IEnumerable<ForecastCoefficients> Used(CoefficientVintages vintages, Instant from, Instant until) =>
        vintages.All.Where(
            (fit, i) =>
                (i == 0 || fit.ValidFrom < until)
                && (i + 1 == vintages.All.Count || vintages.All[i + 1].ValidFrom > from)
        );

    private static IEnumerable<BookVarianceRow> Variances(
        BookHours hours,
        IReadOnlyList<CovarianceModel> models,
        IReadOnlyList<FixedBook> books,
        Horizon horizon,
        int from,
        bool eachOnItsHours
    )
    {
        foreach (var book in books)
        {
            var weights = book.Weights.AsSpan();
            var pairs = models.Select(_ => new List<(double Real, double Forecast)>()).ToArray();
            var row = new double[models.Count];
            for (var t = from; t < hours.Count; t++)
            {
                var outcome = Math.Log(hours.Variance(weights, t, horizon.Hours));
                for (var m = 0; m < row.Length; m++)
                    row[m] = Math.Log(models[m].Variance(weights, horizon, t));
                if (!double.IsFinite(outcome) || (!eachOnItsHours && !row.All(double.IsFinite)))
                    continue;
                for (var m = 0; m < row.Length; m++)
                    if (double.IsFinite(row[m]))
                        pairs[m].Add((outcome, row[m]));
            }
            for (var m = 0; m < row.Length; m++)
            {
                var errors = pairs[m].Select(pair => pair.Real - pair.Forecast).ToArray();
                yield return errors.Length == 0
                    ? new(horizon.Name, models[m].Name, book.Name, 0, double.NaN, double.NaN, double.NaN)
                    : new(
                        horizon.Name,
                        models[m].Name,
                        book.Name,
                        errors.Length,
                        1 - (Squares(errors) / Squares([.. pairs[m].Select(pair => pair.Real)])),
                        errors.Average(e => Math.Exp(e) - e - 1),
                        -errors.Average()
                    );
            }
        }
    }

    private static double Squares(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean));
    }

    private static IEnumerable<BookLossRow> Losses(
        BookHours hours,
        IReadOnlyList<CovarianceModel> models,
        IReadOnlyList<FixedBook> books,
        Horizon horizon,
        int from,
        PortfolioEvaluateOptions options,
        CancellationToken cancellation
    )
    {
        var fits = options.Coefficients.All;
        var judged = models.Where(model => model.Name != CovarianceModel.Added).ToArray();
        var tables = new HorizonTables?[judged.Length * fits.Count];
        SideBySide.For(
            tables.Length,
            i =>
            {
                var (model, fit) = (judged[i / fits.Count], fits[i % fits.Count]);
                if (model.Name == CovarianceModel.Remora)
                    tables[i] = fit.Portfolio?.Of(horizon);
                else if (hours.At(fit.ValidFrom) < hours.Count)
                    tables[i] = PortfolioFit.TablesOf(hours, model, books, horizon, 0, fit.ValidFrom);
            },
            cancellation
        );
        for (var m = 0; m < judged.Length; m++)
        {
            foreach (var book in books)
            {
                foreach (var level in LossTable.Levels)
                {
                    var (losses, limits, shortfalls) = (new List<double>(), new List<double>(), new List<double>());
                    for (var t = from; t < hours.Count; t++)
                    {
                        var time = hours.TimeOf(t);
                        var vintage = VintageAt(fits, time);
                        if (
                            vintage < 0
                            || time.UnixMilliseconds % (long)horizon.Length.TotalMilliseconds != 0
                            || tables[(m * fits.Count) + vintage]?.Of(book.Kind) is not { } table
                        )
                            continue;
                        var loss = PortfolioFit.LossOf(hours, judged[m], book, horizon, t);
                        if (!double.IsFinite(loss))
                            continue;
                        losses.Add(loss);
                        limits.Add(table.Losses.SizeAt(1 - level));
                        shortfalls.Add(table.Losses.MeanBeyond(1 - level));
                    }
                    yield return Judge(horizon, judged[m], book, level, losses, limits, shortfalls);
                }
            }
        }
    }

    private static BookLossRow Judge(
        Horizon horizon,
        CovarianceModel model,
        FixedBook book,
        double level,
        List<double> losses,
        List<double> limits,
        List<double> shortfalls
    )
    {
        var n = losses.Count;
        var (beyond, stated) = (new double[n], new double[n]);
        var hits = 0;
        for (var i = 0; i < n; i++)
        {
            if (losses[i] <= limits[i])
                continue;
            (beyond[i], stated[i]) = (losses[i], shortfalls[i]);
            hits++;
        }
        return new(
            horizon.Name,
            model.Name,
            book.Name,
            level,
            n,
            n == 0 ? double.NaN : (double)hits / n,
            HitTests.Kupiec(hits, n, 1 - level),
            hits == 0 ? double.NaN : beyond.Sum() / stated.Sum(),
            BlockBootstrap.OfRatio(
                beyond,
                stated,
                Resamples,
                Draws.SeedFor(Seed, $"{horizon}|{model.Name}|{book.Name}|{level}")
            )
        );
    }

    private static int VintageAt(IReadOnlyList<ForecastCoefficients> fits, Instant time)
    {
        var i = fits.Count - 1;
        while (i >= 0 && time < fits[i].ValidFrom)
            i--;
        return i;
    }
}

/// <summary>The inputs of an evaluation of books.</summary>
public sealed record PortfolioEvaluateOptions
{
    /// <summary>The pairs and their candle files, 5m; two or more.</summary>
    public required IReadOnlyList<(Pair Pair, string File)> Markets { get; init; }

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>The first moment of a forecast.</summary>
    public required Instant From { get; init; }

    /// <summary>The end of the last outcome; null for the end of the candles.</summary>
    public Instant? Until { get; init; }

    /// <summary>The coefficients.</summary>
    public CoefficientVintages Coefficients { get; init; } = CoefficientVintages.Shipped;

    /// <summary>
    /// Whether the variances of each model are judged at all hours at which it has a forecast, and
    /// not only at those at which all models have one.
    /// </summary>
    public bool EachOnItsHours { get; init; }

    /// <summary>The events that forecasts take into account.</summary>
    public ForecastCalendar Calendar { get; init; } = ForecastCalendar.Empty;
}
