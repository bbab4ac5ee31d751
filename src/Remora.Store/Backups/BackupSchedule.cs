using Remora.Supervision;

namespace Remora.Store.Backups;

/// <summary>When a store is backed up, and where to.</summary>
public sealed record BackupScheduleOptions
{
    /// <summary>The folder of the backups.</summary>
    public required string Folder { get; init; }

    /// <summary>The time from one backup to the next, at least a minute.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>The number of backups to keep, at least 1.</summary>
    public int Keep { get; init; } = 7;

    /// <summary>
    /// Returns the files outside the store to include. May throw <see cref="IOException"/>.
    /// </summary>
    public Func<IReadOnlyList<BackupSource>> Files { get; init; } = () => [];
}

/// <summary>The health of scheduled backups.</summary>
/// <param name="Folder">The folder of the backups.</param>
/// <param name="IntervalHours">The hours from one backup to the next.</param>
/// <param name="Kept">The number of complete backups.</param>
/// <param name="Newest">When the newest one began; null if there is none.</param>
/// <param name="Due">When the next one is due.</param>
/// <param name="LastError">Why the last attempt failed; null if it did not.</param>
public sealed record BackupHealth(
    string Folder,
    double IntervalHours,
    int Kept,
    DateTimeOffset? Newest,
    DateTimeOffset Due,
    string? LastError
);

/// <summary>
/// Backs up a store periodically and keeps the newest backups. A failed backup is reported, leaves
/// nothing behind, and is repeated after a while.
/// </summary>
internal sealed class BackupSchedule(
    MarketStore store,
    BackupScheduleOptions options,
    Incidents incidents,
    Func<bool> records,
    TimeProvider time
)
{
    private const string Incident = "scheduled backup";
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(15);

    private volatile BackupHealth _health = new(
        options.Folder,
        options.Interval.TotalHours,
        0,
        null,
        time.GetUtcNow(),
        null
    );

    /// <summary>The current health.</summary>
    public BackupHealth Health => _health;

    /// <summary>Makes a backup whenever one is due, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var earliest = DateTimeOffset.MinValue; // after a failure
        while (true)
        {
            try
            {
                Read();
                // Of several services on a store, the one that records
                if (records() && time.GetUtcNow() is var now && now >= _health.Due && now >= earliest)
                {
                    earliest = now + Retry;
                    PrepareFolder();
                    await new StoreBackup(store).RunAsync(
                        BackupList.FolderOf(options.Folder, now),
                        options.Files(),
                        cancellation: cancellation
                    );
                    BackupList.Prune(options.Folder, options.Keep);
                    Read();
                    earliest = DateTimeOffset.MinValue;
                    _health = _health with { LastError = null };
                    incidents.End(Incident, "the store was backed up");
                }
            }
            catch (Exception e) when (StoreFault.Is(e, cancellation) || e is IOException or UnauthorizedAccessException)
            {
                _health = _health with { LastError = StoreFault.Describe(e) };
                incidents.Begin(Incident, $"the store was not backed up: {_health.LastError}");
            }
            await Task.Delay(Look, time, cancellation);
        }
    }

    private void Read()
    {
        var kept = BackupList.Read(options.Folder);
        _health = kept is [.., var newest]
            ? _health with
            {
                Kept = kept.Count,
                Newest = newest.At,
                Due = newest.At + options.Interval,
            }
            : _health with
            {
                Kept = 0,
                Newest = null,
            };
    }

    private void PrepareFolder() => Files.PrivateFile.CreateFolder(options.Folder);
}
