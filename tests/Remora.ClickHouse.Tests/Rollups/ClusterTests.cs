using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

/// <summary>Without a cluster, the engine's parser checks the statements for one.</summary>
public sealed class ClusterTests(Engine engine)
{
    [Fact]
    public async Task The_engine_parses_every_cluster_statement()
    {
        var (client, plain) = await Events.NewAsync(engine, apply: false);
        using var clustered = new ClickHouseClient(
            new()
            {
                Engine = () => engine.Embedded.Endpoint,
                Database = client.Database,
                Cluster = "many",
            }
        );
        var plan = await new Rollup(clustered, plain.Definition, Events.Options).PlanAsync();
        Assert.Equal(20, plan.Statements.Count);
        Assert.All(plan.Statements, sql => Assert.Contains(" ON CLUSTER `many`", sql));
        Assert.Equal(5, plan.Statements.Count(sql => sql.Contains("ENGINE = ReplicatedAggregatingMergeTree")));
        Assert.Equal(
            10,
            plan.Statements.Count(sql => sql.Contains($"cluster(`many`, `{client.Database}`, `activity_"))
        );
        var chain = new RollupChain(plain.Definition, 1, clustered);
        var name = chain.Target(plain.Definition.Intervals[0]);
        string[] others =
        [
            chain.Drop(name, isView: false),
            chain.Drop(name, isView: true),
            $"OPTIMIZE TABLE {name.Quoted}{chain.OnCluster} PARTITION ID '202401' FINAL",
        ];
        foreach (var sql in plan.Statements.Concat(others))
            Assert.NotEmpty(await client.ListAsync("EXPLAIN AST " + sql, row => row.String()));
    }

    [Fact]
    public void Following_files_is_refused()
    {
        using var clustered = new ClickHouseClient(new() { Engine = () => engine.Embedded.Endpoint, Cluster = "many" });
        var rollup = new Rollup(clustered, RollupFile.Parse(Events.Definition, "activity.sql"), Events.Options);
        Assert.Contains(
            "follow is not supported on the cluster 'many'",
            Assert.Throws<RollupException>(() => rollup.Follow(null!)).Message
        );
    }
}
