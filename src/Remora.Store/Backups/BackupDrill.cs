namespace Remora.Store.Backups;

/// <summary>The result of a drill.</summary>
/// <param name="Manifest">The manifest of the backup.</param>
/// <param name="Tables">The number of tables that were compared.</param>
/// <param name="Rows">Their rows.</param>
/// <param name="Differences">One line for each table that is not equal; empty for none.</param>
/// <param name="Unchecked">
/// The number of tables whose rows were only counted, because the backup was made before checksums
/// were recorded.
/// </param>
public sealed record DrillReport(
    BackupManifest Manifest,
    int Tables,
    long Rows,
    IReadOnlyList<string> Differences,
    int Unchecked
);

/// <summary>
/// Restores a backup into an empty store, and compares each table with what the backup recorded
/// when it was made: the number of rows and their checksum.
/// </summary>
public static class BackupDrill
{
    /// <summary>Restores and compares.</summary>
    /// <param name="scratch">An empty store. Its tables are not merged afterwards.</param>
    /// <param name="folder">The backup.</param>
    /// <param name="progress">Receives the progress before each step.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="StoreException">The backup cannot be restored.</exception>
    public static async Task<DrillReport> RunAsync(
        MarketStore scratch,
        string folder,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var manifest = await new BackupFolder(folder).ReadAsync(cancellation);
        await new StoreRestore(scratch) { Merges = false }.RunAsync(
            folder,
            progress: progress,
            cancellation: cancellation
        );
        var catalog = new StoreCatalog(scratch.Client);
        var tables = manifest.Tables ?? [];
        var differences = new List<string>();
        foreach (var table in tables)
        {
            var rows = await catalog.CountAsync(table.Name, cancellation);
            if (rows != table.Rows)
                differences.Add($"{table.Name}: it has {rows} rows, the backup {table.Rows}");
            else if (
                table.Checksum is { } checksum
                && await catalog.ChecksumAsync(table.Name, table.Name, cancellation) != checksum
            )
                differences.Add($"{table.Name}: its {rows} rows have another checksum than those of the backup");
        }
        return new(
            manifest,
            tables.Count,
            tables.Sum(table => table.Rows),
            differences,
            tables.Count(table => table.Checksum is null)
        );
    }
}
