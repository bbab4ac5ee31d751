using Remora.Supervision;

namespace Remora.ClickHouse.Embedded;

/// <summary>How the embedded engine is run.</summary>
public sealed record EmbeddedEngineOptions
{
    /// <summary>The user who only reads: on the port by password, on the socket by name.</summary>
    public const string ReadingUser = "remora";

    /// <summary>The folder the engine keeps everything in; made if it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// A folder that must be there before the engine is started again after <see cref="Folder"/> was removed, such as the place
    /// where a disk is mounted: an engine that made it anew would hide that the data is gone. The parent of <see cref="Folder"/> when null.
    /// </summary>
    public string? RequiredFolder { get; init; }

    /// <summary>
    /// A loopback port to answer on as well, for curl, Grafana and the like; 0 is any free one. Callers are the user
    /// <see cref="ReadingUser"/>, who only reads. Needs <see cref="PortPassword"/>.
    /// </summary>
    public int? Port { get; init; }

    /// <summary>The password of callers on the port: one line of 1 to 1000 bytes.</summary>
    public string? PortPassword { get; init; }

    /// <summary>The database that <see cref="ReadingUser"/> reads.</summary>
    public string Database { get; init; } = StoreLocation.DefaultDatabase;

    /// <summary>
    /// Files and folders outside <see cref="Folder"/> that SQL may read, such as one to import from. The engine can
    /// use no others where the kernel has Landlock.
    /// </summary>
    public IReadOnlyList<string> ReadFolders { get; init; } = [];

    /// <summary>Folders outside <see cref="Folder"/> that SQL may read and write, such as one for backups.</summary>
    public IReadOnlyList<string> WriteFolders { get; init; } = [];

    /// <summary>The most memory the engine takes, in bytes; the host's own default when null.</summary>
    public long? MemoryBytes { get; init; }

    public int? Concurrency { get; init; }

    /// <summary>The host's program (.dll or executable); otherwise REMORA_CLICKHOUSE_HOST, beside this program, or beside it in a build's output.</summary>
    public string? HostProgram { get; init; }

    /// <summary>The engine's library; otherwise the host looks for it.</summary>
    public string? Library { get; init; }

    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a ping may take; three in a row that fail end the process, which is then started again.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait before the first new start; doubled for each that fails at once, up to <see cref="LongestRestartDelay"/>.</summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan LongestRestartDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Keeps the task running that watches the process; one of its own where null.</summary>
    public Supervisor? Supervisor { get; init; }

    /// <summary>Called after every change of the engine's health.</summary>
    public Action<EngineHealth>? HealthChanged { get; init; }

    /// <summary>Settings the client sends with every query.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>Where a host answers, as it says itself.</summary>
/// <param name="Socket">Its unix socket.</param>
/// <param name="Port">Its loopback port; null without one.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Version">The engine's version.</param>
/// <param name="Unconfined">What the kernel does not confine, in a sentence; null when it confines the host.</param>
public sealed record EngineEndpoint(string Socket, int? Port, int Pid, string Version, string? Unconfined);

public enum EngineState
{
    Starting,
    Running,
    Restarting,
    Stopped,
}

/// <summary>How the embedded engine is.</summary>
/// <param name="State">What it does now.</param>
/// <param name="Since">Since when.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="LastError">Why it went down last.</param>
/// <param name="Unconfined">
/// What the kernel does not confine, in a sentence, as where it has no Landlock; null when the engine can use only its
/// own files and make no TCP connection.
/// </param>
/// <param name="FolderMissing">Whether it waits for its folder, which was removed.</param>
public sealed record EngineHealth(
    EngineState State, DateTimeOffset Since, int Restarts, string? LastError, string? Unconfined, bool FolderMissing = false);

/// <summary>The engine cannot be started; the message says why.</summary>
public sealed class EngineStartException(string message) : Exception(message);
