using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.ClickHouse.Rows;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>A bucket of the service's own requests.</summary>
/// <param name="Time">When it begins.</param>
/// <param name="Route">The route's template; empty when all are counted together.</param>
/// <param name="Pair">The pair; empty for none, or when all are counted together.</param>
/// <param name="Calls">How many requests.</param>
/// <param name="Unchanged">How many were told that they have the answer already.</param>
/// <param name="Refused">How many ended with 4xx.</param>
/// <param name="Errors">How many ended with 5xx.</param>
/// <param name="MicrosecondsMean">Mean time.</param>
/// <param name="MicrosecondsMax">Longest time.</param>
/// <param name="MicrosecondsP50">Quantiles of the time, estimated.</param>
/// <param name="MicrosecondsP95">95 % are faster.</param>
/// <param name="MicrosecondsP99">99 % are faster.</param>
/// <param name="Queries">How many different questions, about.</param>
/// <param name="Results">How many different answers, about.</param>
public sealed record TrafficRow(
    Instant Time, string Route, string Pair, long Calls, long Unchanged, long Refused, long Errors, double MicrosecondsMean, long MicrosecondsMax,
    double MicrosecondsP50, double MicrosecondsP95, double MicrosecondsP99, long Queries, long Results);

/// <summary>A question that was asked, and how its answers went.</summary>
/// <param name="Route">The route's template.</param>
/// <param name="Pair">The pair; empty for none.</param>
/// <param name="QueryHash">Identifies the question.</param>
/// <param name="Calls">How often it was asked.</param>
/// <param name="Unchanged">How often the caller had the answer already.</param>
/// <param name="Results">How many different answers it had, about.</param>
public sealed record QuestionRow(string Route, string Pair, ulong QueryHash, long Calls, long Unchanged, long Results);

/// <summary>The service's own requests, and what they were rolled up to.</summary>
public sealed class RequestTable
{
    private readonly MarketStore _store;

    internal RequestTable(MarketStore store) => _store = store;

    /// <summary>The intervals of <see cref="Traffic"/>: 1m, 1h, 6h, 12h.</summary>
    public IReadOnlyList<string> Intervals => [.. Rollup("traffic").Definition.Intervals.Select(interval => interval.Suffix)];

    /// <summary>Requests per bucket, route and pair.</summary>
    /// <param name="interval">One of <see cref="Intervals"/>.</param>
    /// <param name="span">Which buckets, by when they begin.</param>
    /// <param name="route">Only this route.</param>
    /// <param name="pair">Only this pair.</param>
    /// <exception cref="StoreException">There is no such interval.</exception>
    public StoreQuery<TrafficRow> Traffic(string interval, Span span = default, string? route = null, string? pair = null)
    {
        var parameters = new QueryParameters();
        var where = span.Where("bucket", parameters) + Only("route", route, parameters) + Only("pair", pair, parameters);
        return new(
            _store.Client,
            "SELECT bucket AS time, route, pair, calls, unchanged, refused, errors, microseconds_mean, microseconds_max, " +
            "microseconds_quantiles[1] AS microseconds_p50, microseconds_quantiles[2] AS microseconds_p95, microseconds_quantiles[3] AS microseconds_p99, queries, results " +
            $"FROM {_store.View(Rollup("traffic"), interval)} WHERE {where}{span.Order("bucket, route, pair", parameters)}",
            parameters, ReadTraffic);
    }

    /// <summary>The questions of a span, the most frequent first.</summary>
    /// <param name="span">Which hours.</param>
    /// <param name="most">How many questions.</param>
    public StoreQuery<QuestionRow> Questions(Span span = default, int most = 100)
    {
        var parameters = new QueryParameters().Add("most", (long)most);
        var target = _store.View(Rollup("queries"), "1h");
        return new(
            _store.Client,
            $"SELECT route, pair, query_hash, sum(calls) AS calls, sum(unchanged) AS unchanged, max(results) AS results FROM {target} " +
            $"WHERE {span.Where("bucket", parameters)} GROUP BY route, pair, query_hash ORDER BY calls DESC, query_hash LIMIT {{most:UInt64}}",
            parameters, row => new(row.String(), row.String(), row.UInt64(), (long)row.UInt64(), (long)row.UInt64(), (long)row.UInt64()));
    }

    private Rollup Rollup(string name) => _store.Rollups.First(rollup => rollup.Definition.Name.Value == name);

    private static string Only(string column, string? value, QueryParameters parameters)
    {
        if (value is null) return "";
        parameters.Add(column, value);
        return $" AND {column} = {{{column}:String}}";
    }

    private static TrafficRow ReadTraffic(RowReader row) => new(
        Instant.From(row.DateTime()), row.String(), row.String(), (long)row.UInt64(), (long)row.UInt64(), (long)row.UInt64(), (long)row.UInt64(), row.Float64(), row.UInt32(),
        row.Float32(), row.Float32(), row.Float32(), (long)row.UInt64(), (long)row.UInt64());
}
