using System.Text;

namespace Remora.ClickHouse.Rollups.Follow;

/// <summary>Options of a follower.</summary>
public sealed record RollupFollowOptions
{
    /// <summary>A folder of files, or a text file with one URL per line.</summary>
    public required string From { get; init; }

    /// <summary>How each file is checked and loaded.</summary>
    public RollupLoadOptions Load { get; init; } = new();

    /// <summary>The folder for downloads; null if no URLs are followed.</summary>
    public string? Downloads { get; init; }

    /// <summary>The largest download, in bytes.</summary>
    public long MostBytes { get; init; } = 100L << 30;

    /// <summary>
    /// How long a file of a folder must be unchanged before it is loaded, because it may still be
    /// written.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>
/// Loads the files of a folder or list of URLs, each content once. A journal in the store has the
/// state of each file, so a follower that was killed continues without losing or doubling a row.
/// </summary>
public sealed class RollupFollower : IDisposable
{
    private const int LongestReason = 1000;

    private readonly RollupDatabase _database;
    private readonly RollupFollowOptions _options;
    private readonly Func<string, RollupLoadOptions, CancellationToken, Task<RollupLoadReport>> _load;
    private readonly Func<CancellationToken, Task> _require;
    private readonly FileJournal _journal;
    private readonly FileSupply _supply;
    private readonly HttpClient _http;

    internal RollupFollower(
        RollupDatabase database,
        SqlName source,
        RollupFollowOptions options,
        Func<CancellationToken, Task> require,
        Func<string, RollupLoadOptions, CancellationToken, Task<RollupLoadReport>> load
    )
    {
        (_database, _options, _require, _load) = (database, options, require, load);
        _journal = new(database, source);
        // Redirections from https to http are refused
        _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(30), MaxAutomaticRedirections = 5 })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("remora");
        _supply = new(
            options,
            options.Downloads is { } folder ? new(_http, folder, options.MostBytes, database.Time) : null,
            database.Time
        );
    }

    /// <summary>
    /// Looks once at the folder or list and loads what is new. A file that cannot be loaded stops
    /// no other.
    /// </summary>
    /// <param name="done">Receives each file whose state has changed.</param>
    /// <param name="cancellation">Stops between steps; the next look continues.</param>
    /// <exception cref="RollupException">
    /// The folder or list cannot be read, the rollup has not been applied, or a load that began
    /// before cannot be completed.
    /// </exception>
    public async Task<FollowReport> LookAsync(
        IProgress<FollowedFile>? done = null,
        CancellationToken cancellation = default
    )
    {
        var files = await _supply.ListAsync(cancellation);
        await _require(cancellation);
        await _journal.CreateAsync(cancellation);
        var known = (await _journal.ListAsync(cancellation)).ToDictionary(file => file.File, StringComparer.Ordinal);
        var look = new Look(known, [], [], done);
        foreach (var begun in known.Values.Where(file => file.State == FollowedState.Loading).ToList())
            await ResumeAsync(begun, files, look, cancellation);
        foreach (var file in files)
            if (
                look.Known.GetValueOrDefault(file.Name) is not { } state
                || state.State == FollowedState.Gone
                || state.Stamp != file.Stamp
            )
                await TryAsync(file, look, cancellation);
            else
                file.Discard();
        var present = files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in look.Known.Values.ToList())
            if (gone.State == FollowedState.Refused && !present.Contains(gone.File))
                await WriteAsync(gone with { State = FollowedState.Gone }, look, cancellation);
        return new(look.Done, look.Waiting);
    }

    /// <summary>Ends open connections.</summary>
    public void Dispose() => _http.Dispose();

    // The staged rows of a begun load are in the store, so its file may be missing by now.
    private async Task ResumeAsync(
        FollowedFile begun,
        IReadOnlyList<SuppliedFile> files,
        Look look,
        CancellationToken cancellation
    )
    {
        var file = files.FirstOrDefault(file => file.Name == begun.File && file.Stamp == begun.Stamp);
        if (file is not null)
        {
            await TryAsync(file, look, cancellation);
            return;
        }
        // A path without a file: another content under the same name must not complete the load
        var removed = Path.Combine(Path.GetTempPath(), $"remora-{Guid.NewGuid():N}.csv");
        try
        {
            var report = await LoadAsync(removed, begun.Hash, cancellation);
            await WriteAsync(begun with { State = FollowedState.Loaded, Rows = report.Rows }, look, cancellation);
        }
        catch (FileNotFoundException)
        {
            await WriteAsync(begun with { State = FollowedState.Gone }, look, cancellation);
        }
    }

    private async Task TryAsync(SuppliedFile file, Look look, CancellationToken cancellation)
    {
        var entry = new FollowedFile(file.Name, FollowedState.Loading, 0, "", default) { Stamp = file.Stamp };
        try
        {
            var path = await file.Fetch(cancellation);
            entry = entry with { Hash = await FileDownload.HashOfAsync(path, cancellation) };
            if (!file.IsUnchanged())
                throw new FileWaitsException("the file is being written");
            var same = look.Known.Values.FirstOrDefault(other =>
                other.Hash == entry.Hash && other.State == FollowedState.Loaded
            );
            if (same is not null)
                entry = entry with { State = FollowedState.Duplicate, Reason = $"the same as {same.File}" };
            else
            {
                await _journal.WriteAsync(entry, cancellation);
                var report = await LoadAsync(path, entry.Hash, cancellation);
                entry = entry with { State = FollowedState.Loaded, Rows = report.Rows };
            }
        }
        catch (RefusedFileException e)
        {
            entry = entry with { State = FollowedState.Refused, Reason = Short(e.Message) };
        }
        catch (Exception e) when (e is FileWaitsException or IOException or UnauthorizedAccessException)
        {
            look.Waiting.Add(new(file.Name, Short(e.Message)));
            return;
        }
        await WriteAsync(entry, look, cancellation);
        file.Discard();
    }

    private Task<RollupLoadReport> LoadAsync(string path, string hash, CancellationToken cancellation) =>
        _load(path, _options.Load with { Identity = hash }, cancellation);

    private async Task WriteAsync(FollowedFile entry, Look look, CancellationToken cancellation)
    {
        entry = entry with { At = _database.Time.GetUtcNow() };
        await _journal.WriteAsync(entry, cancellation);
        look.Known[entry.File] = entry;
        look.Done.Add(entry);
        look.Progress?.Report(entry);
    }

    private static string Short(string reason)
    {
        var line = new StringBuilder(reason).Replace('\r', ' ').Replace('\n', ' ').ToString();
        return line.Length <= LongestReason ? line : line[..LongestReason] + " …";
    }

    private sealed record Look(
        Dictionary<string, FollowedFile> Known,
        List<FollowedFile> Done,
        List<WaitingFile> Waiting,
        IProgress<FollowedFile>? Progress
    );
}
