using System.Globalization;
using System.IO.Compression;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.Store.Files;
using Remora.Store.Schema;

namespace Remora.Store.Backups;

/// <summary>The progress of a backup or a restore.</summary>
/// <param name="Detail">The current step.</param>
/// <param name="Done">The number of completed steps.</param>
/// <param name="Total">The total number of steps.</param>
public readonly record struct BackupProgress(string Detail, int Done, int Total);

/// <summary>
/// Writes all tables of the database into a folder, including the states of rollups, which can
/// reach further back than the rows. The backup links the parts of each table at its start, so rows
/// can be written meanwhile.
/// </summary>
/// <param name="store">The store. It need not be prepared; its schema does not change.</param>
public sealed class StoreBackup(MarketStore store)
{
    private readonly StoreCatalog _catalog = new(store.Client);

    /// <summary>Creates a backup.</summary>
    /// <param name="folder">The folder, which must be empty or missing.</param>
    /// <param name="files">Files outside the store to include.</param>
    /// <param name="progress">Receives the progress before each file.</param>
    /// <param name="cancellation">Cancels the backup and deletes its files.</param>
    /// <exception cref="StoreException">The folder cannot be used, the store is a cluster, or there
    /// is no store.</exception>
    /// <exception cref="StoreBusyException">Another backup or restore is running.</exception>
    public async Task<BackupManifest> RunAsync(
        string folder,
        IReadOnlyList<BackupSource>? files = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (store.Client.Cluster is not null)
            throw new StoreException(
                "a cluster is backed up by its servers, each its part, to a place that all of them reach: "
                    + $"BACKUP DATABASE {store.Client.Database} ON CLUSTER {store.Client.Cluster} TO S3(…) or "
                    + "Disk(…)"
            );
        var target = new BackupFolder(folder);
        try
        {
            await using var job = await StoreJob.EnterAsync(store, "backup", cancellation);
            target.NeedEmpty();
            var schema = await new SchemaSteps(store.Client, SchemaFile.All).VersionAsync(cancellation);
            if (schema == 0)
                throw new StoreException($"the database '{store.Client.Database}' contains no store");
            var contents = await ContentsAsync(cancellation);
            if (
                contents.Tables.FirstOrDefault(table =>
                    table.HasParts && contents.Tables.Any(other => other.Name == CopyName.Held + table.Name)
                ) is
                { } taken
            )
                throw new StoreException(
                    $"the table '{CopyName.Held}{taken.Name}' has a name that the backup needs: rename the table"
                );
            await job.BeginAsync(
                new(Environment.MachineName, [.. contents.Tables.Select(table => table.Name)])
                {
                    Folder = target.Path,
                    IsFolderMade = !Directory.Exists(target.Path),
                },
                cancellation
            );
            try
            {
                target.Begin(job.Id);
                var manifest = await WriteAsync(target, schema, contents, files ?? [], progress, cancellation);
                target.Complete(manifest);
                return manifest;
            }
            finally
            {
                await job.AbandonAsync(); // what was held; and the folder, unless the backup is complete
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the backup in '{target.Path}' cannot be written: {e.Message}", e);
        }
    }

    private sealed record Contents(
        IReadOnlyList<CatalogEntry> Tables,
        IReadOnlyList<BackupView> Views,
        IReadOnlyList<string> LeftOut
    );

    private async Task<Contents> ContentsAsync(CancellationToken cancellation)
    {
        var (tables, views, leftOut) = (new List<CatalogEntry>(), new List<BackupView>(), new List<string>());
        foreach (var entry in (await _catalog.EntriesAsync(cancellation)).Values)
        {
            try
            {
                if (entry.IsView)
                {
                    var view = new BackupView(
                        entry.Name,
                        BackupStatement.WithoutDatabase(entry.Create, store.Client.Database)
                    );
                    await BackupStatement.CheckViewAsync(store.Client, view, entry.Name, cancellation);
                    views.Add(view);
                }
                else if (entry.HasRows && !entry.IsInner)
                {
                    await BackupStatement.CheckTableAsync(
                        store.Client,
                        BackupStatement.DefinitionOf(entry),
                        entry.Name,
                        cancellation
                    );
                    tables.Add(entry);
                }
                else
                {
                    var reason = entry.IsInner
                        ? "it belongs to a view without a table of its own"
                        : $"the engine '{entry.Engine}' stores no rows";
                    leftOut.Add($"{entry.Name}: {reason}");
                }
            }
            catch (StoreException e)
            {
                leftOut.Add(e.Message);
            }
        }
        return new(tables, views, leftOut);
    }

    private async Task<BackupManifest> WriteAsync(
        BackupFolder target,
        int schema,
        Contents contents,
        IReadOnlyList<BackupSource> sources,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var created = store.Time.GetUtcNow();
        var engine = await store.Client.SingleAsync("SELECT version()", row => row.String(), null, cancellation);
        await HoldAsync(contents.Tables, cancellation);
        var pieces = new List<(CatalogEntry Table, string From, string Partition)>();
        foreach (var table in contents.Tables)
        {
            if (!table.HasParts)
                pieces.Add((table, table.Name, ""));
            else
                foreach (var partition in await _catalog.PartitionsAsync(CopyName.Held + table.Name, cancellation))
                    pieces.Add((table, CopyName.Held + table.Name, partition));
        }
        var files = new List<BackupFile>();
        foreach (var (table, from, partition) in pieces)
        {
            progress?.Report(new($"{table.Name} {partition}".TrimEnd(), files.Count, pieces.Count));
            files.Add(await WriteAsync(target, table.Name, from, partition, files.Count, cancellation));
        }
        var checksums = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in contents.Tables)
            checksums[table.Name] = await _catalog.ChecksumAsync(
                table.Name,
                table.HasParts ? CopyName.Held + table.Name : table.Name,
                cancellation
            );
        var attachments = sources.Select(target.Attach).ToList();
        progress?.Report(new("done", pieces.Count, pieces.Count));
        return new(BackupManifest.KnownFormat, schema, engine, created, files)
        {
            Tables =
            [
                .. contents.Tables.Select(table => new BackupTable(
                    table.Name,
                    BackupStatement.DefinitionOf(table),
                    files.Where(file => file.Table == table.Name).Sum(file => file.Rows),
                    checksums[table.Name]
                )),
            ],
            Views = contents.Views,
            Attachments = attachments,
            LeftOut = contents.LeftOut,
        };
    }

