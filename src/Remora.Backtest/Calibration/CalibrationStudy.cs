using Remora.Backtest.History;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>The score of one market without any strategy: what came after low and high values of it and of its parts.</summary>
public sealed class CalibrationStudy
{
    private readonly PolicyVerdicts _verdicts;
    private readonly CandleTape _series;
    private readonly (string Name, double[] Values)[] _measures;
    private readonly (Outcomes Outcomes, VolatilityForecasts Forecasts)[] _horizons;

    /// <summary>Works out, for the default policy of a history, what is the same for every period.</summary>
    public CalibrationStudy(AssessmentHistory history, CandleTape series)
    {
        _verdicts = history.Policies[0];
        _series = series;
        _measures = Measures(history, _verdicts);
        _horizons = new (Outcomes, VolatilityForecasts)[Horizons.Count];
        SideBySide.For(Horizons.Count, i => _horizons[i] =
            (Outcomes.Of(series, TimeSpan.FromHours(Horizons[i])), new(series, history.Volatility, _verdicts.Score, Horizons[i])), CancellationToken.None);
    }

    /// <summary>The horizons that are looked at, in hours.</summary>
    public static IReadOnlyList<int> Horizons { get; } = [1, 4, 24];

    /// <summary>Calibrates over a period, looking once an hour.</summary>
    public CalibrationResult Run(Instant from, Instant to)
    {
        const int regimeHorizon = 1; // position of the 4 hours
        var first = CandleFrame.LowerBound(_series.Candles, from);
        var end = CandleFrame.LowerBound(_series.Candles, to);
        int[] moments = [.. Enumerable.Range(first, end - first).Where(EndsAnHour)];
        return new(
            [.. _horizons.SelectMany(h => _measures.Select(m => DecileTable.Of(m.Name, m.Values, h.Outcomes, moments)))],
            [.. _horizons.Select(h => BlockedRow.Of(_verdicts.Blocked, h.Outcomes, moments))],
            [.. _horizons.Select(h => h.Forecasts.Compare(from, to))],
            RegimeTable.Of(_verdicts, _series, _horizons[regimeHorizon].Outcomes, first, end));
    }

    private bool EndsAnHour(int candle)
    {
        var closed = _series.Candles[candle].OpenTime + _series.Timeframe.Length;
        return closed.Floor(Timeframe.OneHour.Length) == closed;
    }

    private static (string Name, double[] Values)[] Measures(AssessmentHistory history, PolicyVerdicts verdicts) =>
    [
        ("score", verdicts.Score),
        ("volatility", history.Volatility),
        ("part_regime", [.. history.Parts.Select(p => p.Regime)]),
        ("part_trend_strength", [.. history.Parts.Select(p => p.TrendStrength)]),
        ("part_momentum", [.. history.Parts.Select(p => p.Momentum)]),
        ("part_external", [.. history.Parts.Select(p => p.External)]),
        ("fear", [.. history.FearGreed.Select(f => 100 - f)]),
    ];
}

/// <summary>What a calibration found.</summary>
/// <param name="Deciles">Per measure and horizon.</param>
/// <param name="Blocked">Blocked against allowed time, per horizon.</param>
/// <param name="Forecasts">Volatility forecasts beside each other, per horizon.</param>
/// <param name="Regimes">Regimes, four hours ahead.</param>
public sealed record CalibrationResult(
    IReadOnlyList<DecileTable> Deciles, IReadOnlyList<BlockedRow> Blocked, IReadOnlyList<ForecastTable> Forecasts, RegimeTable Regimes);

/// <summary>What came after blocked and after allowed moments, as ratios.</summary>
/// <param name="HorizonHours">How far ahead.</param>
/// <param name="BlockedShare">Share of the moments that was blocked, [0, 1].</param>
/// <param name="VolatilityBlocked">Mean realised volatility after blocked moments.</param>
/// <param name="VolatilityAllowed">And after the others.</param>
/// <param name="DrawdownBlocked">Mean worst drawdown after blocked moments.</param>
/// <param name="DrawdownAllowed">And after the others.</param>
/// <param name="ReturnBlocked">Mean return after blocked moments.</param>
/// <param name="ReturnAllowed">And after the others.</param>
public sealed record BlockedRow(
    double HorizonHours, double BlockedShare, double VolatilityBlocked, double VolatilityAllowed, double DrawdownBlocked, double DrawdownAllowed,
    double ReturnBlocked, double ReturnAllowed)
{
    internal static BlockedRow Of(bool[] blocked, Outcomes outcomes, int[] moments)
    {
        int[] known = [.. moments.Where(i => !double.IsNaN(outcomes.Volatility[i]))];
        int[] closed = [.. known.Where(i => blocked[i])];
        int[] open = [.. known.Where(i => !blocked[i])];
        static double Mean(int[] at, double[] values) => at.Length == 0 ? double.NaN : at.Average(i => values[i]);
        return new(
            outcomes.Horizon.TotalHours, closed.Length / (double)Math.Max(1, known.Length), Mean(closed, outcomes.Volatility), Mean(open, outcomes.Volatility),
            Mean(closed, outcomes.Drawdown), Mean(open, outcomes.Drawdown), Mean(closed, outcomes.Return), Mean(open, outcomes.Return));
    }
}
