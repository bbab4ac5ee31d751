using System.Diagnostics.Metrics;

namespace Remora.Server.Telemetry;

/// <summary>Gauges whose values can be unknown.</summary>
internal static class FiniteGauge
{
    /// <summary>
    /// Adds an observable gauge. Unknown values (NaN) and infinite ones are absent, in every
    /// format: OTLP sends whatever is measured.
    /// </summary>
    public static void CreateFiniteGauge(
        this Meter meter,
        string name,
        Func<IEnumerable<Measurement<double>>> measure,
        string? unit,
        string help
    ) => meter.CreateObservableGauge(name, () => measure().Where(one => double.IsFinite(one.Value)), unit, help);
}
