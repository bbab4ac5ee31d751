using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;

namespace Remora.Server.Telemetry;

/// <summary>
/// The metrics of the service: instruments of one meter, <c>Remora</c>. Names contain dots and
/// units are UCUM units, as in OpenTelemetry; <see cref="PrometheusText"/> converts them to
/// Prometheus names (<c>remora.http.request.duration</c> in <c>s</c> becomes
/// <c>remora_http_request_duration_seconds</c>).
/// </summary>
internal sealed class ServiceMetrics : IDisposable
{
    public const string MeterName = "Remora";

    private static readonly InstrumentAdvice<double> RequestBuckets = new()
    {
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2],
    };
    private static readonly InstrumentAdvice<double> EngineBuckets = new()
    {
        HistogramBucketBoundaries =
        [
            0.000001,
            0.000005,
            0.00001,
            0.00005,
            0.0001,
            0.0005,
            0.001,
            0.005,
            0.025,
            0.1,
            0.5,
        ],
    };
    private readonly Histogram<double> _requests;
    private readonly Histogram<double> _engine;
    private readonly Histogram<double> _publish;

    public ServiceMetrics()
    {
        _requests = Meter.CreateHistogram(
            "remora.http.request.duration",
            "s",
            "Duration of a request until the end of its response; of a stream, until it is open.",
            advice: RequestBuckets
        );
        _engine = Meter.CreateHistogram(
            "remora.engine.apply.duration",
            "s",
            "Time for the engine to apply one event.",
            advice: EngineBuckets
        );
        _publish = Meter.CreateHistogram(
            "remora.publish.duration",
            "s",
            "Time from taking an event from the queue to publishing its assessments.",
            advice: EngineBuckets
        );
        Meter.CreateObservableGauge(
            "remora.build.info",
            () => new Measurement<int>(1, new("version", Version), new("runtime", Environment.Version.ToString())),
            null,
            "Version of the service and of its runtime; always 1."
        );
    }

    /// <summary>The version of the service.</summary>
    public static string Version { get; } =
        typeof(ServiceMetrics)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    /// <summary>The meter to which other parts add instruments.</summary>
    public Meter Meter { get; } = new(MeterName, Version);

    /// <param name="route">
    /// The pattern of the route, never the path, so that the number of series is limited.
    /// </param>
    /// <param name="status">The status code in digits.</param>
    /// <param name="started">The timestamp at which the request started.</param>
    public void Request(string route, string status, long started) =>
        _requests.Record(
            Stopwatch.GetElapsedTime(started).TotalSeconds,
            new KeyValuePair<string, object?>("route", route),
            new KeyValuePair<string, object?>("status", status)
        );

    public void Applied(long started) => _engine.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);

    public void Published(long started) => _publish.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);

    public void Dispose() => Meter.Dispose();
}
