using System.Diagnostics.Metrics;
using Remora.ClickHouse.Rollups;

namespace Remora.Server.Storage;

/// <summary>Gauges of how fast the store's rollups are read. Unknown times are absent.</summary>
internal static class RollupGauges
{
    public static void Register(Meter meter, Func<IReadOnlyList<RollupSpeed>> speeds)
    {
        meter.CreateObservableGauge(
            "remora.rollup.query",
            () => speeds().SelectMany(Times),
            "s",
            "Time to read a rollup: its typical query, and clients' queries where the server logs them."
        );
        meter.CreateObservableGauge(
            "remora.rollup.query.threshold",
            () => speeds().Select(speed => Of(speed, speed.SlowAfter.TotalSeconds)),
            "s",
            "Time of a query above which a rollup counts as slow."
        );
        meter.CreateObservableGauge(
            "remora.rollup.slow",
            () => speeds().Select(speed => Of(speed, speed.IsSlow ? 1 : 0)),
            null,
            "Whether a rollup is slow: 1 or 0."
        );
    }

    private static IEnumerable<Measurement<double>> Times(RollupSpeed speed) =>
        speed.Measured.SelectMany(measured =>
            (Measurement<double>[])
                [
                    Of(speed, measured.Times.Median.TotalSeconds, new("of", measured.Of), new("percentile", "50")),
                    Of(speed, measured.Times.P95.TotalSeconds, new("of", measured.Of), new("percentile", "95")),
                ]
        );

    private static Measurement<double> Of(
        RollupSpeed speed,
        double value,
        params IEnumerable<KeyValuePair<string, object?>> tags
    ) => new(value, [new("rollup", speed.Rollup.Value), .. tags]);
}
