using Remora.ClickHouse;

namespace Remora.Store.Schema;

/// <summary>
/// Updates a database to the schema of this program, one numbered file after another. Can run again
/// after an interruption.
/// </summary>
internal sealed class SchemaSteps(ClickHouseClient client, IReadOnlyList<SchemaFile> files)
{
    /// <summary>The table with the applied steps.</summary>
    public const string Table = "schema_steps";

    private sealed record Applied(int Version, string Name, string Hash);

    private readonly SchemaDialect _dialect = new(client.Cluster);

    /// <summary>Applies the missing steps.</summary>
    /// <returns>The names of the applied files.</returns>
    /// <exception cref="StoreException">
    /// The database was created by a newer version, or an applied step has changed.
    /// </exception>
    public async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellation)
    {
        var applied = await IsThereAsync(cancellation) ? await AppliedAsync(Table, cancellation) : [];
        Check(applied);
        var run = new List<string>();
        var missing = files.Where(file => applied.All(step => step.Version != file.Version)).ToList();
        if (missing.Count == 0)
            return run;
        await new Replicas(client).RequireAllAsync(cancellation);
        // No replacing engine is needed: a step that is recorded twice is the same step. On a
        // cluster, every server has all of them.
        var engine = client.Cluster is null
            ? "MergeTree"
            : "ReplicatedMergeTree('/clickhouse/tables/{uuid}/schema_steps', '{shard}_{replica}')";
        await client.ExecuteAsync(
            $"CREATE TABLE IF NOT EXISTS schema_steps{_dialect.OnCluster} (version UInt32, name String, hash "
                + $"String, applied_at DateTime64(6, 'UTC') DEFAULT now64(6)) ENGINE = {engine} ORDER BY version",
            new QueryOptions { IsRepeatable = true },
            cancellation
        );
        foreach (var file in missing)
        {
            foreach (var statement in _dialect.Statements(file.Text))
                await client.ExecuteAsync(statement, new QueryOptions { IsRepeatable = true }, cancellation);
            await client.ExecuteAsync(
                "INSERT INTO schema_steps (version, name, hash) SELECT {version:UInt32}, {name:String}, {hash:String}",
                new QueryParameters().Add("version", file.Version).Add("name", file.Name).Add("hash", file.Hash),
                cancellation
            );
            run.Add(file.Name);
        }
        return run;
    }

    /// <summary>Returns the last applied step of the database; 0 for none.</summary>
    public async Task<int> VersionAsync(CancellationToken cancellation) =>
        await IsThereAsync(cancellation)
            ? (await AppliedAsync(Table, cancellation)).Select(step => step.Version).DefaultIfEmpty().Max()
            : 0;

    /// <summary>Checks the steps in another table, for example a restored one.</summary>
    /// <returns>The number of the last step.</returns>
    /// <exception cref="StoreException">A newer version applied the steps, or an applied step has
    /// changed.</exception>
    public async Task<int> CheckAsync(string table, CancellationToken cancellation)
    {
        var applied = await AppliedAsync(table, cancellation);
        Check(applied);
        return applied.Select(step => step.Version).DefaultIfEmpty().Max();
    }

    private async Task<bool> IsThereAsync(CancellationToken cancellation) =>
        await client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_steps'",
            row => row.UInt64(),
            null,
            cancellation
        ) > 0;

    private Task<List<Applied>> AppliedAsync(string table, CancellationToken cancellation) =>
        client.ListAsync(
            $"SELECT DISTINCT version, name, hash FROM {SqlName.Of(table).Quoted} ORDER BY version",
            row => new Applied((int)row.UInt32(), row.String(), row.String()),
            null,
            cancellation
        );

    private void Check(List<Applied> applied)
    {
        foreach (var step in applied)
        {
            var known =
                files.FirstOrDefault(file => file.Version == step.Version)
                ?? throw new StoreException(
                    $"the database '{client.Database}' has schema step {step.Version} ('{step.Name}'), this version "
                        + $"has {files.Count} steps: a newer version created the database; use that version, or "
                        + $"another database"
                );
            if (known.Hash != step.Hash)
                throw new StoreException(
                    $"schema step {step.Version} was applied to the database '{client.Database}' as '{step.Name}' "
                        + $"with hash {step.Hash}, this version has '{known.Name}' with hash {known.Hash}: an applied "
                        + $"step must never be changed; add a new one"
                );
        }
    }
}
