using System.IO.Compression;
using System.Security.Cryptography;
using Remora.ClickHouse;
using Remora.Store.Files;
using Remora.Store.Schema;

namespace Remora.Store.Backups;

/// <summary>The result of a restore.</summary>
/// <param name="Rows">The number of rows of candles, observations, assessments and
/// requests.</param>
/// <param name="Files">The number of files.</param>
/// <param name="Attachments">The files outside the store that were restored.</param>
/// <param name="Remarks">What was not restored unchanged.</param>
public sealed record RestoreReport(
    long Rows,
    int Files,
    IReadOnlyList<string> Attachments,
    IReadOnlyList<string> Remarks
);

/// <summary>
/// Brings a backup back. Everything is checked first, then loaded into tables beside the present
/// ones and compared with the manifest; only then is each table replaced, in one step. A restore
/// that is killed before that has changed nothing; one that is killed later is finished by the next
/// start of a service or command. Rows that a running service writes meanwhile are lost.
/// </summary>
/// <param name="store">The store; it need not be prepared.</param>
public sealed class StoreRestore(MarketStore store)
{
    private readonly StoreCatalog _catalog = new(store.Client);

    /// <summary>
    /// Whether the engine merges the restored rows until its next start. Without merges, repeated
    /// and expired rows stay, so that the rows can be compared with the backup.
    /// </summary>
    internal bool Merges { get; init; } = true;

    /// <summary>Restores a backup.</summary>
    /// <param name="folder">The backup.</param>
    /// <param name="replace">Whether a store that has rows is replaced; otherwise it is
    /// refused.</param>
    /// <param name="placeOf">The place of an attachment, by its name in the backup; null for one
    /// that is left in the backup.</param>
    /// <param name="progress">Receives the progress before every step.</param>
    /// <param name="cancellation">Stops it. Before the tables are replaced nothing has changed;
    /// afterwards the next start finishes it.</param>
    /// <exception cref="StoreException">The backup is damaged or of a newer program, or the store
    /// has rows.</exception>
    /// <exception cref="StoreBusyException">Another backup or restore is running.</exception>
    public async Task<RestoreReport> RunAsync(
        string folder,
        bool replace = false,
        Func<string, string?>? placeOf = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (store.Client.Cluster is not null)
            throw new StoreException(
                $"a cluster is restored by its servers: RESTORE DATABASE {store.Client.Database} ON CLUSTER "
                    + $"{store.Client.Cluster} FROM S3(…) or Disk(…)"
            );
        var backup = new BackupFolder(folder);
        var manifest = await backup.ReadAsync(cancellation);
        if (await backup.DamageAsync(manifest, unpack: false, progress, cancellation) is [var damage, ..])
            throw new StoreException($"the backup in '{backup.Path}' is damaged: {damage}");

        await using var job = await StoreJob.EnterAsync(store, "restore", cancellation);
        // Version 0.1 has left the tables' definitions to the program
        if (manifest.Tables is null)
            await store.PrepareTablesAsync(cancellation);
        var remarks = new List<string>();
        var plan = await PlanAsync(manifest, remarks, cancellation);
        await CheckStatementsAsync(manifest, cancellation);
        await NeedEmptyAsync(plan, manifest.Tables is null, replace, cancellation);
        var files = PlacesOf(backup, manifest, placeOf, replace, job.Id);
        var detail = new StoreJobDetail(Environment.MachineName, [.. plan.Select(table => table.Name)])
        {
            Files = [.. files.Select(file => new StoreJobFile(file.From, file.To))],
            Views = manifest.Views ?? [],
            KeepsOthers = manifest.Tables is null,
        };
        await job.BeginAsync(detail, cancellation);
        try
        {
            await LoadAsync(backup, manifest, plan, progress, cancellation);
            foreach (var file in files)
                Stage(file);
            await job.CommitAsync(detail with { Ids = await IdsAsync(plan, cancellation) }, cancellation);
        }
        catch (Exception e)
        {
            await job.AbandonAsync();
            if (e is IOException or UnauthorizedAccessException)
                throw new StoreException(
                    $"the backup in '{backup.Path}' cannot be restored, and nothing was changed: {e.Message}",
                    e
                );
            if (e is ClickHouseException refused)
                throw new StoreException(
                    $"the backup in '{backup.Path}' cannot be restored, and nothing was changed: {refused.Message}",
                    e
                );
            throw;
        }
        remarks.AddRange(await job.FinishAsync(progress, cancellation));
        return new(
            manifest.Files.Where(file => file.Rollup is null && IsOfRows(file.Table)).Sum(file => file.Rows),
            manifest.Files.Count,
            [.. detail.Files.Select(file => file.To)],
            remarks
        );
    }

