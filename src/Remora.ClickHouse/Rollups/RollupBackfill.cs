namespace Remora.ClickHouse.Rollups;

/// <summary>What a backfill has done.</summary>
/// <param name="Filled">Partitions that were computed anew.</param>
/// <param name="Untouched">Partitions that were right already.</param>
/// <param name="Busy">Partitions that were written without a pause; a rebuild is exact in spite of that.</param>
public sealed record RollupBackfillReport(IReadOnlyList<string> Filled, IReadOnlyList<string> Untouched, IReadOnlyList<string> Busy);

/// <summary>
/// Computes partitions anew from the source, beside the targets, and puts each in the place of the old one in a single step. What is right
/// already is left alone, so an interrupted backfill goes on where it was.
/// </summary>
internal sealed class RollupBackfill(RollupDatabase database, RollupChain chain)
{
    public async Task<RollupBackfillReport> RunAsync(bool all, IProgress<RollupProgress>? progress, CancellationToken cancellation)
    {
        await RollupJournal.NeedNoOpenLoadAsync(database, chain.Definition.Source, cancellation);
        var verifier = new RollupVerifier(database, chain);
        var partitions = (await verifier.CountsAsync(cancellation)).Keys.ToList();
        var wrong = all ? [.. partitions] : await WrongAsync(verifier, progress, cancellation);
        var (filled, busy) = (new List<string>(), new List<string>());
        foreach (var partition in partitions.Where(wrong.Contains))
        {
            progress?.Report(new("backfill", partition, filled.Count + busy.Count, wrong.Count));
            (await ReplaceAsync(partition, progress, cancellation) ? filled : busy).Add(partition);
        }
        foreach (var interval in chain.Definition.Intervals) await database.RunAsync(chain.Drop(chain.Fill(interval), isView: false), cancellation);
        progress?.Report(new("backfill", "done", wrong.Count, wrong.Count));
        return new(filled, [.. partitions.Except(filled).Except(busy)], busy);
    }

    private static async Task<HashSet<string>> WrongAsync(RollupVerifier verifier, IProgress<RollupProgress>? progress, CancellationToken cancellation)
    {
        var verification = await verifier.RunAsync(progress, cancellation);
        return [.. verification.Findings.Select(finding => finding.Partition), .. verification.Busy];
    }

    // True when no row came into the partition from before it was read until after it was replaced: then nothing is lost and nothing doubled.
    private async Task<bool> ReplaceAsync(string partition, IProgress<RollupProgress>? progress, CancellationToken cancellation)
    {
        var slice = RollupSlice.OfPartition(partition, chain.Definition.Partition);
        var fill = new PartitionFill(database, chain);
        for (var attempt = 0; attempt < database.Options.Attempts; attempt++)
        {
            var before = await CountAsync(slice, cancellation);
            await database.WaitForInsertsAsync(cancellation);
            if (await CountAsync(slice, cancellation) != before) continue;
            try
            {
                await fill.RunAsync(chain.Definition.Source, slice, condition: null, parameters: null, chain.Fill, (done, total) => progress?.Report(new("backfill", partition, done, total)), cancellation);
            }
            catch (RollupChangedException)
            {
                continue;
            }
            foreach (var interval in chain.Definition.Intervals)
                await database.RunAsync($"ALTER TABLE {chain.Target(interval).Quoted}{chain.OnCluster} REPLACE PARTITION ID '{partition}' FROM {chain.Fill(interval).Quoted}", cancellation);
            await database.WaitForInsertsAsync(cancellation);
            if (await CountAsync(slice, cancellation) == before) return true;
        }
        return false;
    }

    private Task<long> CountAsync(RollupSlice slice, CancellationToken cancellation) => database.CountAsync(
        $"{chain.Definition.Source.Quoted} AS {chain.Definition.Alias} WHERE {RollupSlice.Condition(chain.Definition.QualifiedTime)}", cancellation, slice.Parameters);
}
