using Remora.ClickHouse;

namespace Remora.Store.Schema;

/// <summary>Checks the servers of a cluster. Nothing on a single server.</summary>
internal sealed class Replicas(ClickHouseClient client)
{
    private string? Cluster => client.Cluster is { } name ? SqlName.Of(name).Quoted : null;

    /// <summary>
    /// Requires that all servers respond. A server that is down executes the statements ON CLUSTER
    /// later; but it cannot create a replica of a table that was changed meanwhile.
    /// </summary>
    /// <exception cref="StoreException">A server does not respond.</exception>
    public async Task RequireAllAsync(CancellationToken cancellation)
    {
        if (Cluster is null)
            return;
        var missing = await client.ListAsync(
            "SELECT concat(host_name, ':', toString(port)) FROM (SELECT host_name, port, row_number() OVER (ORDER BY "
                + "shard_num, replica_num) AS number FROM system.clusters WHERE cluster = {c:String}) WHERE number NOT "
                + $"IN (SELECT _shard_num FROM clusterAllReplicas({Cluster}, system.one)) ORDER BY number SETTINGS "
                + "skip_unavailable_shards = 1",
            row => row.String(),
            new QueryParameters().Add("c", client.Cluster!),
            cancellation
        );
        if (missing.Count > 0)
            throw new StoreException(
                $"tables are created when all servers of the cluster '{client.Cluster}' respond: start "
                    + string.Join(", ", missing)
            );
    }

    /// <summary>
    /// Returns one sentence for the operator about running servers without a table or view, or with
    /// another table of the same name; null if there are none. A server that was created anew, or
    /// was down for a week, has lost the statements ON CLUSTER.
    /// </summary>
    public async Task<string?> FindStrayAsync(CancellationToken cancellation)
    {
        if (Cluster is null)
            return null;
        // Tables with one UUID have one path in Keeper and are replicas of each other
        var names = await client.ListAsync(
            $"SELECT name FROM clusterAllReplicas({Cluster}, system.tables) WHERE database = {{d:String}} AND "
                + "(startsWith(engine, 'Replicated') OR engine = 'MaterializedView') GROUP BY name HAVING "
                + "uniqExact(uuid) > 1 OR count() < (SELECT count() FROM "
                + $"clusterAllReplicas({Cluster}, system.one)) ORDER BY name SETTINGS skip_unavailable_shards = 1",
            row => row.String(),
            new QueryParameters().Add("d", client.Database),
            cancellation
        );
        return names.Count == 0
            ? null
            : $"a server of the cluster '{client.Cluster}' lacks {string.Join(", ", names)}, or has others of these "
                + "names, so rows and rollups on it are incomplete: create them as on another server, with the same "
                + "UUID (docs/cluster.md)";
    }
}