    /// <summary>
    /// A table to be loaded: its definition, and its files with their place in the manifest.
    /// </summary>
    private sealed record PlannedTable(
        string Name,
        string Definition,
        IReadOnlyList<(BackupFile File, int Index)> Files
    )
    {
        public string Staged => CopyName.Staged + Name;
    }

    private sealed record PlacedFile(string From, string To, byte[] Content);

    private async Task<IReadOnlyList<PlannedTable>> PlanAsync(
        BackupManifest manifest,
        List<string> remarks,
        CancellationToken cancellation
    )
    {
        var files = manifest.Files.Select((file, index) => (File: file, Index: index)).ToList();
        if (manifest.Tables is { } tables)
        {
            var byTable = files.ToLookup(file => file.File.Table, StringComparer.Ordinal);
            return
            [
                .. tables.Select(table => new PlannedTable(table.Name, table.Definition, [.. byTable[table.Name]])),
            ];
        }
        var targets = await RollupTarget.ListAsync(store, cancellation);
        var present = await _catalog.EntriesAsync(cancellation);
        var chosen = new Dictionary<string, List<(BackupFile, int)>>(StringComparer.Ordinal);
        foreach (var (file, index) in files)
        {
            var target = TargetOf(file, manifest, targets);
            if (target is null)
            {
                var reason = VersionOneTable.IsLeftover(file.Table)
                    ? "an interrupted backup left it"
                    : $"the rollup '{file.Rollup}' has another definition here and was filled from the rows";
                remarks.Add($"{file.Name} was left out: {reason}");
            }
            else if (chosen.TryGetValue(target, out var list))
                list.Add((file, index));
            else
                chosen[target] = [(file, index)];
        }
        return
        [
            .. StoreTable
                .All.Select(table => table.Name.Value)
                .Concat(targets.Select(target => target.Name.Value))
                .Select(name => new PlannedTable(
                    name,
                    BackupStatement.DefinitionOf(present[name]),
                    chosen.GetValueOrDefault(name) ?? []
                )),
        ];
    }

    // Versions of a rollup have tables of their own. The states of the newest version of the backup
    // go to the newest of the same definition and interval here.
    private static string? TargetOf(BackupFile file, BackupManifest manifest, IReadOnlyList<RollupTarget> targets)
    {
        if (file.Rollup is null)
            return file.Table;
        if (VersionOneTable.TryParse(file) is not { } own)
            return null;
        var newest = manifest
            .Files.Where(other => other.Rollup == file.Rollup && other.Definition == file.Definition)
            .Select(VersionOneTable.TryParse)
            .Where(other => other?.Interval == own.Interval)
            .Max(other => other!.Version);
        return own.Version < newest
            ? null
            : targets
                .LastOrDefault(target =>
                    target.Rollup == file.Rollup
                    && target.Definition == file.Definition
                    && target.Name.Value.StartsWith($"{file.Rollup}_{own.Interval}_", StringComparison.Ordinal)
                )
                ?.Name.Value;
    }

    private async Task CheckStatementsAsync(BackupManifest manifest, CancellationToken cancellation)
    {
        for (var i = 0; i < manifest.Tables?.Count; i++)
            await BackupStatement.CheckTableAsync(
                store.Client,
                manifest.Tables[i].Definition,
                $"manifest.json: tables[{i}].definition",
                cancellation
            );
        for (var i = 0; i < manifest.Views?.Count; i++)
            await BackupStatement.CheckViewAsync(
                store.Client,
                manifest.Views[i],
                $"manifest.json: views[{i}].statement",
                cancellation
            );
    }

    private async Task NeedEmptyAsync(
        IReadOnlyList<PlannedTable> plan,
        bool keepsOthers,
        bool replace,
        CancellationToken cancellation
    )
    {
        var present = await _catalog.EntriesAsync(cancellation);
        if (plan.FirstOrDefault(table => present.ContainsKey(table.Staged)) is { } taken)
            throw new StoreException($"the table '{taken.Staged}' has a name that the restore needs: rename the table");
        if (replace)
            return;
        var planned = plan.Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        foreach (
            var entry in present.Values.Where(entry =>
                keepsOthers
                    ? planned.Contains(entry.Name)
                    : entry is { HasRows: true, IsInner: false }
                        && entry.Name is not (SchemaSteps.Table or StoreJob.Table)
            )
        )
        {
            var rows = await _catalog.CountAsync(entry.Name, cancellation);
            if (rows > 0)
                throw new StoreException(
                    $"the store is not empty: '{entry.Name}' has {rows} rows; replace them with --replace, or "
                        + $"restore into another folder or database"
                );
        }
    }

