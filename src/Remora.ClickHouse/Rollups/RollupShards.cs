namespace Remora.ClickHouse.Rollups;

/// <summary>
/// The servers on which an operation counts, computes and replaces rows: the only server, or one
/// replica of each shard of a cluster. An operation stays with its replicas until it ends. Those of
/// the next operation can be others.
/// </summary>
internal sealed class RollupShards : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly List<ClickHouseClient> _own = [];

    private sealed record Node(int Shard, int Replica, string Host, int Port);

    private RollupShards() { }

    /// <summary>One database per shard, in the order of the shards.</summary>
    public IReadOnlyList<RollupDatabase> All { get; private set; } = [];

    /// <summary>Chooses the replicas.</summary>
    /// <exception cref="RollupException">No server of a shard can be used.</exception>
    public static async Task<RollupShards> FindAsync(
        RollupDatabase database,
        RollupDefinition definition,
        CancellationToken cancellation
    )
    {
        var shards = new RollupShards();
        if (database.Client.Cluster is not { } cluster)
        {
            shards.All = [database];
            return shards;
        }
        try
        {
            shards.All = await shards.ChooseAsync(database, definition.Source, cluster, cancellation);
            return shards;
        }
        catch
        {
            shards.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var client in _own)
            client.Dispose();
    }

    private async Task<List<RollupDatabase>> ChooseAsync(
        RollupDatabase database,
        SqlName source,
        string cluster,
        CancellationToken cancellation
    )
    {
        var nodes = await database.Client.ListAsync(
            "SELECT shard_num, replica_num, host_name, port FROM system.clusters WHERE cluster = {c:String} ORDER BY "
                + "shard_num, replica_num",
            row => new Node((int)row.UInt32(), (int)row.UInt32(), row.String(), row.UInt16()),
            new QueryParameters().Add("c", cluster),
            cancellation
        );
        var found = new SortedDictionary<int, RollupDatabase>();
        var problems = new List<string>();
        foreach (var server in Servers(database.Client, nodes))
        {
            if (found.Count == nodes.DistinctBy(node => node.Shard).Count())
                break;
            var client = database.Client.At(server);
            _own.Add(client);
            try
            {
                if (await LookAsync(client, cluster, source, cancellation) is not var (shard, replicas))
                    problems.Add($"{server} is not a server of '{cluster}' with a replicated table {source}");
                else if (replicas == 0)
                    problems.Add($"{source} is read-only at {server}");
                else
                    found.TryAdd(shard, database.OfShard(client, shard, replicas));
            }
            catch (Exception e) when (e is ClickHouseUnavailableException or TimeoutException or ClickHouseException)
            {
                problems.Add($"{server}: {e.Message}");
            }
        }
        foreach (var shard in nodes.GroupBy(node => node.Shard).Where(shard => !found.ContainsKey(shard.Key)))
            throw new RollupException(
                $"no server of shard {shard.Key} of the cluster '{cluster}' can be used: its replicas are "
                    + $"{string.Join(", ", shard.Select(node => $"{node.Host}:{node.Port}"))}. Name the HTTP address "
                    + $"of one of them too, separated by a comma. {string.Join("; ", problems)}"
            );
        return [.. found.Values];
    }

    // The servers that the operator named, then those of the cluster's configuration. These have
    // the port of their native interface there; the one of HTTP is assumed to be the same
    // everywhere.
    private static List<Uri> Servers(ClickHouseClient client, List<Node> nodes)
    {
        List<Uri> servers = [client.Address!, .. client.Servers.Where(server => server != client.Address)];
        var hosts = servers.Select(server => server.Host).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var host in nodes.Select(node => node.Host).Distinct(StringComparer.OrdinalIgnoreCase))
            if (!hosts.Contains(host) && Uri.CheckHostName(host) is not UriHostNameType.Unknown)
                servers.Add(new UriBuilder(servers[0]) { Host = host }.Uri);
        return servers;
    }

    // The shard of a server and the number of active replicas of the source; 0 if it is read-only.
    private static async Task<(int Shard, int Replicas)?> LookAsync(
        ClickHouseClient client,
        string cluster,
        SqlName source,
        CancellationToken cancellation
    )
    {
        var rows = new List<(int, int)>();
        await foreach (
            var row in client.QueryAsync(
                "SELECT c.shard_num, toInt32(if(r.is_readonly, 0, r.active_replicas)) FROM system.clusters AS c CROSS "
                    + "JOIN (SELECT is_readonly, active_replicas FROM system.replicas WHERE database = "
                    + "currentDatabase() AND table = {t:String}) AS r WHERE c.cluster = {c:String} AND c.is_local",
                row => ((int)row.UInt32(), row.Int32()),
                new QueryOptions
                {
                    Parameters = new QueryParameters().Add("c", cluster).Add("t", source.Value),
                    Timeout = Patience,
                },
                cancellation
            )
        )
            rows.Add(row);
        return rows.Count == 1 ? rows[0] : null;
    }
}
