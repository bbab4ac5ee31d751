using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Remora.Server.Telemetry;

/// <summary>
/// Collects the measurements of one meter and writes them in the Prometheus text format, version
/// 0.0.4.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener _listener = new();
    private readonly List<MetricFamily> _families = [];
    private readonly Lock _lock = new();

    /// <param name="meter">The meter. Measurements are collected after <see cref="Start"/>.</param>
    public PrometheusText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter))
                return;
            var family = MetricFamily.Of(instrument);
            lock (_families)
                _families.Add(family);
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags)
        );
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags)
        );
        _listener.SetMeasurementEventCallback<int>(
            static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags)
        );
    }

    /// <summary>Begins to collect.</summary>
    public void Start() => _listener.Start();

    /// <summary>Returns all current values.</summary>
    public string Write()
    {
        lock (_lock)
        {
            MetricFamily[] families;
            lock (_families)
                families = [.. _families.OrderBy(family => family.Name, StringComparer.Ordinal)];
            foreach (var family in families)
                family.Begin();
            _listener.RecordObservableInstruments();
            var text = new StringBuilder(16 * 1024);
            foreach (var family in families)
                family.Write(text);
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Formats a number for Prometheus.</summary>
    internal static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Formats labels as they appear between the braces.</summary>
    internal static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            if (text.Length > 0)
                text.Append(',');
            text.Append(name.Replace('.', '_'))
                .Append("=\"")
                .Append((value?.ToString() ?? "").Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n"))
                .Append('"');
        }
        return text.ToString();
    }
}
