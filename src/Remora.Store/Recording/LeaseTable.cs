using System.Globalization;
using Remora.ClickHouse;
using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>The newest lease of a store.</summary>
/// <param name="Epoch">Its number. Each service that takes over adds one.</param>
/// <param name="Holder">The id of the holder's journal.</param>
/// <param name="Process">The holder's process and machine, for messages.</param>
/// <param name="IsSettled">
/// Whether the holder has stored what its predecessor did not record.
/// </param>
/// <param name="Renewals">The time of its last renewal, as an opaque number.</param>
/// <param name="Age">The time since then, by the server's clock.</param>
/// <param name="Length">The time for which a renewal is valid.</param>
/// <param name="CoveredFrom">The first moment that the holder's record covers.</param>
internal sealed record Lease(
    ulong Epoch,
    string Holder,
    string Process,
    bool IsSettled,
    long Renewals,
    TimeSpan Age,
    TimeSpan Length,
    Instant CoveredFrom
)
{
    /// <summary>Whether it has run out, by the server's clock.</summary>
    public bool HasExpired => Age > Length;
}

/// <summary>
/// The leases of a store, one row each: who records, since when, and which moments its record
/// covers. All times of renewals are those of the server.
/// </summary>
internal sealed class LeaseTable(MarketStore store)
{
    public const string Name = "recorder_lease";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly ClickHouseClient _client = store.Client;

    // On a cluster, every server has all leases, and the newest one is searched on all of them.
    private string From =>
        _client.Cluster is { } cluster
            ? $"clusterAllReplicas({SqlName.Of(cluster).Quoted}, currentDatabase(), {Name})"
            : Name;

    private string Processes =>
        _client.Cluster is { } cluster
            ? $"clusterAllReplicas({SqlName.Of(cluster).Quoted}, system.processes)"
            : "system.processes";

    /// <summary>The newest number, as an expression.</summary>
    public string Newest => $"(SELECT max(epoch) FROM {From} {OfThoseThatRun})";

    /// <summary>
    /// The spans that later leases of others cover, as an expression: an array of pairs of times.
    /// </summary>
    public string SpansAfter(ulong epoch, string holder) =>
        "(SELECT groupArray((covered, recorded)) FROM (SELECT min(covered_from) AS covered, max(recorded_until) AS "
        + $"recorded FROM {From} WHERE epoch > {epoch} AND holder != '{holder}' GROUP BY epoch) {OfThoseThatRun})";

    // Only for the search: an insert must reach all shards.
    private const string OfThoseThatRun = "SETTINGS skip_unavailable_shards = 1";

    /// <summary>Creates the table if it is missing.</summary>
    public Task CreateAsync(CancellationToken cancellation) =>
        _client.ExecuteAsync(
            $"CREATE TABLE IF NOT EXISTS {Name}{store.Dialect.OnCluster} (epoch UInt64, holder String, process String, "
                + "covered_from DateTime64(3, 'UTC'), recorded_until DateTime64(3, 'UTC'), settled Bool, seconds "
                + "Float64, renewed_at DateTime64(6, 'UTC') DEFAULT now64(6)) ENGINE = "
                + (
                    _client.Cluster is null
                        ? "ReplacingMergeTree(renewed_at)"
                        : $"ReplicatedReplacingMergeTree('/clickhouse/tables/{{uuid}}/{Name}', "
                            + "'{shard}_{replica}', renewed_at)"
                )
                + $" ORDER BY epoch SETTINGS {(_client.Cluster is null ? "non_replicated" : "replicated")}"
                + "_deduplication_window = 1000",
            new QueryOptions { IsRepeatable = true },
            cancellation
        );

    /// <summary>Returns the newest lease; null if there was none.</summary>
    public async Task<Lease?> ReadAsync(CancellationToken cancellation)
    {
        var rows = new List<Lease>();
        var options = new QueryOptions { Timeout = Patience, Settings = OnAnyServer };
        await foreach (
            var row in _client.QueryAsync(
                "SELECT epoch, holder, process, settled, toUnixTimestamp64Micro(renewed_at), "
                    + "toUnixTimestamp64Micro(now64(6)), seconds, covered_from "
                    + $"FROM {From} ORDER BY epoch DESC, renewed_at DESC LIMIT 1",
                row =>
                {
                    var (epoch, holder, process) = (row.UInt64(), row.String(), row.String());
                    var (settled, renewed, now) = (row.Bool(), row.Int64(), row.Int64());
                    return new Lease(
                        epoch,
                        holder,
                        process,
                        settled,
                        renewed,
                        TimeSpan.FromMicroseconds(now - renewed),
                        TimeSpan.FromSeconds(row.Float64()),
                        Instant.From(row.DateTime64())
                    );
                },
                options,
                cancellation
            )
        )
            rows.Add(row);
        return rows is [var lease] ? lease : null;
    }

