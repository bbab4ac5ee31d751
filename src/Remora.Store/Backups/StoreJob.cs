using System.Text.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Store.Backups;

/// <summary>What a backup or a restore notes in the database, so that the next start can clear up after one that was killed.</summary>
/// <param name="Machine">The machine on which it ran; files are cleared up only there.</param>
/// <param name="Tables">The tables it works on.</param>
internal sealed record StoreJobDetail(string Machine, IReadOnlyList<string> Tables)
{
    /// <summary>The folder of a backup.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether the backup made that folder.</summary>
    public bool IsFolderMade { get; init; }

    /// <summary>Files that a restore puts in place.</summary>
    public IReadOnlyList<StoreJobFile> Files { get; init; } = [];

    /// <summary>Views that a restore makes.</summary>
    public IReadOnlyList<BackupView> Views { get; init; } = [];

    /// <summary>Whether the restore leaves other tables and views alone: a backup of version 0.1 has the store's own only.</summary>
    public bool KeepsOthers { get; init; }

    /// <summary>Of each table in <see cref="Tables"/>, in the same order, the id of the restored one; empty until everything has been loaded and checked.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];
}

/// <summary>A file that a restore has put beside its place.</summary>
/// <param name="From">Where it is.</param>
/// <param name="To">Where it belongs.</param>
internal sealed record StoreJobFile(string From, string To);

