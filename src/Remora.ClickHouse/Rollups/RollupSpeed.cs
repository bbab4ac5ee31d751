using System.Globalization;

namespace Remora.ClickHouse.Rollups;

/// <summary>The times of queries.</summary>
/// <param name="Count">The number of queries; at least 1.</param>
/// <param name="Median">The median time.</param>
/// <param name="P95">The 95th percentile of the times.</param>
public sealed record RollupTimes(long Count, TimeSpan Median, TimeSpan P95)
{
    internal static RollupTimes Of(IReadOnlyCollection<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return new(sorted.Count, At(0.5), At(0.95));

        TimeSpan At(double part) => sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Count) - 1)];
    }
}

/// <summary>How fast a rollup is read.</summary>
/// <param name="Rollup">The rollup.</param>
/// <param name="SlowAfter">The time above which it counts as slow.</param>
public sealed record RollupSpeed(SqlName Rollup, TimeSpan SlowAfter)
{
    /// <summary>
    /// The typical query: that of the definition, or the newest bucket of the largest key; null if
    /// the rollup is empty.
    /// </summary>
    public string? Query { get; init; }

    /// <summary>The last times of the typical query; null if it was not measured.</summary>
    public RollupTimes? Typical { get; init; }

    /// <summary>Why the typical query was not measured; null if it was.</summary>
    public string? TypicalUnknown { get; init; }

    /// <summary>
    /// The times of the clients' queries in the last hour, on the connected server, by its
    /// <c>system.query_log</c>; null if they are unknown or if there were none.
    /// </summary>
    public RollupTimes? Clients { get; init; }

    /// <summary>Why the times of clients are unknown; null if they are known.</summary>
    public string? ClientsUnknown { get; init; }

    /// <summary>Whether the median of the typical query is above the threshold.</summary>
    public bool IsTypicalSlow => Typical?.Median > SlowAfter;

    /// <summary>Whether the 95th percentile of clients is above the threshold.</summary>
    public bool AreClientsSlow => Clients?.P95 > SlowAfter;

    public bool IsSlow => IsTypicalSlow || AreClientsSlow;

    /// <summary>The known times, with the name in metrics of whose they are.</summary>
    public IEnumerable<(string Of, RollupTimes Times)> Measured
    {
        get
        {
            if (Typical is { } typical)
                yield return ("typical", typical);
            if (Clients is { } clients)
                yield return ("clients", clients);
        }
    }
}

/// <summary>Measures how fast a rollup is read.</summary>
internal sealed class RollupSpeedometer(RollupDatabase database, RollupDefinition definition)
{
    /// <summary>The comment in the query log of the queries that this class measures.</summary>
    public const string Comment = "remora rollup speed";

    private const int Kept = 20;
    private const int MostSeconds = 30;
    private const string NoLog = "the server has no system.query_log that this user can read";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeyLasts = TimeSpan.FromHours(1);

    private readonly Queue<TimeSpan> _times = new();
    private string? _key;
    private long _keyFound;

    /// <summary>
    /// Runs the typical query and reads the log of queries. Up to 20 times of earlier calls count
    /// too.
    /// </summary>
    /// <param name="samples">How often the typical query runs.</param>
    /// <param name="cancellation">Stops the query.</param>
    public async Task<RollupSpeed> MeasureAsync(int samples, CancellationToken cancellation)
    {
        var speed = new RollupSpeed(definition.Name, definition.SlowAfter);
        var marked = await database.MarkedAsync(definition.Name, cancellation);
        if (new RollupPlanner(database, definition).CurrentOf(marked) is not var (chain, hash))
            return Unmeasured("the rollup does not exist");
        if (hash != definition.Hash)
            return Unmeasured("the definition has changed: run a rebuild");
        speed = await WithClientsAsync(speed, chain, cancellation);
        try
        {
            var query = definition.TypicalQuery ?? await NewestAsync(chain, cancellation);
            if (query is null)
                return speed with { TypicalUnknown = "the rollup is empty" };
            speed = speed with { Query = query };
            await RunAsync(query, samples, cancellation);
            return speed with { Typical = RollupTimes.Of(_times) };
        }
        catch (ClickHouseException e)
        {
            _times.Clear();
            return speed with { TypicalUnknown = $"the typical query fails: {e.Message}" };
        }

        RollupSpeed Unmeasured(string why) => speed with { TypicalUnknown = why, ClientsUnknown = why };
    }

