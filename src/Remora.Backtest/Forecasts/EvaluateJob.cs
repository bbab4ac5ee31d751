using Remora.Backtest.Data;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// Evaluates the forecasts of <c>remora-2</c> beside simpler ones, on candles that came after each
/// fit.
/// </summary>
public static class EvaluateJob
{
    /// <summary>Runs the evaluation.</summary>
    /// <exception cref="BacktestException">A file is wrong, or there is nothing to
    /// evaluate.</exception>
    public static ForecastEvaluation Run(
        EvaluateOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var steps = new Steps(progress, options.Refit ? 0.8 : 0.3);
        var markets = FitJob.Read(options.Markets, options.Reader, cancellation);
        var end = FitJob.EndOf(markets);
        var until = options.Until is { } asked && asked < end ? asked : end;
        if (options.From >= until)
            throw new BacktestException($"nothing to evaluate from {options.From}: the candles end at {until}");
        var vintages = options.Refit ? Refit(markets, options, until, steps, cancellation) : options.Coefficients;
        steps.Finish();

        var parts = markets.Count * (Horizon.Count + 1);
        var done = 0;
        var forecasts = new Forecast?[markets.Count][];
        var rivals = new Rivals[markets.Count];
        void Done() => steps.Report(Interlocked.Increment(ref done) / (double)parts);
        SideBySide.For(
            markets.Count,
            i =>
            {
                forecasts[i] = markets[i].Forecasts(vintages, options.Calendar, until, cancellation);
                rivals[i] = new(markets[i].Hours);
                Done();
            },
            cancellation
        );
        var evaluations = new (HorizonEvaluation Out, HorizonEvaluation In)[markets.Count * Horizon.Count];
        SideBySide.For(
            evaluations.Length,
            i =>
            {
                var (market, horizon) = (markets[i / Horizon.Count], Horizon.All[i % Horizon.Count]);
                var judge = new HorizonJudge(
                    market,
                    horizon,
                    forecasts[i / Horizon.Count],
                    rivals[i / Horizon.Count].Of(horizon)
                );
                evaluations[i] = (
                    judge.Judge(options.From, until, inSample: false),
                    judge.Judge(options.From, until, inSample: true)
                );
                Done();
            },
            cancellation
        );
        if (evaluations.All(e => e.Out.Hours + e.In.Hours == 0))
            throw new BacktestException(
                $"no hour from {options.From} to {until} can be evaluated: expected candles without gaps, and a "
                    + $"quarter of them before, in which the rivals are fitted"
            );
        return new(
            options.From,
            until,
            [
                .. vintages
                    .All.Where(
                        (fit, i) =>
                            (i == 0 || fit.ValidFrom < until)
                            && (i + 1 == vintages.All.Count || vintages.All[i + 1].ValidFrom > options.From)
                    )
                    .Select(fit => fit.Id),
            ],
            ByPair(markets, i => evaluations[i].Out),
            evaluations.Any(e => e.In.Hours > 0) ? ByPair(markets, i => evaluations[i].In) : null
        );
    }

    private static CoefficientVintages Refit(
        IReadOnlyList<ForecastMarket> markets,
        EvaluateOptions options,
        Instant until,
        Steps steps,
        CancellationToken cancellation
    )
    {
        var last = Quarters.BeginOf(until - TimeSpan.FromMilliseconds(1));
        return new(
            new WalkForward(markets, options.Calendar, options.Coefficients.Newest).Run(last, steps, cancellation)
        );
    }

    private static Dictionary<string, IReadOnlyDictionary<string, HorizonEvaluation>> ByPair(
        IReadOnlyList<ForecastMarket> markets,
        Func<int, HorizonEvaluation> evaluation
    ) =>
        markets
            .Select((market, m) => (market, m))
            .ToDictionary(
                pair => pair.market.Pair.ToString(),
                IReadOnlyDictionary<string, HorizonEvaluation> (pair) =>
                    Horizon.All.ToDictionary(h => h.Name, h => evaluation((pair.m * Horizon.Count) + h.Index))
            );
}

/// <summary>The inputs of an evaluation.</summary>
public sealed record EvaluateOptions
{
    /// <summary>The pairs and their candle files, 5m.</summary>
    public required IReadOnlyList<(Pair Pair, string File)> Markets { get; init; }

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>The first moment of a forecast.</summary>
    public required Instant From { get; init; }

    /// <summary>The end of the last outcome; null for the end of the candles.</summary>
    public Instant? Until { get; init; }

    /// <summary>The coefficients.</summary>
    public CoefficientVintages Coefficients { get; init; } = CoefficientVintages.Shipped;

    /// <summary>The events that forecasts take into account.</summary>
    public ForecastCalendar Calendar { get; init; } = ForecastCalendar.Empty;

    /// <summary>
    /// Whether the model is fitted anew for each quarter, on what was known then, instead of using
    /// <see cref="Coefficients"/>.
    /// </summary>
    public bool Refit { get; init; }
}
