using Remora.Backtest.History;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>
/// Calibrates the score of one market without a strategy: the outcomes after low and high values of
/// the score and its parts.
/// </summary>
public sealed class CalibrationStudy
{
    private const string Score = "score";

    private readonly PolicyVerdicts _verdicts;
    private readonly CandleTape _series;
    private readonly (string Name, double[] Values)[] _measures;
    private readonly (Outcomes Outcomes, VolatilityForecasts Forecasts)[] _horizons;

    /// <summary>
    /// Prepares what is the same for every period, for the default policy of a history.
    /// </summary>
    public CalibrationStudy(AssessmentHistory history, CandleTape series)
    {
        _verdicts = history.Policies[0];
        _series = series;
        _measures = Measures(history, _verdicts);
        _horizons = new (Outcomes, VolatilityForecasts)[Horizons.Count];
        SideBySide.For(
            Horizons.Count,
            i =>
                _horizons[i] = (
                    Outcomes.Of(series, TimeSpan.FromHours(Horizons[i])),
                    new(series, history.Volatility, _verdicts.Score, Horizons[i])
                ),
            CancellationToken.None
        );
    }

    /// <summary>The horizons, in hours.</summary>
    public static IReadOnlyList<int> Horizons { get; } = [1, 4, 24];

    /// <summary>Calibrates over a period, with one moment per hour.</summary>
    /// <param name="from">The start of the period.</param>
    /// <param name="to">The end of the period.</param>
    /// <param name="resamples">The number of resamples for the intervals.</param>
    /// <param name="seed">The seed of the resamples.</param>
    public CalibrationResult Run(Instant from, Instant to, int resamples, ulong seed)
    {
        const int middle = 1; // position of the 4-hour horizon
        var outcomes = _horizons[middle].Outcomes;
        var first = CandleFrame.LowerBound(_series.Candles, from);
        var end = CandleFrame.LowerBound(_series.Candles, to);
        int[] moments = [.. Enumerable.Range(first, end - first).Where(EndsAnHour)];
        DecileTable[] deciles =
        [
            .. _horizons.SelectMany(h => _measures.Select(m => DecileTable.Of(m.Name, m.Values, h.Outcomes, moments))),
        ];
        var score = deciles.First(d => d.Measure == Score && d.HorizonHours == outcomes.Horizon.TotalHours);
        return new(
            deciles,
            [.. _horizons.Select(h => BlockedRow.Of(_verdicts.Blocked, h.Outcomes, moments))],
            [.. _horizons.Select(h => h.Forecasts.Compare(from, to))],
            RegimeTable.Of(_verdicts, _series, outcomes, first, end),
            ScoreIntervals.Of(score, _verdicts.Score, _verdicts.Blocked, _series, outcomes, moments, resamples, seed)
        );
    }

    /// <summary>
    /// Compares the returns after blocked and after allowed moments of a period, per horizon, with
    /// one moment per horizon.
    /// </summary>
    /// <param name="from">The start of the period.</param>
    /// <param name="to">Its end.</param>
    /// <param name="resamples">The number of resamples of the bootstrap.</param>
    /// <param name="seed">The seed of the resamples.</param>
    public IReadOnlyList<AfterHours> After(Instant from, Instant to, int resamples, ulong seed)
    {
        var first = CandleFrame.LowerBound(_series.Candles, from);
        var end = CandleFrame.LowerBound(_series.Candles, to);
        return
        [
            .. Horizons.Select(
                (hours, horizon) =>
                {
                    var returns = _horizons[horizon].Outcomes.Return;
                    int[] moments =
                    [
                        .. Enumerable
                            .Range(first, end - first)
                            .Where(i => Ends(i, TimeSpan.FromHours(hours)) && !double.IsNaN(returns[i])),
                    ];
                    return AfterHours.Of(
                        hours,
                        [.. moments.Select(i => _verdicts.Blocked[i])],
                        [.. moments.Select(i => returns[i])],
                        resamples,
                        seed + (ulong)horizon
                    );
                }
            ),
        ];
    }

    private bool EndsAnHour(int candle) => Ends(candle, Timeframe.OneHour.Length);

    private bool Ends(int candle, TimeSpan span)
    {
        var closed = _series.Candles[candle].OpenTime + _series.Timeframe.Length;
        return closed.Floor(span) == closed;
    }

    private static (string Name, double[] Values)[] Measures(AssessmentHistory history, PolicyVerdicts verdicts) =>
        [
            (Score, verdicts.Score),
            ("volatility", history.Volatility),
            ("part_regime", [.. history.Parts.Select(p => p.Regime)]),
            ("part_trend_strength", [.. history.Parts.Select(p => p.TrendStrength)]),
            ("part_momentum", [.. history.Parts.Select(p => p.Momentum)]),
            ("part_external", [.. history.Parts.Select(p => p.External)]),
            ("fear", [.. history.FearGreed.Select(f => 100 - f)]),
        ];
}

/// <summary>The result of a calibration.</summary>
/// <param name="Deciles">One table per measure and horizon.</param>
/// <param name="Blocked">Blocked compared with allowed time, per horizon.</param>
/// <param name="Forecasts">Volatility forecasts compared with each other, per horizon.</param>
/// <param name="Regimes">Regimes, with a horizon of four hours.</param>
/// <param name="Intervals">Intervals of the score's results, with a horizon of four hours.</param>
public sealed record CalibrationResult(
    IReadOnlyList<DecileTable> Deciles,
    IReadOnlyList<BlockedRow> Blocked,
    IReadOnlyList<ForecastTable> Forecasts,
    RegimeTable Regimes,
    ScoreIntervals Intervals
);

/// <summary>Outcomes after blocked and after allowed moments, as ratios.</summary>
/// <param name="HorizonHours">The horizon in hours.</param>
/// <param name="BlockedShare">Share of the moments that are blocked, [0, 1].</param>
/// <param name="VolatilityBlocked">Mean realised volatility after blocked moments.</param>
/// <param name="VolatilityAllowed">Mean realised volatility after allowed moments.</param>
/// <param name="DrawdownBlocked">Mean worst drawdown after blocked moments.</param>
/// <param name="DrawdownAllowed">Mean worst drawdown after allowed moments.</param>
/// <param name="ReturnBlocked">Mean return after blocked moments.</param>
/// <param name="ReturnAllowed">Mean return after allowed moments.</param>
public sealed record BlockedRow(
    double HorizonHours,
    double BlockedShare,
    double VolatilityBlocked,
    double VolatilityAllowed,
    double DrawdownBlocked,
    double DrawdownAllowed,
    double ReturnBlocked,
    double ReturnAllowed
)
{
    internal static BlockedRow Of(bool[] blocked, Outcomes outcomes, int[] moments)
    {
        int[] known = [.. moments.Where(i => !double.IsNaN(outcomes.Volatility[i]))];
        int[] closed = [.. known.Where(i => blocked[i])];
        int[] open = [.. known.Where(i => !blocked[i])];
        static double Mean(int[] at, double[] values) => at.Length == 0 ? double.NaN : at.Average(i => values[i]);
        return new(
            outcomes.Horizon.TotalHours,
            closed.Length / (double)Math.Max(1, known.Length),
            Mean(closed, outcomes.Volatility),
            Mean(open, outcomes.Volatility),
            Mean(closed, outcomes.Drawdown),
            Mean(open, outcomes.Drawdown),
            Mean(closed, outcomes.Return),
            Mean(open, outcomes.Return)
        );
    }
}
