namespace Remora.ClickHouse.Rollups;

/// <summary>The result of a rebuild.</summary>
public sealed record RollupRebuildReport(
    int OldVersion,
    int NewVersion,
    long BackfilledRows,
    int Partitions,
    RollupVerification Verification
);

/// <summary>
/// Builds the next version beside the current one and exchanges them. It is exact while rows are
/// inserted, because of a cut in the near future: the new views take the rows inserted from the cut
/// on, and the backfill takes the earlier ones, after every insert that could still add an earlier
/// row has ended. An interrupted rebuild starts again. Readers use the old version until the
/// exchange.
/// </summary>
internal sealed class RollupRebuild(RollupDatabase database, RollupDefinition definition)
{
    private const int CutAttempts = 6;

    // Partitions with constant inserts stay busy; the backfill has counted its rows
    private const int VerifyAttempts = 2;

    public async Task<RollupRebuildReport> RunAsync(
        bool keepOld,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var planner = new RollupPlanner(database, definition);
        var columns = await planner.CheckAsync(cancellation);
        await RollupSteps.RequireNoOpenLoadAsync(database, definition.Source, cancellation);
        var current = await planner.CurrentAsync(cancellation);
        var oldVersion = current?.Chain.Version ?? 0;
        var chain = new RollupChain(definition, oldVersion + 1, database.Client);
        await DropVersionsAsync(version => version > oldVersion, cancellation); // left by an interrupted rebuild

        progress?.Report(new("rebuild", "new views", 0, 0));
        var cut = await CutAsync(chain, columns, cancellation);
        using var shards = await RollupShards.FindAsync(database, definition, cancellation);
        var (partitions, rows) = (0, 0L);
        foreach (var shard in shards.All)
        {
            var (some, filled) = await BackfillAsync(shard, chain, cut, progress, cancellation);
            (partitions, rows) = (partitions + some, rows + filled);
        }
        foreach (var interval in definition.Intervals)
        {
            await database.SyncEverywhereAsync(chain.Target(interval), cancellation);
            await database.RunAsync(chain.Drop(chain.Fill(interval), isView: false), cancellation);
        }
        progress?.Report(new("rebuild", "verify", 0, 0));
        var verified = new List<(RollupDatabase, RollupVerification)>();
        foreach (var shard in shards.All)
            verified.Add(
                (shard, await new RollupVerifier(shard, chain).RunAsync(progress, cancellation, VerifyAttempts))
            );
        var verification = RollupVerification.Of(verified);
        if (verification.Findings.Count > 0)
            throw new RollupException(
                $"the new version differs from the source; readers keep the old version: {verification.Findings[0]}"
            );

        progress?.Report(new("rebuild", "exchange", 0, 0));
        foreach (var interval in definition.Intervals)
            await database.SyncEverywhereAsync(chain.Target(interval), cancellation);
        await ExchangeAsync(chain, cancellation);
        if (!keepOld)
            await DropVersionsAsync(version => version < chain.Version, cancellation);
        progress?.Report(new("rebuild", "done", rows, rows));
        return new(oldVersion, chain.Version, rows, partitions, verification);
    }

    // Returns the cut between backfill and views; null if the source does not change, so that the
    // backfill takes all rows.
    private async Task<DateTimeOffset?> CutAsync(
        RollupChain chain,
        IReadOnlyDictionary<RollupInterval, IReadOnlyList<DescribedColumn>> columns,
        CancellationToken cancellation
    )
    {
        foreach (var interval in definition.Intervals)
            await database.RunAsync(chain.CreateTarget(interval, columns[interval]), cancellation);
        if (definition.QualifiedIngested is not { } ingested)
        {
            await database.WaitForInsertsAsync(cancellation);
            foreach (var interval in definition.Intervals.Reverse())
                await database.RunAsync(chain.CreateMaterializedView(interval), cancellation);
            return null;
        }
        var ahead = database.Options.CutAhead;
        for (var attempt = 0; attempt < CutAttempts; attempt++, ahead *= 2)
        {
            var cut = (await database.NowAsync(cancellation)).Fastest + ahead;
            var ticks = cut.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
            var condition = $"{ingested} >= fromUnixTimestamp64Micro({ticks / TimeSpan.TicksPerMicrosecond}, 'UTC')";
            foreach (var interval in definition.Intervals.Reverse())
                await database.RunAsync(chain.CreateMaterializedView(interval, condition), cancellation);
            // Inserts that started before the views must not add rows after the cut
            await database.WaitForInsertsAsync(cancellation);
            if ((await database.NowAsync(cancellation)).Fastest < cut)
            {
                while ((await database.NowAsync(cancellation)).Slowest <= cut)
                    await Task.Delay(ahead / 10, database.Time, cancellation);
                await database.WaitForInsertsAsync(cancellation);
                return cut;
            }
            await ForgetAsync(chain, cancellation);
        }
        throw new RollupException(
            $"the views could not be created within {ahead / 2}: the engine is very busy, or an insert takes very long"
        );
    }