/// <summary>
/// A backup or a restore that is at work. It holds a lock across processes, and a mark in the table <c>store_job</c> until it has ended. A mark whose
/// lock nobody holds was left by a killed one: before a restore is committed it is undone, afterwards it is finished.
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

    /// <summary>Identifies the job.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Takes the lock, and clears up after a killed job.</summary>
    /// <param name="store">The store.</param>
    /// <param name="kind">What the job does: <c>backup</c> or <c>restore</c>.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreBusyException">Another job is at work.</exception>
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
            throw new StoreBusyException($"the store is in use by another job: {e.Holder}. Wait until it ends, or stop it");
        }
    }

    /// <summary>Clears up after a killed job, if there is anything of one.</summary>
    /// <returns>What was done, for people.</returns>
    /// <exception cref="StoreBusyException">A restore is at work: the tables are not to be used yet.</exception>
    public static async Task<IReadOnlyList<string>> ResumeAsync(MarketStore store, CancellationToken cancellation)
    {
        if (store.Client.Cluster is not null) return []; // neither backs up nor restores here
        var left = await store.Client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND (name = {job:String} OR startsWith(name, {held:String}) OR startsWith(name, {staged:String}))",
            row => row.UInt64(), new QueryParameters().Add("job", Table).Add("held", CopyName.Held).Add("staged", CopyName.Staged), cancellation);
        if (left == 0) return [];
        try
        {
            await using var held = await LockAsync(store, "clearing up", cancellation);
            return await ClearAsync(store, cancellation);
        }
        catch (EngineLockedException e)
        {
            if ((await ReadAsync(store, cancellation))?.Kind != "restore") return []; // a backup disturbs nobody
            throw new StoreBusyException($"the store is being restored: {e.Holder}. It opens when the restore ends");
        }
    }

    /// <summary>Notes what the job is about to do.</summary>
    public async Task BeginAsync(StoreJobDetail detail, CancellationToken cancellation)
    {
        // The mark must be on disk before what it speaks of.
        await _store.Client.ExecuteAsync(
            $"CREATE TABLE IF NOT EXISTS {Table} (id String, kind String, step String, detail String, at DateTime64(6, 'UTC') DEFAULT now64(6)) " +
            "ENGINE = MergeTree ORDER BY at SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
            new QueryOptions { IsRepeatable = true }, cancellation);
        await NoteAsync(Begun, detail, cancellation);
    }

    /// <summary>From here on a restore is finished, whatever happens.</summary>
    public Task CommitAsync(StoreJobDetail detail, CancellationToken cancellation) => NoteAsync(Committed, detail, cancellation);

    /// <summary>Replaces the tables after <see cref="CommitAsync"/>, and takes the mark away.</summary>
    /// <returns>What an operator should know.</returns>
    public async Task<IReadOnlyList<string>> FinishAsync(IProgress<BackupProgress>? progress, CancellationToken cancellation)
    {
        var mark = await ReadAsync(_store, cancellation) ?? throw new StoreException($"the table '{Table}' was dropped during the restore: run the restore again");
        var remarks = await StoreSwap.FinishAsync(_store, mark.Detail, progress, cancellation);
        await EndAsync(_store, cancellation);
        return remarks;
    }

    /// <summary>Undoes what the job has done, as far as the engine can be reached; the rest is done at the next start.</summary>
    public async Task AbandonAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), _store.Time);
            await ClearAsync(_store, patience.Token);
        }
        catch (Exception e) when (e is ClickHouseException or ClickHouseUnavailableException or TimeoutException or OperationCanceledException or StoreException or RollupException)
        {
            // the mark is still there
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
        foreach (var entry in left) await catalog.DropAsync(entry.Name, cancellation);
        var failure = mark is null ? null : RemoveFiles(mark);
        if (entries.ContainsKey(Table)) await EndAsync(store, cancellation);
        if (mark is null) return [];
        return [$"an interrupted {mark.Kind} was cleaned up; it had changed nothing", .. failure is null ? [] : (string[])[failure]];
    }

    // Files that cannot be deleted keep nobody from opening the store.
    private static string? RemoveFiles(Mark mark)
    {
        if (mark.Detail.Machine != Environment.MachineName) return null;
        try
        {
            if (mark.Detail.Folder is { } folder) new BackupFolder(folder).RemoveIncomplete(mark.Id, mark.Detail.IsFolderMade);
            foreach (var file in mark.Detail.Files.Where(file => File.Exists(file.From))) File.Delete(file.From);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the files of the interrupted {mark.Kind} could not be deleted: {e.Message}";
        }
    }

    // Copies that the mark names; and those without a mark, of version 0.1: of a table of the store, or with a rollup's comment.
    private static bool IsLeft(CatalogEntry entry, HashSet<string>? marked)
    {
        var name = entry.Name;
        while (Prefix(name) is { } prefix)
        {
            name = name[prefix.Length..];
            if (marked?.Contains(name) == true) return true;
        }
        return name != entry.Name && entry.HasParts &&
            (StoreTable.All.Any(table => table.Name.Value == name) || entry.Comment == CopyName.HeldComment || entry.Comment.StartsWith("{\"rollup\":", StringComparison.Ordinal));
    }

    private static string? Prefix(string name) =>
        name.StartsWith(CopyName.Held, StringComparison.Ordinal) ? CopyName.Held
        : name.StartsWith(CopyName.Staged, StringComparison.Ordinal) ? CopyName.Staged
        : null;

    private static async Task<Mark?> ReadAsync(MarketStore store, CancellationToken cancellation)
    {
        var isThere = await store.Client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {job:String}", row => row.UInt64(), new QueryParameters().Add("job", Table), cancellation) > 0;
        if (!isThere) return null;
        var rows = await store.Client.ListAsync(
            $"SELECT id, kind, step, detail FROM {Table} ORDER BY at DESC LIMIT 1", row => (Id: row.String(), Kind: row.String(), Step: row.String(), Detail: row.String()), null, cancellation);
        if (rows is not [var last]) return null; // killed between making the table and noting anything in it
        try
        {
            return new(last.Id, last.Kind, last.Step == Committed, JsonSerializer.Deserialize(last.Detail, BackupJson.Default.StoreJobDetail)!);
        }
        catch (JsonException e)
        {
            throw new StoreException($"the table '{Table}' belongs to a {last.Kind} by another version of Remora: start that version once, or drop the table if the store is complete", e);
        }
    }

    private static Task EndAsync(MarketStore store, CancellationToken cancellation) => new StoreCatalog(store.Client).DropAsync(Table, cancellation);

    private Task NoteAsync(string step, StoreJobDetail detail, CancellationToken cancellation) => _store.Client.InsertAsync(
        SqlName.Of(Table), [SqlName.Of("id"), SqlName.Of("kind"), SqlName.Of("step"), SqlName.Of("detail")], [step],
        (row, text) =>
        {
            row.String(Id);
            row.String(_kind);
            row.String(text);
            row.String(JsonSerializer.Serialize(detail, BackupJson.Default.StoreJobDetail));
        },
        cancellation: cancellation);

    private sealed record Mark(string Id, string Kind, bool IsCommitted, StoreJobDetail Detail);
}

/// <summary>Another backup or restore is at work on the store; the message says which.</summary>
public sealed class StoreBusyException(string message) : StoreException(message);
