namespace Remora.ClickHouse.Rollups;

/// <summary>The result of a backfill.</summary>
/// <param name="Filled">Partitions that were recomputed.</param>
/// <param name="Untouched">Partitions that were correct already.</param>
/// <param name="Busy">
/// Partitions that received inserts all the time. A rebuild is exact in this case.
/// </param>
public sealed record RollupBackfillReport(
    IReadOnlyList<string> Filled,
    IReadOnlyList<string> Untouched,
    IReadOnlyList<string> Busy
);

/// <summary>
/// Recomputes partitions from the source beside the targets, and replaces each in a single step.
/// Skips correct partitions, so an interrupted backfill continues where it stopped.
/// </summary>
internal sealed class RollupBackfill(RollupDatabase database, RollupChain chain)
{
    public async Task<RollupBackfillReport> RunAsync(
        bool all,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var verifier = new RollupVerifier(database, chain);
        var partitions = (await verifier.CountsAsync(cancellation)).Keys.ToList();
        var wrong = all ? [.. partitions] : await WrongAsync(verifier, progress, cancellation);
        var (filled, busy) = (new List<string>(), new List<string>());
        foreach (var partition in partitions.Where(wrong.Contains))
        {
            progress?.Report(new("backfill", partition, filled.Count + busy.Count, wrong.Count));
            (await ReplaceAsync(partition, progress, cancellation) ? filled : busy).Add(partition);
        }
        foreach (var interval in chain.Definition.Intervals)
        {
            if (!await database.ExistsAsync(chain.Fill(interval), cancellation))
                continue;
            // Replicas copy the replaced partitions from the tables beside them, if they are there
            await database.SyncEverywhereAsync(chain.Target(interval), cancellation);
            await database.RunAsync(chain.Drop(chain.Fill(interval), isView: false), cancellation);
        }
        progress?.Report(new("backfill", "done", wrong.Count, wrong.Count));
        return new(filled, [.. partitions.Except(filled).Except(busy)], busy);
    }

    private static async Task<HashSet<string>> WrongAsync(
        RollupVerifier verifier,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var verification = await verifier.RunAsync(progress, cancellation);
        return [.. verification.Findings.Select(finding => finding.Partition), .. verification.Busy];
    }

    // Returns true if no row entered the partition from before the read until after the
    // replacement, so that no row is lost or duplicated.
    private async Task<bool> ReplaceAsync(
        string partition,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var slice = RollupSlice.OfPartition(partition, chain.Definition.Partition);
        var fill = new PartitionFill(database, chain);
        for (var attempt = 0; attempt < database.Options.Attempts; attempt++)
        {
            var before = await CountAsync(slice, cancellation);
            await database.WaitForInsertsAsync(cancellation);
            if (await CountAsync(slice, cancellation) != before)
                continue;
            try
            {
                await fill.RunAsync(
                    chain.Definition.Source,
                    slice,
                    condition: null,
                    parameters: null,
                    chain.Fill,
                    (done, total) => progress?.Report(new("backfill", partition, done, total)),
                    cancellation
                );
            }
            catch (RollupChangedException)
            {
                continue;
            }
            foreach (var interval in chain.Definition.Intervals)
                await database.RunAsync(
                    $"ALTER TABLE {chain.Target(interval).Quoted} REPLACE PARTITION ID '{partition}' FROM "
                        + $"{chain.Fill(interval).Quoted}",
                    cancellation
                );
            await database.WaitForInsertsAsync(cancellation);
            if (await CountAsync(slice, cancellation) == before)
                return true;
        }
        return false;
    }

    private async Task<long> CountAsync(RollupSlice slice, CancellationToken cancellation)
    {
        await database.SyncAsync(chain.Definition.Source, cancellation);
        return await database.CountAsync(
            $"{chain.Definition.Source.Quoted} AS {chain.Definition.Alias} WHERE "
                + $"{RollupSlice.Condition(chain.Definition.QualifiedTime)}",
            cancellation,
            slice.Parameters
        );
    }
}