    private async Task RunAsync(string query, int samples, CancellationToken cancellation)
    {
        var options = new QueryOptions
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["log_comment"] = Comment,
                ["max_execution_time"] = MostSeconds.ToString(CultureInfo.InvariantCulture),
                ["timeout_overflow_mode"] = "break", // as slow as that
            },
            Timeout = TimeSpan.FromSeconds(2 * MostSeconds),
        };
        var all = database.Time.GetTimestamp();
        for (var i = 0; i < samples && (i == 0 || database.Time.GetElapsedTime(all) < Patience); i++)
        {
            var begun = database.Time.GetTimestamp();
            try
            {
                await using var answer = await database.Client.StreamAsync(query, "Null", options, cancellation);
                await answer.CopyToAsync(Stream.Null, cancellation);
            }
            catch (TimeoutException)
            {
                // as slow as that
            }
            _times.Enqueue(database.Time.GetElapsedTime(begun));
            if (_times.Count > Kept)
                _times.Dequeue();
        }
    }

    // The newest bucket of the largest key, in the shortest interval that has one.
    private async Task<string?> NewestAsync(RollupChain chain, CancellationToken cancellation)
    {
        if (_key is null || database.Time.GetElapsedTime(_keyFound) > KeyLasts)
            (_key, _keyFound) = (await LargestAsync(chain, cancellation), database.Time.GetTimestamp());
        if (_key is null)
            return null;
        foreach (var interval in chain.Definition.Intervals)
        {
            var newest = await database.Client.SingleAsync(
                $"SELECT count() > 0, toString(max(t.bucket), 'UTC') FROM {chain.Target(interval).Quoted} AS t WHERE "
                    + $"1{_key}",
                row => (Any: row.UInt8() == 1, Bucket: row.String()),
                null,
                cancellation
            );
            if (newest.Any)
                return $"SELECT * FROM {chain.View(interval)} WHERE bucket = toDateTime('{newest.Bucket}', 'UTC')"
                    + _key;
        }
        _key = null; // its rows have expired
        return null;
    }

    // The conditions for the key with the most rows in the newest partition of the longest interval
    private async Task<string?> LargestAsync(RollupChain chain, CancellationToken cancellation)
    {
        var keys = chain.Definition.Keys.Select(key => key.Name).ToList();
        var target = chain.Target(chain.Definition.Intervals[^1]);
        var columns = string.Concat(
            keys.Select(key => $", CAST(t.{key.Quoted}, 'Nullable(String)'), toTypeName(t.{key.Quoted})")
        );
        var groups = keys.Count == 0 ? "" : " GROUP BY " + string.Join(", ", keys.Select(key => $"t.{key.Quoted}"));
        var found = await database.ListAsync(
            $"SELECT sum(t.rows){columns} FROM {target.Quoted} AS t WHERE t._partition_id = (SELECT "
                + "max(partition_id) FROM system.parts WHERE database = currentDatabase() AND table = {t:String} AND "
                + $"active){groups} ORDER BY sum(t.rows) DESC LIMIT 1",
            row =>
            {
                var any = row.UInt64() > 0;
                return (
                    any,
                    Key: string.Concat(keys.Select(key => Condition(key, row.NullableString(), row.String())))
                );
            },
            cancellation,
            new QueryParameters().Add("t", target.Value)
        );
        return found is [(true, var largest)] ? largest : null;
    }

    private static string Condition(SqlName key, string? value, string type) =>
        value is null
            ? $" AND isNull({key.Quoted})"
            : $" AND {key.Quoted} = CAST('{Escaped(value)}', '{Escaped(type)}')";

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);

    private async Task<RollupSpeed> WithClientsAsync(
        RollupSpeed speed,
        RollupChain chain,
        CancellationToken cancellation
    )
    {
        try
        {
            var exists = await database.Client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = 'system' AND name = 'query_log'",
                row => row.UInt64(),
                null,
                cancellation
            );
            return exists == 0
                ? speed with
                {
                    ClientsUnknown = NoLog,
                }
                : speed with
                {
                    Clients = await ClientsAsync(chain, cancellation),
                };
        }
        catch (ClickHouseException e)
        {
            return speed with { ClientsUnknown = $"system.query_log cannot be read: {e.Message}" };
        }
    }

    private async Task<RollupTimes?> ClientsAsync(RollupChain chain, CancellationToken cancellation)
    {
        var (count, median, p95) = await database.Client.SingleAsync(
            "SELECT count(), toFloat64(quantileExact(0.5)(time)), toFloat64(quantileExact(0.95)(time)) FROM "
                + "(SELECT dateDiff('microsecond', query_start_time_microseconds, event_time_microseconds) AS time "
                + "FROM system.query_log WHERE event_date >= yesterday() AND event_time > now() - INTERVAL 1 HOUR AND "
                + "type = 'QueryFinish' AND is_initial_query AND query_kind = 'Select' AND log_comment != "
                + "{own:String} AND hasAny(tables, {views:Array(String)}))",
            row => ((long)row.UInt64(), row.Float64(), row.Float64()),
            new QueryParameters()
                .Add("own", Comment)
                .Add(
                    "views",
                    chain
                        .Definition.Intervals.SelectMany(chain.Views)
                        .Select(view => $"{database.Client.Database}.{view.Name}")
                ),
            cancellation
        );
        return count == 0 ? null : new(count, TimeSpan.FromMicroseconds(median), TimeSpan.FromMicroseconds(p95));
    }
}