    // No verb of a rollup may put tables in the place of others meanwhile.
    private async Task HoldAsync(IReadOnlyList<CatalogEntry> tables, CancellationToken cancellation)
    {
        var locks = new List<IAsyncDisposable>();
        try
        {
            foreach (var rollup in store.Rollups.DistinctBy(rollup => rollup.Definition.Source))
                locks.Add(await rollup.LockAsync("backup", cancellation));
            foreach (var table in tables.Where(table => table.HasParts))
            {
                await _catalog.CreateHolderAsync(CopyName.Held + table.Name, table, cancellation);
                foreach (var partition in await _catalog.PartitionsAsync(table.Name, cancellation))
                    await _catalog.AttachAsync(CopyName.Held + table.Name, partition, table.Name, cancellation);
            }
        }
        catch (RollupException e)
        {
            throw new StoreBusyException(e.Message);
        }
        finally
        {
            foreach (var held in locks)
                await held.DisposeAsync();
        }
    }

    private async Task<BackupFile> WriteAsync(
        BackupFolder target,
        string table,
        string from,
        string partition,
        int number,
        CancellationToken cancellation
    )
    {
        // A table can have a name that is not a valid file name.
        var name = BackupFolder.NameOf(
            SqlName.TryParse(table, out _) ? table : string.Create(CultureInfo.InvariantCulture, $"table{number}"),
            partition
        );
        var path = Path.Combine(target.Path, name);
        var columns = await _catalog.ColumnsAsync(table, cancellation);
        var parameters = new QueryParameters().Add("p", partition);
        var source = StoreCatalog.Quote(from) + (partition.Length > 0 ? " WHERE _partition_id = {p:String}" : "");
        var rows = (long)
            await store.Client.SingleAsync(
                $"SELECT count() FROM {source}",
                row => row.UInt64(),
                parameters,
                cancellation
            );
        var query = new QueryOptions { Parameters = parameters, Timeout = Timeout.InfiniteTimeSpan };
        await using (var file = PrivateFile.Open(path, FileMode.CreateNew))
        {
            await using (var packed = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            await using (
                var answer = await store.Client.StreamAsync(
                    $"SELECT {StoreCatalog.List(columns)} FROM {source}",
                    "Native",
                    query,
                    cancellation
                )
            )
            {
                await FileExport.CopyAsync(answer, packed, progress: null, cancellation);
            }
            file.Flush(flushToDisk: true);
        }
        return new(name, table, partition, columns, rows, await BackupFolder.ChecksumAsync(path, cancellation));
    }
}
