using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Remora.Server.Telemetry;

/// <summary>Sends the metrics to an OpenTelemetry collector, over HTTP.</summary>
internal static class OtlpExport
{
    /// <param name="collector">
    /// The address of the collector, such as <c>http://localhost:4318</c>. A path in the address is
    /// kept.
    /// </param>
    /// <param name="interval">How often the metrics are sent.</param>
    public static IDisposable Start(Uri collector, TimeSpan interval) =>
        Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(
                ResourceBuilder.CreateEmpty().AddService("remora", serviceVersion: ServiceMetrics.Version)
            )
            .AddMeter(ServiceMetrics.MeterName)
            .AddOtlpExporter(
                (exporter, reader) =>
                {
                    exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                    exporter.Endpoint = collector.AbsolutePath == "/" ? new(collector, "v1/metrics") : collector;
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)
                        interval.TotalMilliseconds;
                }
            )
            .Build();
}
