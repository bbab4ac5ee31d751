using Microsoft.Extensions.Logging;
using Remora.Cli.Commands;
using Remora.ClickHouse;
using Remora.Server.Settings;
using Remora.Server.Storage;
using Remora.Store;
using Remora.Store.Backups;
using Remora.Store.Recording;
using Remora.Supervision;

namespace Remora.Cli;

/// <summary>
/// The store of a running service, opened in the background. A sandbox keeps its store in the
/// folder <c>sandbox</c> of the data folder, or without a data folder in a temporary one that is
/// deleted at the end.
/// </summary>
internal sealed class ServiceStore : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly string? _temporaryFolder;

    private ServiceStore(StoreSession session, string place, string? temporaryFolder, Supervisor supervisor)
    {
        Session = session;
        Place = place;
        _temporaryFolder = temporaryFolder;
        Meter = new(session, TimeProvider.System);
        _running = Task.WhenAll(
            session.RunAsync(_stop.Token),
            supervisor.RunAsync("store: metrics", Meter.RunAsync, _stop.Token)
        );
    }

    /// <summary>The open store.</summary>
    public StoreSession Session { get; }

    /// <summary>The metrics of the store.</summary>
    public StoreMeter Meter { get; }

    /// <summary>Returns the folder of a sandbox's store below a data folder.</summary>
    public static string SandboxFolder(string dataFolder) => Path.Combine(dataFolder, "sandbox");

    /// <summary>The location of the store, for messages.</summary>
    public string Place { get; }

    /// <summary>
    /// Returns the folder of store and journal that remains after the service ends; null if none
    /// does.
    /// </summary>
    public static string? KeptFolderOf(ServiceSettings settings) =>
        settings switch
        {
            { Store: false } or { Sandbox: true, Data: null, Clickhouse: null } => null,
            { Sandbox: true } => SandboxFolder(settings.DataFolder),
            _ => settings.DataFolder,
        };

    /// <summary>Opens the store of the settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="clock">The clock for the times of rows.</param>
    /// <param name="logs">Receives problems.</param>
    /// <param name="supervisor">Restarts the tasks of the store when they fail.</param>
    /// <param name="config">The settings file, which backups include; null for none.</param>
    /// <exception cref="SettingsException">The settings contradict each other.</exception>
    public static ServiceStore? Open(
        ServiceSettings settings,
        TimeProvider clock,
        ILoggerFactory logs,
        Supervisor supervisor,
        string? config = null
    )
    {
        if (!settings.Store)
            return null;
        if (settings is { Cluster: not null, Clickhouse: null })
            throw new SettingsException(["cluster requires clickhouse: the embedded engine has no cluster"]);
        if (settings is { ClickhousePort: not null, Clickhouse: not null })
            throw new SettingsException([
                "clickhouse-port cannot be combined with clickhouse: the port belongs to the embedded engine",
            ]);
        if (settings is { ClickhouseNativePort: not null, Clickhouse: not null })
            throw new SettingsException([
                "clickhouse-native-port cannot be combined with clickhouse: the port belongs to the embedded engine",
            ]);
        if (settings is { BackupHours: > 0, Cluster: not null })
            throw new SettingsException([
                "backup_hours cannot be combined with cluster: use ClickHouse's BACKUP … ON CLUSTER",
            ]);
        var kept = KeptFolderOf(settings);
        var temporaryFolder = kept is null ? Directory.CreateTempSubdirectory("remora-sandbox-").FullName : null;
        var folder = kept ?? temporaryFolder!;
        var location = LocationOf(settings, folder);
        var log = logs.CreateLogger("Remora.Store");
        var session = new StoreSession(
            new()
            {
                Location = location,
                Recorder = new RecorderOptions
                {
                    JournalFolder = Path.Combine(folder, "journal"),
                    StopTimeout = TimeSpan.FromSeconds(1),
                },
                Store = new() { Retention = settings.Retention },
                Port = settings.ClickhousePort,
                NativePort = settings.ClickhouseNativePort,
                Supervisor = supervisor,
                PortPassword = settings.ClickhousePortPassword,
                RowClock = clock,
                Backups = BackupsOf(settings, folder, config),
                Root = temporaryFolder ?? settings.DataFolder,
                Notice = line => log.LogWarning("{Notice}", line),
                Recovery = line => log.LogInformation("{Recovery}", line),
            }
        );
        return new(
            session,
            temporaryFolder is null
                ? location.ToString()
                : $"{location}, deleted when the service stops; use --data FOLDER to keep it",
            temporaryFolder,
            supervisor
        );
    }

    /// <summary>Returns the folder of scheduled backups.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="folder">The folder of store and journal.</param>
    public static string BackupFolderOf(ServiceSettings settings, string folder) =>
        Path.GetFullPath(settings.BackupFolder ?? Path.Combine(folder, "backups"));

    private static BackupScheduleOptions? BackupsOf(ServiceSettings settings, string folder, string? config) =>
        settings.BackupHours > 0
            ? new()
            {
                Folder = BackupFolderOf(settings, folder),
                Interval = TimeSpan.FromHours(settings.BackupHours),
                Keep = settings.KeepBackups,
                Files = () =>
                {
                    try
                    {
                        return BackupFiles.Collect(
                            settings.DataFolder,
                            config,
                            ServiceOptionSet.Variables(),
                            withSecrets: false
                        );
                    }
                    catch (SettingsException e)
                    {
                        throw new IOException(string.Join("; ", e.Errors), e);
                    }
                },
            }
            : null;

    /// <summary>
    /// Starts closing the store after the last row was handed over, while other parts still stop.
    /// </summary>
    public void Stop() => _stop.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        if (_temporaryFolder is not null && Directory.Exists(_temporaryFolder))
            Directory.Delete(_temporaryFolder, recursive: true);
    }

    // A sandbox never shares a database with real data.
    private static StoreLocation LocationOf(ServiceSettings settings, string folder)
    {
        try
        {
            var database =
                settings.Database
                ?? (
                    settings is { Sandbox: true, Clickhouse: not null }
                        ? StoreLocation.DefaultDatabase + "_sandbox"
                        : null
                );
            return settings.Clickhouse is { } url
                ? StoreLocation.AtUrl(url, database, settings.Cluster)
                : StoreLocation.InFolder(folder, database);
        }
        catch (FormatException e)
        {
            throw new SettingsException([e.Message]);
        }
    }
}
