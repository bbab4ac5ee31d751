using System.Globalization;
using System.Text;
using System.Text.Json;
using Remora.ClickHouse.Rollups.Follow;

namespace Remora.ClickHouse.Rollups;

/// <summary>The current status of one interval of a rollup.</summary>
public sealed record RollupIntervalStatus(
    RollupInterval Interval,
    long SourceRows,
    long Buckets,
    DateTimeOffset? First,
    DateTimeOffset? Last,
    TimeSpan? Lag,
    int Partitions,
    int MostPartsInPartition,
    long BytesOnDisk,
    long BytesUncompressed,
    TimeSpan QueryP95
)
{
    public double CompressionRatio => BytesOnDisk == 0 ? 0 : (double)BytesUncompressed / BytesOnDisk;
}

/// <summary>The current status of a rollup.</summary>
/// <param name="Name">The rollup.</param>
/// <param name="Version">The version that readers use.</param>
/// <param name="Intervals">Each interval.</param>
/// <param name="Problems">What keeps it from being filled; empty if nothing does.</param>
public sealed record RollupStatus(
    SqlName Name,
    int Version,
    IReadOnlyList<RollupIntervalStatus> Intervals,
    IReadOnlyList<RollupProblem> Problems
)
{
    /// <summary>How fast it is read.</summary>
    public required RollupSpeed Speed { get; init; }

    /// <summary>The source of the rollup.</summary>
    public required SqlName Source { get; init; }

    /// <summary>The last state of each file that was followed into the source.</summary>
    public required IReadOnlyList<FollowedFile> Files { get; init; }

    /// <summary>Returns the metrics of rollups in Prometheus' text format.</summary>
    public static string ToPrometheus(IReadOnlyCollection<RollupStatus> rollups)
    {
        var sources = rollups.DistinctBy(rollup => rollup.Source).Where(rollup => rollup.Files.Count > 0).ToList();
        var all = rollups
            .SelectMany(
                rollup => rollup.Intervals,
                (rollup, interval) =>
                    (Labels: $"{{rollup=\"{rollup.Name}\",interval=\"{interval.Interval.Suffix}\"}}", interval)
            )
            .ToList();
        var text = new StringBuilder();
        Write("remora_rollup_source_rows", "Rows of the source that the rollup holds", interval => interval.SourceRows);
        Write("remora_rollup_buckets", "Rows of the rollup's table", interval => interval.Buckets);
        Write(
            "remora_rollup_lag_seconds",
            "Time from the end of the last bucket to the last row of the source",
            interval => interval.Lag?.TotalSeconds ?? double.NaN
        );
        Write(
            "remora_rollup_parts_max",
            "Maximum number of parts in a partition",
            interval => interval.MostPartsInPartition
        );
        Write("remora_rollup_bytes", "Bytes on disk", interval => interval.BytesOnDisk);
        Write(
            "remora_rollup_query_p95_seconds",
            "95th percentile of the time to read the last day from the rollup",
            interval => interval.QueryP95.TotalSeconds
        );
        WriteFiles(text, sources);
        WriteSpeeds(text, rollups);
        text.Append("# HELP remora_rollup_problems Reasons why a rollup is not filled\n");
        text.Append("# TYPE remora_rollup_problems gauge\n");
        foreach (var status in rollups)
            text.Append(
                CultureInfo.InvariantCulture,
                $"remora_rollup_problems{{rollup=\"{status.Name}\"}} {status.Problems.Count}\n"
            );
        return text.ToString();

        void Write(string name, string help, Func<RollupIntervalStatus, double> value)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
            foreach (var (labels, interval) in all)
                text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {value(interval)}\n");
        }
    }

    private static void WriteSpeeds(StringBuilder text, IReadOnlyCollection<RollupStatus> rollups)
    {
        Head("remora_rollup_query_seconds", "Time of the typical query, and of clients' queries in the last hour");
        foreach (var speed in rollups.Select(rollup => rollup.Speed))
        foreach (var (of, times) in speed.Measured)
        {
            Value(
                $"query_seconds{{rollup=\"{speed.Rollup}\",of=\"{of}\",percentile=\"50\"}}",
                times.Median.TotalSeconds
            );
            Value($"query_seconds{{rollup=\"{speed.Rollup}\",of=\"{of}\",percentile=\"95\"}}", times.P95.TotalSeconds);
        }
        Head("remora_rollup_query_threshold_seconds", "Time above which a rollup counts as slow");
        foreach (var speed in rollups.Select(rollup => rollup.Speed))
            Value($"query_threshold_seconds{{rollup=\"{speed.Rollup}\"}}", speed.SlowAfter.TotalSeconds);
        Head("remora_rollup_slow", "Whether a rollup is slow: 1 or 0");
        foreach (var speed in rollups.Select(rollup => rollup.Speed))
            Value($"slow{{rollup=\"{speed.Rollup}\"}}", speed.IsSlow ? 1 : 0);

        void Head(string name, string help) => text.Append($"# HELP {name} {help}\n# TYPE {name} gauge\n");
        void Value(string series, double value) =>
            text.Append(CultureInfo.InvariantCulture, $"remora_rollup_{series} {value}\n");
    }

    private static void WriteFiles(StringBuilder text, IReadOnlyCollection<RollupStatus> sources)
    {
        if (sources.Count == 0)
            return;
        text.Append("# HELP remora_rollup_files Files that 'remora rollup follow' has in this state\n");
        text.Append("# TYPE remora_rollup_files gauge\n");
        foreach (var source in sources)
        foreach (var state in Enum.GetValues<FollowedState>())
            text.Append(
                CultureInfo.InvariantCulture,
                $"remora_rollup_files{{source=\"{source.Source}\",state=\"{FollowedFile.NameOf(state)}\"}} "
                    + $"{source.Files.Count(file => file.State == state)}\n"
            );
        text.Append("# HELP remora_rollup_files_changed_timestamp_seconds Time of the last state of a file\n");
        text.Append("# TYPE remora_rollup_files_changed_timestamp_seconds gauge\n");
        foreach (var source in sources)
            text.Append(
                CultureInfo.InvariantCulture,
                $"remora_rollup_files_changed_timestamp_seconds{{source=\"{source.Source}\"}} "
                    + $"{source.Files.Max(file => file.At).ToUnixTimeSeconds()}\n"
            );
    }

    /// <summary>Returns the name of a kind of problem in JSON.</summary>
    public static string NameOf(RollupProblemKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <summary>Alert rules for these metrics, as a Prometheus rule file.</summary>
    public const string AlertRules = """
        groups:
          - name: remora-rollups
            rules:
              - alert: RollupLags
                expr: remora_rollup_lag_seconds > 600
                for: 10m
                labels: { severity: warning }
                annotations: { summary: "Rollup {{ $labels.rollup }} {{ $labels.interval }} is behind its source; run 'remora rollup verify'" }
              - alert: RollupIsNotFilled
                expr: remora_rollup_problems > 0
                for: 1m
                labels: { severity: warning }
                annotations: { summary: "Rollup {{ $labels.rollup }} is not filled: 'remora rollup status' says what to do" }
              - alert: RollupHasManyParts
                expr: remora_rollup_parts_max > 150
                for: 15m
                labels: { severity: warning }
                annotations: { summary: "Rollup {{ $labels.rollup }} {{ $labels.interval }} has many parts: write larger batches, or run 'remora rollup optimize'" }
              - alert: RollupIsSlow
                expr: remora_rollup_slow > 0
                for: 15m
                labels: { severity: warning }
                annotations: { summary: "Reading rollup {{ $labels.rollup }} takes longer than its threshold: 'remora rollup status' shows the times" }
              - alert: RollupFileRefused
                expr: remora_rollup_files{state="refused"} > 0
                labels: { severity: warning }
                annotations: { summary: "Files for {{ $labels.source }} cannot be loaded: 'remora rollup status' names them; replace or remove them" }
              - alert: RollupFileStuck
                expr: remora_rollup_files{state="loading"} > 0
                for: 6h
                labels: { severity: warning }
                annotations: { summary: "A load into {{ $labels.source }} does not end: run 'remora rollup follow' again" }
        """;
}