    /// <summary>Returns whether the table exists.</summary>
    public async Task<bool> IsThereAsync(CancellationToken cancellation) =>
        await _client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {name:String}",
            row => row.UInt64(),
            new QueryParameters().Add("name", Name),
            cancellation
        ) > 0;

    /// <summary>
    /// Takes a lease, unless it or a newer one was taken before. Of several services that take the
    /// same one, the server accepts the first. The caller reads who has it.
    /// </summary>
    public Task TakeAsync(Lease lease, Instant coveredFrom, Instant recordedUntil, CancellationToken cancellation) =>
        WriteAsync(
            lease,
            coveredFrom,
            recordedUntil,
            $" WHERE {Newest} < {lease.Epoch}",
            InsertToken.Settings(string.Create(CultureInfo.InvariantCulture, $"lease-{lease.Epoch}")),
            cancellation
        );

    /// <summary>Renews a lease for its length from now on.</summary>
    public Task RenewAsync(Lease lease, Instant coveredFrom, Instant recordedUntil, CancellationToken cancellation) =>
        WriteAsync(
            lease,
            coveredFrom,
            recordedUntil,
            "",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["insert_deduplicate"] = "0" },
            cancellation
        );

    /// <summary>
    /// Returns the number of running inserts under older leases. Those that begin later are
    /// refused.
    /// </summary>
    public async Task<ulong> OlderInsertsAsync(ulong epoch, CancellationToken cancellation) =>
        await _client.SingleAsync(
            $"SELECT count() FROM {Processes} WHERE {OfOlder}",
            row => row.UInt64(),
            new QueryParameters().Add("mark", MarkOf(_client.Database)).Add("epoch", (long)epoch),
            cancellation
        );

    /// <summary>Ends the running inserts under older leases.</summary>
    public Task KillOlderInsertsAsync(ulong epoch, CancellationToken cancellation) =>
        _client.ExecuteAsync(
            $"KILL QUERY{store.Dialect.OnCluster} WHERE {OfOlder} ASYNC",
            new QueryParameters().Add("mark", MarkOf(_client.Database)).Add("epoch", (long)epoch),
            cancellation
        );

    /// <summary>The comment at the beginning of an insert, to find those that run.</summary>
    public string Mark(ulong epoch) => $"/* {MarkOf(_client.Database)} {epoch} */";

    private static IReadOnlyDictionary<string, string> OnAnyServer { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["skip_unavailable_shards"] = "1" };

    // The searching query does not begin with the mark.
    private const string OfOlder =
        "startsWith(query, concat('/* ', {mark:String}, ' ')) AND "
        + "toInt64OrZero(extract(query, '^/[*] [^ ]+ ([0-9]+) ')) < {epoch:Int64}";

    private static string MarkOf(string database) => "remora-recorder-" + database;

    private Task WriteAsync(
        Lease lease,
        Instant coveredFrom,
        Instant recordedUntil,
        string where,
        IReadOnlyDictionary<string, string> settings,
        CancellationToken cancellation
    ) =>
        _client.ExecuteAsync(
            $"INSERT INTO {Name} (epoch, holder, process, covered_from, recorded_until, settled, seconds, renewed_at) "
                + "SELECT {epoch:Int64}, {holder:String}, {process:String}, "
                + "fromUnixTimestamp64Milli({from:Int64}, 'UTC'), fromUnixTimestamp64Milli({until:Int64}, 'UTC'), "
                + "{settled:Bool}, {seconds:Float64}, now64(6)"
                + where,
            new QueryOptions
            {
                IsRepeatable = true,
                Timeout = Patience,
                Settings = new Dictionary<string, string>(settings, StringComparer.Ordinal)
                {
                    ["skip_unavailable_shards"] = "1",
                },
                Parameters = new QueryParameters()
                    .Add("epoch", (long)lease.Epoch)
                    .Add("holder", lease.Holder)
                    .Add("process", lease.Process)
                    .Add("from", coveredFrom.UnixMilliseconds)
                    .Add("until", recordedUntil.UnixMilliseconds)
                    .Add("settled", lease.IsSettled ? "true" : "false")
                    .Add("seconds", lease.Length.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
            },
            cancellation
        );
}
