using System.Text.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Store.Backups;

/// <summary>
/// The mark of a backup or restore in the database, so that the next start can clean up after a
/// killed one.
/// </summary>
/// <param name="Machine">The machine of the job. Files are cleaned up only there.</param>
/// <param name="Tables">The tables of the job.</param>
internal sealed record StoreJobDetail(string Machine, IReadOnlyList<string> Tables)
{
    /// <summary>The folder of a backup.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether the backup created the folder.</summary>
    public bool IsFolderMade { get; init; }

    /// <summary>The files of a restore.</summary>
    public IReadOnlyList<StoreJobFile> Files { get; init; } = [];

    /// <summary>The views of a restore.</summary>
    public IReadOnlyList<BackupView> Views { get; init; } = [];

    /// <summary>
    /// Whether the restore keeps other tables and views: a backup of version 0.1 contains only the
    /// store's own.
    /// </summary>
    public bool KeepsOthers { get; init; }

    /// <summary>
    /// The ids of the restored tables in the order of <see cref="Tables"/>; empty until everything
    /// is loaded and checked.
    /// </summary>
    public IReadOnlyList<string> Ids { get; init; } = [];
}

/// <summary>A file that a restore has written under a temporary name.</summary>
/// <param name="From">The temporary path.</param>
/// <param name="To">The final path.</param>
internal sealed record StoreJobFile(string From, string To);

/// <summary>
/// A running backup or restore. It holds a lock across processes, and a mark in the table
/// <c>store_job</c>, until it ends. A mark without a lock belongs to a killed job: it is undone, or
/// completed if a restore was committed.
/// </summary>
internal sealed class StoreJob : IAsyncDisposable
{
    public const string Table = "store_job";

    private const string Begun = "begun";
    private const string Committed = "committed";

    private readonly MarketStore _store;
    private readonly EngineLock _lock;
    private readonly string _kind;

    private StoreJob(MarketStore store, EngineLock held, string kind) => (_store, _lock, _kind) = (store, held, kind);

    /// <summary>The id of the job.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Takes the lock and cleans up after a killed job.</summary>
    /// <param name="store">The store.</param>
    /// <param name="kind"><c>backup</c> or <c>restore</c>.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreBusyException">Another job is running.</exception>
    public static async Task<StoreJob> EnterAsync(MarketStore store, string kind, CancellationToken cancellation)
    {
        try
        {
            var job = new StoreJob(store, await LockAsync(store, kind, cancellation), kind);
            try
            {
                await ClearAsync(store, cancellation);
                return job;
            }
            catch
            {
                await job.DisposeAsync();
                throw;
            }
        }
        catch (EngineLockedException e)
        {
            throw new StoreBusyException(
                $"the store is in use by another job: {e.Holder}. Wait until it ends, or stop it"
            );
        }
    }

    /// <summary>Cleans up after a killed job, if there was one.</summary>
    /// <returns>Lines for the operator about what was done.</returns>
    /// <exception cref="StoreBusyException">A restore is running: the tables must not be used
    /// yet.</exception>
    public static async Task<IReadOnlyList<string>> ResumeAsync(MarketStore store, CancellationToken cancellation)
    {
        if (store.Client.Cluster is not null)
            return []; // a cluster has no backups or restores by Remora
        var left = await store.Client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND (name = {job:String} OR "
                + "startsWith(name, {held:String}) OR startsWith(name, {staged:String}))",
            row => row.UInt64(),
            new QueryParameters().Add("job", Table).Add("held", CopyName.Held).Add("staged", CopyName.Staged),
            cancellation
        );
        if (left == 0)
            return [];
        try
        {
            await using var held = await LockAsync(store, "clearing up", cancellation);
            return await ClearAsync(store, cancellation);
        }
        catch (EngineLockedException e)
        {
            // A running backup does not matter
            if ((await ReadAsync(store, cancellation))?.Kind != "restore")
                return [];
            throw new StoreBusyException($"the store is being restored: {e.Holder}. It opens when the restore ends");
        }
    }

    /// <summary>Records what the job will do next.</summary>
    public async Task BeginAsync(StoreJobDetail detail, CancellationToken cancellation)
    {
        // The mark must be on disk before the changes that it describes.
        await _store.Client.ExecuteAsync(
            $"CREATE TABLE IF NOT EXISTS {Table} (id String, kind String, step String, detail String, at "
                + $"DateTime64(6, 'UTC') DEFAULT now64(6)) "
                + "ENGINE = MergeTree ORDER BY at SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
            new QueryOptions { IsRepeatable = true },
            cancellation
        );
        await NoteAsync(Begun, detail, cancellation);
    }

    /// <summary>Commits a restore: after this, an interrupted restore is completed.</summary>
    public Task CommitAsync(StoreJobDetail detail, CancellationToken cancellation) =>
        NoteAsync(Committed, detail, cancellation);

    /// <summary>Replaces the tables after <see cref="CommitAsync"/> and removes the mark.</summary>
    /// <returns>Lines for the operator.</returns>
    public async Task<IReadOnlyList<string>> FinishAsync(
        IProgress<BackupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var mark =
            await ReadAsync(_store, cancellation)
            ?? throw new StoreException($"the table '{Table}' was dropped during the restore: run the restore again");
        var remarks = await StoreSwap.FinishAsync(_store, mark.Detail, progress, cancellation);
        await EndAsync(_store, cancellation);
        return remarks;
    }

