using Remora.Backtest.History;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>The score without any strategy: what came after low and high values of it and of its parts.</summary>
public static class CalibrationStudy
{
    /// <summary>The horizons that are looked at, in hours.</summary>
    public static IReadOnlyList<int> Horizons { get; } = [1, 4, 24];

    /// <summary>Calibrates a policy over a period, looking once an hour.</summary>
    public static CalibrationResult Run(AssessmentHistory history, PolicyVerdicts verdicts, Instant from, Instant to, CandleTape series, CancellationToken cancellation = default)
    {
        var first = CandleFrame.LowerBound(series.Candles, from);
        var end = CandleFrame.LowerBound(series.Candles, to);
        var step = Timeframe.OneHour.Length;
        int[] moments = [.. Enumerable.Range(first, end - first).Where(i => (series.Candles[i].OpenTime + series.Timeframe.Length).Floor(step) == series.Candles[i].OpenTime + series.Timeframe.Length)];
        var measures = Measures(history, verdicts);
        var tables = new List<DecileTable>();
        var blocked = new List<BlockedRow>();
        var forecasts = new List<ForecastTable>();
        RegimeTable? regimes = null;
        foreach (var horizon in Horizons)
        {
            cancellation.ThrowIfCancellationRequested();
            var outcomes = Outcomes.Of(series, TimeSpan.FromHours(horizon));
            foreach (var (name, values) in measures) tables.Add(DecileTable.Of(name, values, outcomes, moments));
            blocked.Add(BlockedRow.Of(verdicts.Blocked, outcomes, moments));
            forecasts.Add(VolatilityForecasts.Compare(series, history.Volatility, verdicts.Score, horizon, from, to));
            if (horizon == 4) regimes = RegimeTable.Of(verdicts, series, outcomes, first, end);
        }
        return new(tables, blocked, forecasts, regimes!);
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