/// <summary>Measures a rollup.</summary>
internal sealed class RollupGauge(RollupDatabase database, RollupChain chain)
{
    private const int Samples = 10;

    public async Task<RollupStatus> MeasureAsync(
        IReadOnlyList<RollupProblem> problems,
        RollupSpeed speed,
        CancellationToken cancellation
    )
    {
        var definition = chain.Definition;
        var newest = await database.ListAsync(
            $"SELECT count() > 0, toDateTime(max({definition.QualifiedTime}), 'UTC') FROM "
                + $"{definition.Source.Quoted} AS {definition.Alias}",
            row => (Any: row.UInt8() == 1, At: row.DateTime()),
            cancellation
        );
        var intervals = new List<RollupIntervalStatus>();
        foreach (var interval in definition.Intervals)
            intervals.Add(await MeasureAsync(interval, newest[0].Any ? newest[0].At : null, cancellation));
        return new(definition.Name, chain.Version, intervals, problems)
        {
            Source = definition.Source,
            Speed = speed,
            Files = await new FileJournal(database, definition.Source).ListAsync(cancellation),
        };
    }

    private async Task<RollupIntervalStatus> MeasureAsync(
        RollupInterval interval,
        DateTimeOffset? newest,
        CancellationToken cancellation
    )
    {
        var target = chain.Target(interval);
        var (any, first, last, rows, buckets) = (
            await database.ListAsync(
                $"SELECT count() > 0, min(t.bucket), max(t.bucket), sum(t.rows), count() FROM {target.Quoted} AS t",
                row => (row.UInt8() == 1, row.DateTime(), row.DateTime(), (long)row.UInt64(), (long)row.UInt64()),
                cancellation
            )
        )[0];
        var (partitions, most, bytes, uncompressed) = (
            await database.ListAsync(
                "SELECT count(), max(parts), sum(bytes), sum(plain) FROM (SELECT partition_id, count() AS parts, "
                    + "sum(bytes_on_disk) AS bytes, sum(data_uncompressed_bytes) AS plain FROM system.parts WHERE "
                    + "database = currentDatabase() AND table = {t:String} AND active GROUP BY partition_id)",
                row => ((int)row.UInt64(), (int)row.UInt64(), (long)row.UInt64(), (long)row.UInt64()),
                cancellation,
                new QueryParameters().Add("t", target.Value)
            )
        )[0];
        var lag = any && newest is { } at ? Max(TimeSpan.Zero, at - interval.EndOf(last)) : (TimeSpan?)null;
        return new(
            interval,
            rows,
            buckets,
            any ? first : null,
            any ? last : null,
            lag,
            partitions,
            most,
            bytes,
            uncompressed,
            any ? await QueryP95Async(interval, last, cancellation) : TimeSpan.Zero
        );
    }

    private async Task<TimeSpan> QueryP95Async(
        RollupInterval interval,
        DateTimeOffset last,
        CancellationToken cancellation
    )
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < Samples; i++)
        {
            var begun = database.Time.GetTimestamp();
            await database.Client.ExecuteAsync(
                $"SELECT * FROM {chain.View(interval).Quoted} WHERE bucket >= {{from:DateTime('UTC')}} FORMAT Null",
                new QueryParameters().Add("from", last.AddDays(-1)),
                cancellation
            );
            times.Add(database.Time.GetElapsedTime(begun));
        }
        return times.Order().ElementAt((int)Math.Ceiling(0.95 * Samples) - 1);
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