    /// <summary>
    /// Undoes the job while the engine is reachable. The next start undoes the rest.
    /// </summary>
    public async Task AbandonAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), _store.Time);
            await ClearAsync(_store, patience.Token);
        }
        catch (Exception e)
            when (e
                    is ClickHouseException
                        or ClickHouseUnavailableException
                        or TimeoutException
                        or OperationCanceledException
                        or StoreException
                        or RollupException
            )
        {
            // the mark remains
        }
    }

    public ValueTask DisposeAsync() => _lock.DisposeAsync();

    private static Task<EngineLock> LockAsync(MarketStore store, string work, CancellationToken cancellation) =>
        EngineLock.TakeAsync(store.Client, $"store-lock-{store.Client.Database}", work, store.Time, cancellation);

    private static async Task<IReadOnlyList<string>> ClearAsync(MarketStore store, CancellationToken cancellation)
    {
        var catalog = new StoreCatalog(store.Client);
        var entries = await catalog.EntriesAsync(cancellation);
        var mark = await ReadAsync(store, cancellation);
        if (mark is { IsCommitted: true })
        {
            var remarks = await StoreSwap.FinishAsync(store, mark.Detail, progress: null, cancellation);
            await EndAsync(store, cancellation);
            return [.. remarks, "an interrupted restore, which had loaded everything, was completed"];
        }
        var of = mark?.Detail.Tables.ToHashSet(StringComparer.Ordinal);
        var left = entries.Values.Where(entry => IsLeft(entry, of)).ToList();
        foreach (var entry in left)
            await catalog.DropAsync(entry.Name, cancellation);
        var failure = mark is null ? null : RemoveFiles(mark);
        if (entries.ContainsKey(Table))
            await EndAsync(store, cancellation);
        if (mark is null)
            return [];
        return
        [
            $"an interrupted {mark.Kind} was cleaned up; it had changed nothing",
            .. failure is null ? [] : (string[])[failure],
        ];
    }

    // Files that cannot be deleted do not prevent opening the store.
    private static string? RemoveFiles(Mark mark)
    {
        if (mark.Detail.Machine != Environment.MachineName)
            return null;
        try
        {
            if (mark.Detail.Folder is { } folder)
                new BackupFolder(folder).RemoveIncomplete(mark.Id, mark.Detail.IsFolderMade);
            foreach (var file in mark.Detail.Files.Where(file => File.Exists(file.From)))
                File.Delete(file.From);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the files of the interrupted {mark.Kind} could not be deleted: {e.Message}";
        }
    }

    // Copies that the mark names. Version 0.1 left copies without a mark: of a table of the store,
    // or with the comment of a rollup.
    private static bool IsLeft(CatalogEntry entry, HashSet<string>? marked)
    {
        var name = entry.Name;
        while (Prefix(name) is { } prefix)
        {
            name = name[prefix.Length..];
            if (marked?.Contains(name) == true)
                return true;
        }
        return name != entry.Name
            && entry.HasParts
            && (
                StoreTable.All.Any(table => table.Name.Value == name)
                || entry.Comment == CopyName.HeldComment
                || entry.Comment.StartsWith("{\"rollup\":", StringComparison.Ordinal)
            );
    }

    private static string? Prefix(string name) =>
        name.StartsWith(CopyName.Held, StringComparison.Ordinal) ? CopyName.Held
        : name.StartsWith(CopyName.Staged, StringComparison.Ordinal) ? CopyName.Staged
        : null;

    private static async Task<Mark?> ReadAsync(MarketStore store, CancellationToken cancellation)
    {
        var isThere =
            await store.Client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {job:String}",
                row => row.UInt64(),
                new QueryParameters().Add("job", Table),
                cancellation
            ) > 0;
        if (!isThere)
            return null;
        var rows = await store.Client.ListAsync(
            $"SELECT id, kind, step, detail FROM {Table} ORDER BY at DESC LIMIT 1",
            row => (Id: row.String(), Kind: row.String(), Step: row.String(), Detail: row.String()),
            null,
            cancellation
        );
        if (rows is not [var last])
            return null; // killed after creating the table, before writing the mark
        try
        {
            return new(
                last.Id,
                last.Kind,
                last.Step == Committed,
                JsonSerializer.Deserialize(last.Detail, BackupJson.Default.StoreJobDetail)!
            );
        }
        catch (JsonException e)
        {
            throw new StoreException(
                $"the table '{Table}' contains a {last.Kind} that another version of Remora started: start that "
                    + $"version once to complete it, or drop the table if the store is complete",
                e
            );
        }
    }

    private static Task EndAsync(MarketStore store, CancellationToken cancellation) =>
        new StoreCatalog(store.Client).DropAsync(Table, cancellation);

    private Task NoteAsync(string step, StoreJobDetail detail, CancellationToken cancellation) =>
        _store.Client.InsertAsync(
            SqlName.Of(Table),
            [SqlName.Of("id"), SqlName.Of("kind"), SqlName.Of("step"), SqlName.Of("detail")],
            [step],
            (row, text) =>
            {
                row.String(Id);
                row.String(_kind);
                row.String(text);
                row.String(JsonSerializer.Serialize(detail, BackupJson.Default.StoreJobDetail));
            },
            cancellation: cancellation
        );

    private sealed record Mark(string Id, string Kind, bool IsCommitted, StoreJobDetail Detail);
}

/// <summary>Another backup or restore is running on the store; the message names it.</summary>
public sealed class StoreBusyException(string message) : StoreException(message);