    // Drops views that were created after the cut, and deletes the rows that they have taken
    // already.
    private async Task ForgetAsync(RollupChain chain, CancellationToken cancellation)
    {
        foreach (var interval in definition.Intervals)
            await database.RunAsync(chain.Drop(chain.MaterializedView(interval), isView: true), cancellation);
        await database.WaitForInsertsAsync(cancellation);
        foreach (var interval in definition.Intervals)
            await database.RunAsync(
                $"TRUNCATE TABLE {chain.Target(interval).Quoted}{chain.OnCluster} SYNC",
                cancellation
            );
    }

    private async Task<(int Partitions, long Rows)> BackfillAsync(
        RollupDatabase shard,
        RollupChain chain,
        DateTimeOffset? cut,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var condition = cut is null ? null : $"{definition.QualifiedIngested} < {{cut:DateTime64(6)}}";
        var parameters = cut is { } moment ? new QueryParameters().Add("cut", moment) : null;
        var verifier = new RollupVerifier(shard, chain);
        var counts = await verifier.CountsAsync(cancellation, condition, parameters);
        var total = counts.Values.Sum();
        var done = 0L;
        foreach (var (partition, rows) in counts)
        {
            var slice = RollupSlice.OfPartition(partition, definition.Partition);
            long filled;
            try
            {
                filled = await new PartitionFill(shard, chain).RunAsync(
                    definition.Source,
                    slice,
                    condition,
                    parameters,
                    chain.Fill,
                    (part, _) => progress?.Report(new("rebuild", partition, done + part, total)),
                    cancellation
                );
            }
            catch (RollupChangedException e)
            {
                throw new RollupException(
                    $"the rows of {definition.Source} changed during the rebuild: "
                        + $"{e.Message}{(cut is null ? "; an ingested column allows inserts during a rebuild" : "")}"
                );
            }
            if (filled != rows)
                throw new RollupException(
                    $"the rows of {definition.Source} changed during the rebuild: {slice} had {rows} rows, then "
                        + $"{filled}"
                );
            foreach (var interval in definition.Intervals)
                await shard.RunAsync(
                    $"ALTER TABLE {chain.Fill(interval).Quoted} MOVE PARTITION ID '{partition}' TO "
                        + $"TABLE {chain.Target(interval).Quoted}",
                    cancellation
                );
            done += rows;
        }
        if (cut is null)
        {
            await shard.WaitForInsertsAsync(cancellation);
            if ((await verifier.CountsAsync(cancellation)).Values.Sum() != total)
                throw new RollupException(
                    $"rows are inserted into {definition.Source}, and the definition has no ingested column: stop "
                        + $"the inserts, or add the column"
                );
        }
        return (counts.Count, total);
    }

    // Exchanges each reader's view in one step. A running query finishes on the version it started
    // with.
    private async Task ExchangeAsync(RollupChain chain, CancellationToken cancellation)
    {
        foreach (var (view, create) in definition.Intervals.SelectMany(chain.Views))
        {
            if (!await database.ExistsAsync(view, cancellation))
            {
                await database.RunAsync(create(view), cancellation);
                continue;
            }
            var next = SqlName.Of($"{view}_next");
            await database.RunAsync(create(next), cancellation);
            await database.RunAsync($"EXCHANGE TABLES {view.Quoted} AND {next.Quoted}{chain.OnCluster}", cancellation);
            await database.RunAsync(chain.Drop(next, isView: true), cancellation);
        }
    }

    private async Task DropVersionsAsync(Func<int, bool> versions, CancellationToken cancellation) =>
        await RollupDrop.RunAsync(database, definition, mark => versions(mark.Version), cancellation);
}
