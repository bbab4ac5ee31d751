using System.IO.Compression;
using System.Text.Json;
using Remora.ClickHouse;
using Remora.Store.Files;

namespace Remora.Store.Backups;

/// <summary>The progress of a backup or a restore.</summary>
/// <param name="Detail">The current file.</param>
/// <param name="Done">The number of finished files.</param>
/// <param name="Total">The total number of files.</param>
public readonly record struct BackupProgress(string Detail, int Done, int Total);

/// <summary>
/// Writes the store to a folder: all partitions of all tables, including the states of rollups,
/// which may reach further back than the rows. Each table is frozen at the start by links to its
/// parts, so rows can be written meanwhile.
/// </summary>
public sealed class StoreBackup(MarketStore store)
{
    private sealed record Source(SqlName Table, string? Rollup, string? Definition)
    {
        public SqlName Held => SqlName.Of("backup_of_" + Table);
    }

    /// <summary>Creates a backup.</summary>
    /// <param name="folder">The folder; it must be empty or missing.</param>
    /// <param name="progress">Receives the progress before each file.</param>
    /// <param name="cancellation">
    /// Stops the backup. The folder is then not a valid backup, because the manifest is missing.
    /// </param>
    /// <exception cref="StoreException">
    /// The folder cannot be used, the store is on a cluster, or it was never prepared.
    /// </exception>
    public async Task<BackupManifest> RunAsync(string folder, IProgress<BackupProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (store.Client.Cluster is not null) throw new StoreException("a cluster is backed up with ClickHouse's own BACKUP … ON CLUSTER, which sees all of its shards");
        var status = await store.StatusAsync(cancellation);
        if (status.SchemaVersion == 0) throw new StoreException($"the database '{store.Client.Database}' holds no store");
        List<Source> sources =
        [
            .. StoreTable.All.Select(table => new Source(table.Name, Rollup: null, Definition: null)),
            .. (await RollupTarget.ListAsync(store, cancellation)).Select(target => new Source(target.Name, target.Rollup, target.Definition)),
        ];
        try
        {
            PrivateFile.CreateFolder(folder);
            if (Directory.EnumerateFileSystemEntries(folder).Any()) throw new StoreException($"'{folder}' is not empty: name a new folder");
            var created = store.Time.GetUtcNow();
            foreach (var source in sources) await HoldAsync(source, cancellation);
            var files = await WriteAsync(folder, sources, progress, cancellation);
            var manifest = new BackupManifest(BackupManifest.KnownFormat, status.SchemaVersion, status.Version, created, files);
            await using var target = PrivateFile.Open(Path.Combine(folder, BackupManifest.FileName), FileMode.CreateNew);
            await JsonSerializer.SerializeAsync(target, manifest, BackupJson.Default.BackupManifest, cancellation);
            return manifest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the backup in '{folder}' cannot be written: {e.Message}", e);
        }
        finally
        {
            foreach (var source in sources) await StoreParts.DropAsync(store.Client, source.Held, CancellationToken.None);
        }
    }

    private async Task HoldAsync(Source source, CancellationToken cancellation)
    {
        await StoreParts.DropAsync(store.Client, source.Held, cancellation); // left by a backup that was killed
        await StoreParts.CreateLikeAsync(store.Client, source.Held, source.Table, cancellation);
        foreach (var partition in await StoreParts.PartitionsAsync(store.Client, source.Table, cancellation))
            await StoreParts.AttachAsync(store.Client, source.Held, partition, source.Table, cancellation);
    }

    private async Task<List<BackupFile>> WriteAsync(string folder, List<Source> sources, IProgress<BackupProgress>? progress, CancellationToken cancellation)
    {
        var pieces = new List<(Source Source, string Partition)>();
        foreach (var source in sources)
            foreach (var partition in await StoreParts.PartitionsAsync(store.Client, source.Held, cancellation)) pieces.Add((source, partition));
        var files = new List<BackupFile>();
        foreach (var (source, partition) in pieces)
        {
            progress?.Report(new($"{source.Table} {partition}", files.Count, pieces.Count));
            files.Add(await WriteAsync(folder, source, partition, cancellation));
        }
        progress?.Report(new("done", files.Count, pieces.Count));
        return files;
    }

    private async Task<BackupFile> WriteAsync(string folder, Source source, string partition, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, $"{source.Table}-{partition}.native.gz");
        var columns = await StoreParts.ColumnsAsync(store.Client, source.Table, cancellation);
        var parameters = new QueryParameters().Add("p", partition);
        var from = $"FROM {source.Held.Quoted} WHERE _partition_id = {{p:String}}";
        var rows = (long)await store.Client.SingleAsync($"SELECT count() {from}", row => row.UInt64(), parameters, cancellation);
        var query = new QueryOptions { Parameters = parameters, Timeout = Timeout.InfiniteTimeSpan };
        await using (var file = PrivateFile.Open(path, FileMode.CreateNew))
        await using (var packed = new GZipStream(file, CompressionLevel.Fastest))
        await using (var answer = await store.Client.StreamAsync($"SELECT {StoreParts.List(columns)} {from}", "Native", query, cancellation))
        {
            await FileExport.CopyAsync(answer, packed, progress: null, cancellation);
        }
        return new(
            Path.GetFileName(path), source.Table.Value, source.Rollup, source.Definition, partition, [.. columns.Select(column => column.Value)], rows, await StoreParts.ChecksumAsync(path, cancellation));
    }
}
