using System.Diagnostics.Metrics;
using System.Text;

namespace Remora.Server.Telemetry;

/// <summary>
/// One instrument and all its series. Observable instruments are read at each scrape. Other
/// measurements accumulate.
/// </summary>
internal sealed class MetricFamily
{
    private readonly string _type;
    private readonly string _help;
    private readonly double[]? _bounds;
    private readonly bool _isObserved;
    private readonly bool _isSummed;
    private volatile Series[] _series = [];
    private readonly Lock _adding = new();
    private readonly List<Series> _observed = []; // used only by scrapes, which run one at a time

    private MetricFamily(Instrument instrument, string type, double[]? bounds)
    {
        _type = type;
        _bounds = bounds;
        _isObserved = instrument.IsObservable;
        _isSummed = type == "counter" && !_isObserved;
        _help = (instrument.Description ?? "").Replace("\\", "\\\\").Replace("\n", "\\n");
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        Name = instrument.Name.Replace('.', '_') + unit + (type == "counter" ? "_total" : "");
    }

    public string Name { get; }

    public static MetricFamily Of(Instrument instrument)
    {
        var kind = instrument.GetType().GetGenericTypeDefinition();
        if (kind == typeof(Histogram<>))
        {
            var advised =
                (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries ?? [0.001, 0.01, 0.1, 1, 10];
            return new(instrument, "histogram", [.. advised]);
        }
        return new(
            instrument,
            kind == typeof(ObservableCounter<>) || kind == typeof(Counter<>) ? "counter" : "gauge",
            null
        );
    }

    /// <summary>
    /// Begins a scrape. Drops observed values, so that series that are no longer observed
    /// disappear.
    /// </summary>
    public void Begin()
    {
        _observed.Clear();
    }

    /// <summary>
    /// Records a value. This runs on every request: the series is found by the identity of the tag
    /// values, which callers reuse.
    /// </summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_isObserved)
        {
            _observed.Add(new(tags, 0) { Value = value });
            return;
        }
        var series = Find(_series, tags) ?? Add(tags);
        if (_bounds is null && !_isSummed)
            series.Value = value;
        else
            series.Count(value, _bounds);
    }

    public void Write(StringBuilder text)
    {
        IReadOnlyList<Series> all = _isObserved ? _observed : _series;
        if (all.Count == 0)
            return;
        text.Append("# HELP ")
            .Append(Name)
            .Append(' ')
            .Append(_help)
            .Append("\n# TYPE ")
            .Append(Name)
            .Append(' ')
            .Append(_type)
            .Append('\n');
        foreach (var series in all)
        {
            var labels = PrometheusText.Labels(series.Tags);
            if (_bounds is null)
                Line(text, "", labels, series.Value);
            else
                WriteHistogram(text, series, labels, _bounds);
        }
    }

    private void WriteHistogram(StringBuilder text, Series series, string labels, double[] bounds)
    {
        var separator = labels.Length > 0 ? "," : "";
        long total = 0;
        for (var i = 0; i <= bounds.Length; i++)
        {
            total += Interlocked.Read(ref series.Buckets[i]);
            var bound = PrometheusText.Number(i < bounds.Length ? bounds[i] : double.PositiveInfinity);
            Line(text, "_bucket", $"{labels}{separator}le=\"{bound}\"", total);
        }
        Line(text, "_sum", labels, series.Value);
        Line(text, "_count", labels, total);
    }

    private void Line(StringBuilder text, string suffix, string labels, double value)
    {
        text.Append(Name).Append(suffix);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(PrometheusText.Number(value)).Append('\n');
    }

    private Series Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_adding)
        {
            foreach (var known in _series)
                if (known.Tags.AsSpan().SequenceEqual(tags))
                    return known; // equal values that are other objects
            var series = new Series(tags, (_bounds?.Length ?? 0) + 1);
            _series = [.. _series, series];
            return series;
        }
    }

    private static Series? Find(Series[] all, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var series in all)
            if (series.Is(tags))
                return series;
        return null;
    }

    private sealed class Series(ReadOnlySpan<KeyValuePair<string, object?>> tags, int buckets)
    {
        private readonly Lock _adding = new();

        public KeyValuePair<string, object?>[] Tags { get; } = tags.ToArray();

        public long[] Buckets { get; } = new long[buckets];

        public double Value { get; set; }

        public bool Is(ReadOnlySpan<KeyValuePair<string, object?>> other)
        {
            if (other.Length != Tags.Length)
                return false;
            for (var i = 0; i < other.Length; i++)
                if (!ReferenceEquals(other[i].Value, Tags[i].Value))
                    return false;
            return true;
        }

        public void Count(double value, double[]? bounds)
        {
            var bucket = 0;
            if (bounds is not null)
                while (bucket < bounds.Length && value > bounds[bucket])
                    bucket++;
            lock (_adding)
            {
                Buckets[bucket]++;
                Value += value;
            }
        }
    }
}