    private static List<PlacedFile> PlacesOf(
        BackupFolder backup,
        BackupManifest manifest,
        Func<string, string?>? placeOf,
        bool replace,
        string id
    )
    {
        var files = new List<PlacedFile>();
        foreach (var attachment in manifest.Attachments ?? [])
        {
            if (placeOf?.Invoke(attachment.Name) is not { } place)
                continue;
            var content = File.ReadAllBytes(backup.AttachmentOf(attachment.Name));
            if (Convert.ToHexStringLower(SHA256.HashData(content)) != attachment.Sha256)
                throw new StoreException(
                    $"the backup in '{backup.Path}' is damaged: files/{attachment.Name}: the checksum is wrong"
                );
            var to = Path.GetFullPath(place);
            if (File.Exists(to) && !replace && !File.ReadAllBytes(to).AsSpan().SequenceEqual(content))
                throw new StoreException(
                    $"'{to}' exists and is not the file of the backup: replace it with --replace, or move it away"
                );
            files.Add(new($"{to}.restore-{id}", to, content));
        }
        return files;
    }

    private static void Stage(PlacedFile file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file.From)!);
        using var target = PrivateFile.Open(file.From, FileMode.CreateNew);
        target.Write(file.Content);
        target.Flush(flushToDisk: true);
    }

    private async Task LoadAsync(
        BackupFolder backup,
        BackupManifest manifest,
        IReadOnlyList<PlannedTable> plan,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var done = 0;
        foreach (var table in plan)
        {
            await _catalog.RunAsync(
                $"CREATE TABLE {StoreCatalog.Quote(table.Staged)} {table.Definition}",
                cancellation
            );
            if (!Merges)
                await _catalog.StopMergesAsync(table.Staged, cancellation);
            var columns = (await _catalog.ColumnsAsync(table.Staged, cancellation)).ToHashSet(StringComparer.Ordinal);
            foreach (var (file, index) in table.Files)
                for (var i = 0; i < file.Columns.Count; i++)
                    if (!columns.Contains(file.Columns[i]))
                        throw new StoreException(
                            $"manifest.json: files[{index}].columns[{i}]: the table '{table.Name}' has no column "
                                + $"'{file.Columns[i]}'; nothing was changed"
                        );
        }
        foreach (var table in plan)
        {
            foreach (var (file, index) in table.Files)
            {
                progress?.Report(new($"load {file.Name}", done++, manifest.Files.Count));
                await LoadAsync(backup, file, index, table.Staged, cancellation);
            }
        }
        if (
            manifest.Tables is not null
            && await new SchemaSteps(store.Client, SchemaFile.All).CheckAsync(
                CopyName.Staged + SchemaSteps.Table,
                cancellation
            )
                is var schema
            && schema != manifest.Schema
        )
            throw new StoreException(
                $"manifest.json: schema: it is {manifest.Schema}, the table '{SchemaSteps.Table}' of the backup has "
                    + $"{schema}; nothing was changed"
            );
    }

    // What was written is counted, not what is there: an engine that merges rows may have begun to.
    private async Task LoadAsync(
        BackupFolder backup,
        BackupFile file,
        int index,
        string table,
        CancellationToken cancellation
    )
    {
        var options = new QueryOptions
        {
            Timeout = Timeout.InfiniteTimeSpan,
            Settings = new Dictionary<string, string>(store.Inserts.Settings, StringComparer.Ordinal)
            {
                ["optimize_on_insert"] = "0",
            },
        };
        QuerySummary summary;
        await using (var packed = File.OpenRead(backup.RowsOf(file)))
        await using (var rows = new GZipStream(packed, CompressionMode.Decompress))
        {
            try
            {
                summary = await store.Client.InsertStreamAsync(
                    $"INSERT INTO {StoreCatalog.Quote(table)} ({StoreCatalog.List(file.Columns)}) FORMAT Native",
                    rows,
                    options,
                    cancellation
                );
            }
            catch (Exception e) when (e is ClickHouseException or InvalidDataException)
            {
                throw new StoreException(
                    $"'{file.Name}' of the backup cannot be loaded, and nothing was changed: {e.Message}",
                    e
                );
            }
        }
        if (summary.WrittenRows != file.Rows)
            throw new StoreException(
                $"manifest.json: files[{index}].rows: it is {file.Rows}, '{file.Name}' has {summary.WrittenRows}; "
                    + $"nothing was changed"
            );
    }

    private async Task<IReadOnlyList<string>> IdsAsync(IReadOnlyList<PlannedTable> plan, CancellationToken cancellation)
    {
        var present = await _catalog.EntriesAsync(cancellation);
        return [.. plan.Select(table => present[table.Staged].Uuid)];
    }

    private static bool IsOfRows(string table) => StoreTable.All.Any(known => known.Name.Value == table);
}
