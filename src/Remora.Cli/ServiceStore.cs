using Microsoft.Extensions.Logging;
using Remora.ClickHouse;
using Remora.Server.Settings;
using Remora.Server.Storage;
using Remora.Store;
using Remora.Store.Recording;
using Remora.Supervision;

namespace Remora.Cli;

/// <summary>
/// The store of a running service, opened in the background. A sandbox without a data folder keeps its store in a temporary
/// folder that is removed at the end; with one, in <c>sandbox</c> below it.
/// </summary>
internal sealed class ServiceStore : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly string? _thrownAway;

    private ServiceStore(StoreSession session, string place, string? thrownAway, Supervisor supervisor)
    {
        Session = session;
        Place = place;
        _thrownAway = thrownAway;
        Meter = new(session, TimeProvider.System);
        _running = Task.WhenAll(session.RunAsync(_stop.Token), supervisor.RunAsync("store: metrics", Meter.RunAsync, _stop.Token));
    }

    /// <summary>The store.</summary>
    public StoreSession Session { get; }

    /// <summary>Its instruments.</summary>
    public StoreMeter Meter { get; }

    /// <summary>Where a sandbox keeps its store below a data folder.</summary>
    public static string SandboxFolder(string dataFolder) => Path.Combine(dataFolder, "sandbox");

    /// <summary>Where it is, for people.</summary>
    public string Place { get; }

    /// <summary>The folder of store and journal, where they outlive the service; null where nothing does.</summary>
    public static string? KeptFolderOf(ServiceSettings settings) => settings switch
    {
        { Store: false } or { Sandbox: true, Data: null, Clickhouse: null } => null,
        { Sandbox: true } => SandboxFolder(settings.DataFolder),
        _ => settings.DataFolder,
    };

    /// <summary>Opens the store that the settings name.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="clock">The clock that rows are dated by.</param>
    /// <param name="logs">Where problems are written.</param>
    /// <param name="supervisor">Keeps the store's tasks running.</param>
    /// <exception cref="SettingsException">They contradict each other.</exception>
    public static ServiceStore? Open(ServiceSettings settings, TimeProvider clock, ILoggerFactory logs, Supervisor supervisor)
    {
        if (!settings.Store) return null;
        if (settings is { Cluster: not null, Clickhouse: null }) throw new SettingsException(["cluster needs clickhouse: an embedded engine has no cluster"]);
        if (settings is { ClickhousePort: not null, Clickhouse: not null }) throw new SettingsException(["clickhouse-port is for the embedded engine: the server at clickhouse has ports of its own"]);
        var kept = KeptFolderOf(settings);
        var thrownAway = kept is null ? Directory.CreateTempSubdirectory("remora-sandbox-").FullName : null;
        var folder = kept ?? thrownAway!;
        var location = LocationOf(settings, folder);
        var log = logs.CreateLogger("Remora.Store");
        var session = new StoreSession(new()
        {
            Location = location,
            Recorder = new RecorderOptions { JournalFolder = Path.Combine(folder, "journal"), StopTimeout = TimeSpan.FromSeconds(1) },
            Store = new() { Retention = settings.Retention },
            Port = settings.ClickhousePort,
            Supervisor = supervisor,
            PortPassword = settings.ClickhousePortPassword,
            RowClock = clock,
            Root = thrownAway ?? settings.DataFolder,
            Notice = line => log.LogWarning("{Notice}", line),
        });
        return new(session, thrownAway is null ? location.ToString() : $"{location} until it stops; give --data FOLDER to keep it", thrownAway, supervisor);
    }

    /// <summary>Nothing comes any more: it may begin to end, while others do.</summary>
    public void Stop() => _stop.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        if (_thrownAway is not null && Directory.Exists(_thrownAway)) Directory.Delete(_thrownAway, recursive: true);
    }

    // A sandbox never shares a database with the real world.
    private static StoreLocation LocationOf(ServiceSettings settings, string folder)
    {
        try
        {
            var database = settings.Database ?? (settings is { Sandbox: true, Clickhouse: not null } ? StoreLocation.DefaultDatabase + "_sandbox" : null);
            return settings.Clickhouse is { } url ? StoreLocation.AtUrl(url, database, settings.Cluster) : StoreLocation.InFolder(folder, database);
        }
        catch (FormatException e)
        {
            throw new SettingsException([e.Message]);
        }
    }
}
