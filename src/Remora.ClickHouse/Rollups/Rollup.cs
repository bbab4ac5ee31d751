using Remora.ClickHouse.Rollups.Follow;

namespace Remora.ClickHouse.Rollups;

/// <summary>
/// A rollup and its operations. Every operation can be repeated and does what is left to do.
/// Operations that change something lock the source across processes and refuse to run
/// concurrently. Writers can continue where an operation allows it.
/// </summary>
public sealed class Rollup(
    ClickHouseClient client,
    RollupDefinition definition,
    RollupOptions? options = null,
    TimeProvider? time = null
)
{
    private readonly RollupDatabase _database = new(client, options ?? new(), time ?? TimeProvider.System)
    {
        Load = definition.LoadSettings,
    };

    public RollupDefinition Definition { get; } = definition;

    private RollupSpeedometer? _speedometer;

    private RollupPlanner Planner => new(_database, Definition);

    /// <summary>Returns the view with values: one row per bucket and keys.</summary>
    public SqlName ViewOf(RollupInterval interval) => RollupChain.ViewOf(Definition, interval);

    /// <summary>
    /// Returns the view with states, for readers that combine buckets with the -Merge form of each
    /// aggregate.
    /// </summary>
    public SqlName StatesOf(RollupInterval interval) => RollupChain.StatesOf(Definition, interval);

    /// <summary>Returns what is missing. Changes nothing.</summary>
    /// <exception cref="RollupDefinitionException">ClickHouse rejects the definition.</exception>
    public async Task<RollupPlan> PlanAsync(CancellationToken cancellation = default)
    {
        var plan = await Planner.PlanAsync(cancellation);
        var problems = await ProblemsAsync(cancellation);
        return plan with { Remarks = [.. plan.Remarks, .. problems.Select(problem => problem.Text)] };
    }

    /// <summary>
    /// Prevents operations that change the source until the result is disposed of. For work on
    /// whole tables.
    /// </summary>
    /// <param name="work">The work of the holder, for messages.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="RollupException">Another operation is running on the source.</exception>
    public async Task<IAsyncDisposable> LockAsync(string work, CancellationToken cancellation = default) =>
        await RollupLock.TakeAsync(_database, Definition, work, cancellation);

    /// <summary>
    /// Creates what is missing. A changed definition requires <see cref="RebuildAsync"/>.
    /// </summary>
    public async Task<RollupPlan> ApplyAsync(
        IProgress<RollupProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var plan = await ApplyUnchangedAsync(progress, cancellation);
        return plan.IsChanged
            ? throw new RollupException(
                $"the definition of '{Definition.Name}' has changed: run a rebuild, which builds version "
                    + $"{plan.Version} beside the old one"
            )
            : plan;
    }

    /// <summary>
    /// Creates what is missing, and changes nothing if the definition has changed. One query and no
    /// lock if nothing is missing, for programs that do this at every start.
    /// </summary>
    public async Task<RollupPlan> EnsureAsync(CancellationToken cancellation = default) =>
        await Planner.FinishedAsync(cancellation) ?? await ApplyUnchangedAsync(null, cancellation);

    private async Task<RollupPlan> ApplyUnchangedAsync(
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        await using var held = await RollupLock.TakeAsync(_database, Definition, "apply", cancellation);
        var plan = await PlanAsync(cancellation);
        for (var i = 0; i < plan.Statements.Count; i++)
        {
            progress?.Report(new("apply", plan.Statements[i], i, plan.Statements.Count));
            await _database.RunAsync(plan.Statements[i], cancellation);
        }
        return plan;
    }

    /// <summary>
    /// Loads files into the source, through the views or past them, for this rollup alone or with
    /// others of the same source.
    /// </summary>
    public Task<RollupLoadReport> LoadAsync(
        IReadOnlyList<string> files,
        RollupLoadOptions? load = null,
        IReadOnlyList<RollupDefinition>? others = null,
        IProgress<RollupProgress>? progress = null,
        CancellationToken cancellation = default
    ) => LockedAsync("load", stop => LoadLockedAsync(files, load, others, progress, stop), cancellation);

    private async Task<RollupLoadReport> LoadLockedAsync(
        IReadOnlyList<string> files,
        RollupLoadOptions? load,
        IReadOnlyList<RollupDefinition>? others,
        IProgress<RollupProgress>? progress,
        CancellationToken stop
    )
    {
        var chains = new List<RollupChain>();
        foreach (var each in (RollupDefinition[])[Definition, .. others ?? []])
        {
            if (each.Source != Definition.Source)
                throw new ArgumentException(
                    $"'{each.Name}' has another source than '{Definition.Name}'",
                    nameof(others)
                );
            chains.Add(await new RollupPlanner(_database, each).RequireCurrentAsync(stop));
        }
        using var shards = await RollupShards.FindAsync(_database, Definition, stop);
        return await new RollupLoader(_database, shards, chains, load ?? new()).RunAsync(files, progress, stop);
    }

    /// <summary>
    /// Returns a follower that loads the files of a folder or list of URLs, each content once.
    /// </summary>
    /// <exception cref="RollupException">The database is on a cluster.</exception>
    public RollupFollower Follow(
        RollupFollowOptions follow,
        IReadOnlyList<RollupDefinition>? others = null,
        IProgress<RollupProgress>? progress = null
    )
    {
        // Its journal of files is on one server
        if (client.Cluster is { } cluster)
            throw new RollupException(
                $"follow is not supported on the cluster '{cluster}': load the files with 'remora rollup load'"
            );
        return new(
            _database,
            Definition.Source,
            follow,
            Planner.RequireCurrentAsync,
            (file, load, cancellation) => LoadAsync([file], load, others, progress, cancellation)
        );
    }

    /// <summary>Returns the last state of each followed file of the source.</summary>
    public async Task<IReadOnlyList<FollowedFile>> FilesAsync(CancellationToken cancellation = default) =>
        await new FileJournal(_database, Definition.Source).ListAsync(cancellation);

    /// <summary>
    /// Compares the rollup with its source. Rows that are still being inserted count as busy, never
    /// as missing.
    /// </summary>
    public async Task<RollupVerification> VerifyAsync(
        IProgress<RollupProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var chain = await Planner.RequireCurrentAsync(cancellation);
        using var shards = await RollupShards.FindAsync(_database, Definition, cancellation);
        var verified = new List<(RollupDatabase, RollupVerification)>();
        foreach (var shard in shards.All)
            verified.Add((shard, await new RollupVerifier(shard, chain).RunAsync(progress, cancellation)));
        return RollupVerification.Of(verified);
    }

    /// <summary>Recomputes the partitions that differ, or all of them.</summary>
    public Task<RollupBackfillReport> BackfillAsync(
        bool all = false,
        IProgress<RollupProgress>? progress = null,
        CancellationToken cancellation = default
    ) => LockedAsync("backfill", stop => BackfillLockedAsync(all, progress, stop), cancellation);

    private async Task<RollupBackfillReport> BackfillLockedAsync(
        bool all,
        IProgress<RollupProgress>? progress,
        CancellationToken stop
    )
    {
        var chain = await Planner.RequireCurrentAsync(stop);
        await RollupSteps.RequireNoOpenLoadAsync(_database, Definition.Source, stop);
        using var shards = await RollupShards.FindAsync(_database, Definition, stop);
        var reports = new List<(string Place, RollupBackfillReport Report)>();
        foreach (var shard in shards.All)
            reports.Add((shard.Place, await new RollupBackfill(shard, chain).RunAsync(all, progress, stop)));
        return new(
            [.. reports.SelectMany(at => at.Report.Filled.Select(partition => at.Place + partition))],
            [.. reports.SelectMany(at => at.Report.Untouched.Select(partition => at.Place + partition))],
            [.. reports.SelectMany(at => at.Report.Busy.Select(partition => at.Place + partition))]
        );
    }

    /// <summary>
    /// Builds the next version from the current definition beside the current version, and
    /// exchanges them. Exact while rows are inserted.
    /// </summary>
    public Task<RollupRebuildReport> RebuildAsync(
        bool keepOld = false,
        IProgress<RollupProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        LockedAsync(
            "rebuild",
            stop => new RollupRebuild(_database, Definition).RunAsync(keepOld, progress, stop),
            cancellation
        );

    public async Task<RollupStatus> StatusAsync(CancellationToken cancellation = default) =>
        await new RollupGauge(_database, await Planner.RequireCurrentAsync(cancellation)).MeasureAsync(
            await ProblemsAsync(cancellation),
            await SpeedAsync(cancellation: cancellation),
            cancellation
        );

    /// <summary>Returns what keeps the rollup from being filled, each with what to do.</summary>
    public Task<IReadOnlyList<RollupProblem>> ProblemsAsync(CancellationToken cancellation = default) =>
        new RollupDiagnosis(_database, Definition).RunAsync(cancellation);

    /// <summary>
    /// Measures the typical query and reads the times of clients from the server's log of queries.
    /// Times of the last calls count too, up to 20, so not to be called concurrently.
    /// </summary>
    /// <param name="samples">How often the typical query runs.</param>
    /// <param name="cancellation">Stops the query.</param>
    public Task<RollupSpeed> SpeedAsync(int samples = 10, CancellationToken cancellation = default) =>
        (_speedometer ??= new(_database, Definition)).MeasureAsync(samples, cancellation);

    /// <summary>Merges the parts of every partition with more than one.</summary>
    /// <returns>The merged partitions.</returns>
    public async Task<IReadOnlyList<string>> OptimizeAsync(
        IProgress<RollupProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        await using var held = await RollupLock.TakeAsync(_database, Definition, "optimize", cancellation);
        var chain = await Planner.RequireCurrentAsync(cancellation);
        var merged = new List<string>();
        foreach (var interval in Definition.Intervals)
        {
            var partitions = await client.ListAsync(
                "SELECT partition_id FROM system.parts WHERE database = currentDatabase() AND table = {t:String} "
                    + "AND active GROUP BY partition_id HAVING count() > 1 ORDER BY partition_id",
                row => row.String(),
                new QueryParameters().Add("t", chain.Target(interval).Value),
                cancellation
            );
            for (var i = 0; i < partitions.Count; i++)
            {
                progress?.Report(new("optimize", $"{interval} {partitions[i]}", i, partitions.Count));
                var id = RollupSlice.OfPartition(partitions[i], Definition.Partition).IdOf(Definition.Partition);
                await _database.RunAsync(
                    $"OPTIMIZE TABLE {chain.Target(interval).Quoted}{chain.OnCluster} PARTITION ID '{id}' FINAL",
                    cancellation
                );
                merged.Add($"{chain.Target(interval)} {partitions[i]}");
            }
        }
        return merged;
    }

    /// <summary>
    /// Drops the views and their tables: all versions, or only those that readers no longer use.
    /// Never drops the source.
    /// </summary>
    public async Task<IReadOnlyList<SqlName>> DropAsync(bool onlyOld = false, CancellationToken cancellation = default)
    {
        await using var held = await RollupLock.TakeAsync(_database, Definition, "drop", cancellation);
        return await RollupDrop.RunAsync(
            _database,
            Definition,
            await VersionsAsync(onlyOld, cancellation),
            cancellation
        );
    }

    /// <summary>
    /// Drops all versions if there are any. One query and no lock if there are none, for programs
    /// that do this at every start.
    /// </summary>
    public async Task DropUnusedAsync(CancellationToken cancellation = default)
    {
        if ((await _database.MarkedAsync(Definition.Name, cancellation)).Count > 0)
            await DropAsync(cancellation: cancellation);
    }

    /// <summary>Returns what <see cref="DropAsync"/> would drop. Changes nothing.</summary>
    public async Task<IReadOnlyList<SqlName>> ObjectsAsync(
        bool onlyOld = false,
        CancellationToken cancellation = default
    ) =>
        [
            .. (
                await RollupDrop.ListAsync(
                    _database,
                    Definition,
                    await VersionsAsync(onlyOld, cancellation),
                    cancellation
                )
            ).Select(entry => entry.Name),
        ];

    private Task<T> LockedAsync<T>(
        string verb,
        Func<CancellationToken, Task<T>> operation,
        CancellationToken cancellation
    ) => RollupLock.RunAsync(_database, Definition, verb, operation, cancellation);

    private async Task<Func<RollupMark, bool>> VersionsAsync(bool onlyOld, CancellationToken cancellation)
    {
        var current = onlyOld
            ? (await Planner.CurrentAsync(cancellation))?.Chain.Version ?? int.MaxValue
            : int.MaxValue;
        return mark => !onlyOld || mark.Version < current;
    }
}
