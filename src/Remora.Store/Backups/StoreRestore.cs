using System.IO.Compression;
using Remora.ClickHouse;

namespace Remora.Store.Backups;

/// <summary>The result of a restore.</summary>
/// <param name="Rows">The number of candles, observations, assessments and requests.</param>
/// <param name="Files">The number of files read.</param>
/// <param name="Remarks">Data that was not restored unchanged.</param>
public sealed record RestoreReport(long Rows, int Files, IReadOnlyList<string> Remarks);

/// <summary>Restores a backup into an empty store. No other process may write meanwhile.</summary>
public sealed class StoreRestore(MarketStore store)
{
    /// <summary>Restores a backup. Checks all files before it changes anything.</summary>
    /// <param name="folder">The folder of the backup.</param>
    /// <param name="replace">
    /// Deletes existing rows first. Without it, a store with rows is refused.
    /// </param>
    /// <param name="progress">Receives the progress before each file.</param>
    /// <param name="cancellation">
    /// Stops the restore. Run it again with <paramref name="replace"/>.
    /// </param>
    /// <exception cref="StoreException">
    /// The backup is damaged or of a newer version, or the store has rows.
    /// </exception>
    public async Task<RestoreReport> RunAsync(string folder, bool replace = false, IProgress<BackupProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (store.Client.Cluster is not null) throw new StoreException("a cluster is restored with ClickHouse's own RESTORE … ON CLUSTER");
        var manifest = await BackupManifest.ReadAsync(folder, cancellation);
        var prepared = await store.PrepareAsync(cancellation);
        if (manifest.Schema > prepared.SchemaVersion) throw new StoreException($"the backup has schema version {manifest.Schema}, this program knows {prepared.SchemaVersion}: it was made by a newer version");
        await CheckAsync(folder, manifest, progress, cancellation);
        var targets = await RollupTarget.ListAsync(store, cancellation);
        await EmptyAsync(targets, replace, cancellation);

        var remarks = new List<string>();
        var done = 0;
        foreach (var file in manifest.Files)
        {
            progress?.Report(new($"{file.Table} {file.Partition}", done++, manifest.Files.Count));
            if (TargetOf(file, targets) is { } table) await LoadAsync(folder, file, table, cancellation);
            else remarks.Add($"{file.Name} was left out: the rollup '{file.Rollup}' is defined otherwise here; it was filled from the rows");
        }
        // Fills missing states: of rollups with another definition, and of rows between the tables'
        // snapshots in a backup of a busy store.
        foreach (var rollup in store.Rollups)
        {
            var filled = (await rollup.BackfillAsync(cancellation: cancellation)).Filled;
            if (filled.Count > 0) remarks.Add($"the rollup '{rollup.Definition.Name}' was computed from the rows for {string.Join(", ", filled)}");
        }
        progress?.Report(new("done", done, manifest.Files.Count));
        return new(manifest.Files.Where(file => file.Rollup is null).Sum(file => file.Rows), manifest.Files.Count, remarks);
    }

    private static async Task CheckAsync(string folder, BackupManifest manifest, IProgress<BackupProgress>? progress, CancellationToken cancellation)
    {
        var done = 0;
        foreach (var file in manifest.Files)
        {
            progress?.Report(new($"check {file.Name}", done++, manifest.Files.Count));
            if (file.Name != Path.GetFileName(file.Name)) throw new StoreException($"the backup names a file outside of its folder: '{file.Name}'");
            try
            {
                if (await StoreParts.ChecksumAsync(Path.Combine(folder, file.Name), cancellation) != file.Sha256) throw new StoreException($"'{file.Name}' of the backup is damaged: its checksum is wrong");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StoreException($"'{file.Name}' of the backup cannot be read: {e.Message}", e);
            }
        }
    }

    private async Task EmptyAsync(IReadOnlyList<RollupTarget> targets, bool replace, CancellationToken cancellation)
    {
        var tables = StoreTable.All.Select(table => table.Name).Concat(targets.Select(target => target.Name)).ToList();
        foreach (var table in tables)
        {
            var rows = await store.Client.SingleAsync($"SELECT count() FROM {table.Quoted}", row => row.UInt64(), null, cancellation);
            if (rows > 0 && !replace) throw new StoreException($"the store is not empty: '{table}' has {rows} rows; say that they are to be replaced, or restore into another folder or database");
        }
        foreach (var table in tables) await store.Client.ExecuteAsync($"TRUNCATE TABLE {table.Quoted} SYNC", new QueryOptions { IsRepeatable = true }, cancellation);
    }

    // Each version of a rollup has its own tables. States go to the table with the same definition
    // and interval.
    private static SqlName? TargetOf(BackupFile file, IReadOnlyList<RollupTarget> targets)
    {
        if (file.Rollup is null) return StoreTable.All.First(table => table.Name.Value == file.Table).Name;
        var interval = IntervalOf(file.Table, file.Rollup);
        return targets.LastOrDefault(target => target.Rollup == file.Rollup && target.Definition == file.Definition && IntervalOf(target.Name.Value, target.Rollup) == interval)?.Name;
    }

    private static string IntervalOf(string table, string rollup) => table[(rollup.Length + 1)..].Split('_')[0];

    private async Task LoadAsync(string folder, BackupFile file, SqlName table, CancellationToken cancellation)
    {
        var staging = SqlName.Of("restore_of_" + table);
        var client = store.Client;
        await StoreParts.DropAsync(client, staging, cancellation);
        await StoreParts.CreateLikeAsync(client, staging, table, cancellation);
        await using (var packed = File.OpenRead(Path.Combine(folder, file.Name)))
        await using (var rows = new GZipStream(packed, CompressionMode.Decompress))
        {
            await client.InsertStreamAsync(
                $"INSERT INTO {staging.Quoted} ({StoreParts.List(file.Columns.Select(SqlName.Of))}) FORMAT Native", rows, new QueryOptions { Timeout = Timeout.InfiniteTimeSpan }, cancellation);
        }
        foreach (var partition in await StoreParts.PartitionsAsync(client, staging, cancellation)) await StoreParts.AttachAsync(client, table, partition, staging, cancellation);
        await StoreParts.DropAsync(client, staging, cancellation);
    }
}
