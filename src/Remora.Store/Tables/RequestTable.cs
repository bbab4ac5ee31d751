using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>A bucket of requests to the service.</summary>
/// <param name="Time">The start of the bucket.</param>
/// <param name="Route">The route template; empty for the total of all routes.</param>
/// <param name="Pair">The pair; empty for none, or for the total of all pairs.</param>
/// <param name="Calls">The number of requests.</param>
/// <param name="Unchanged">The number of 304 responses.</param>
/// <param name="Refused">The number of 4xx responses.</param>
/// <param name="Errors">The number of 5xx responses.</param>
/// <param name="MicrosecondsMean">The mean duration, in microseconds.</param>
/// <param name="MicrosecondsMax">The maximum duration, in microseconds.</param>
/// <param name="MicrosecondsP50">The median duration in microseconds, estimated.</param>
/// <param name="MicrosecondsP95">
/// The 95th percentile of the duration in microseconds, estimated.
/// </param>
/// <param name="MicrosecondsP99">
/// The 99th percentile of the duration in microseconds, estimated.
/// </param>
/// <param name="Queries">The approximate number of different queries.</param>
/// <param name="Results">The approximate number of different responses.</param>
public sealed record TrafficRow(
    Instant Time,
    string Route,
    string Pair,
    long Calls,
    long Unchanged,
    long Refused,
    long Errors,
    double MicrosecondsMean,
    long MicrosecondsMax,
    double MicrosecondsP50,
    double MicrosecondsP95,
    double MicrosecondsP99,
    long Queries,
    long Results
);

/// <summary>A query and the statistics of its responses.</summary>
/// <param name="Route">The route template.</param>
/// <param name="Pair">The pair; empty for none.</param>
/// <param name="QueryHash">The hash of the query.</param>
/// <param name="Calls">The number of requests.</param>
/// <param name="Unchanged">The number of 304 responses.</param>
/// <param name="Results">The approximate number of different responses.</param>
public sealed record QuestionRow(string Route, string Pair, ulong QueryHash, long Calls, long Unchanged, long Results);

/// <summary>The stored requests to the service and their rollups.</summary>
public sealed class RequestTable
{
    private static readonly (string Name, string Expression)[] TrafficValues =
    [
        ("time", "bucket"),
        ("route", "route"),
        ("pair", "pair"),
        ("calls", "calls"),
        ("unchanged", "unchanged"),
        ("refused", "refused"),
        ("errors", "errors"),
        ("microseconds_mean", "microseconds_mean"),
        ("microseconds_max", "microseconds_max"),
        ("microseconds_p50", "microseconds_quantiles[1]"),
        ("microseconds_p95", "microseconds_quantiles[2]"),
        ("microseconds_p99", "microseconds_quantiles[3]"),
        ("queries", "queries"),
        ("results", "results"),
    ];

    private readonly MarketStore _store;

    internal RequestTable(MarketStore store) => _store = store;

    /// <summary>The columns of exported buckets.</summary>
    public static IReadOnlyList<string> TrafficColumns { get; } = [.. TrafficValues.Select(column => column.Name)];

    /// <summary>Returns requests by bucket, route and pair.</summary>
    /// <param name="interval">One of <see cref="StoreIntervals.Traffic"/>.</param>
    /// <param name="span">The span of bucket starts.</param>
    /// <param name="route">Only this route.</param>
    /// <param name="pair">Only this pair.</param>
    /// <exception cref="StoreException">The interval is unknown.</exception>
    public StoreQuery<TrafficRow> Traffic(
        string interval,
        Span span = default,
        string? route = null,
        string? pair = null
    )
    {
        var parameters = new QueryParameters();
        var where =
            span.Where("bucket", parameters) + Only("route", route, parameters) + Only("pair", pair, parameters);
        return new(
            _store.Client,
            $"SELECT {string.Join(", ", TrafficValues.Select(column => $"{column.Expression} AS {column.Name}"))} "
                + $"FROM {MarketStore.View(Rollup("traffic"), interval)} WHERE "
                + $"{where}{span.Order("bucket, route, pair", parameters)}",
            parameters,
            NamedRow.Reader(ReadTraffic)
        );
    }

    /// <summary>Returns the queries of a span, the most frequent first.</summary>
    /// <param name="span">The span of bucket starts.</param>
    /// <param name="most">The maximum number of queries.</param>
    /// <param name="interval">
    /// The length of the buckets: <c>1m</c>, <c>1h</c>, <c>6h</c> or <c>12h</c>. Minutes come from
    /// their rollup if it is kept, otherwise from the requests.
    /// </param>
    /// <exception cref="StoreException">The interval is unknown.</exception>
    public StoreQuery<QuestionRow> Questions(
        Span span = default,
        int most = 100,
        string interval = StoreIntervals.Default
    )
    {
        var parameters = new QueryParameters().Add("most", (long)most);
        return new(
            _store.Client,
            $"SELECT route, pair, query_hash, sum(calls) AS calls, sum(unchanged) AS unchanged, max(results) AS "
                + $"results FROM {QuestionsBy(interval)} "
                + $"WHERE {span.Where("bucket", parameters)} GROUP BY route, pair, query_hash ORDER BY calls DESC, "
                + $"query_hash LIMIT {{most:UInt64}}",
            parameters,
            row =>
                new(
                    row.String(),
                    row.String(),
                    row.UInt64(),
                    (long)row.UInt64(),
                    (long)row.UInt64(),
                    (long)row.UInt64()
                )
        );
    }

    private string QuestionsBy(string interval)
    {
        if (interval != "1m")
            return MarketStore.View(Rollup("queries"), interval);
        if (
            _store.Rollups.FirstOrDefault(rollup => rollup.Definition.Name.Value == StoreRollups.QueryMinutes) is
            { } kept
        )
            return MarketStore.View(kept, interval);
        return "(SELECT toDateTime(toStartOfMinute(at), 'UTC') AS bucket, route, pair, query_hash, count() AS calls, "
            + "countIf(r.unchanged) AS unchanged, uniqCombined(14)(result_hash) AS results FROM "
            + $"{StoreTable.Requests.Name.Quoted} AS r WHERE status < 400 GROUP BY bucket, route, pair, query_hash)";
    }

    private Rollup Rollup(string name) => _store.Rollups.First(rollup => rollup.Definition.Name.Value == name);

    private static string Only(string column, string? value, QueryParameters parameters)
    {
        if (value is null)
            return "";
        parameters.Add(column, value);
        return $" AND {column} = {{{column}:String}}";
    }

    private static TrafficRow ReadTraffic(NamedRow row) =>
        new(
            row.Time("time")!.Value,
            row.Text("route")!,
            row.Text("pair")!,
            row.Count("calls"),
            row.Count("unchanged"),
            row.Count("refused"),
            row.Count("errors"),
            row.Number("microseconds_mean")!.Value,
            row.Count("microseconds_max"),
            row.Number("microseconds_p50")!.Value,
            row.Number("microseconds_p95")!.Value,
            row.Number("microseconds_p99")!.Value,
            row.Count("queries"),
            row.Count("results")
        );
}
