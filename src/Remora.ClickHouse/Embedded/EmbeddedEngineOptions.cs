using System.Globalization;
using Remora.Supervision;
using Remora.Supervision.Processes;

namespace Remora.ClickHouse.Embedded;

/// <summary>Options of the embedded engine.</summary>
public sealed record EmbeddedEngineOptions
{
    /// <summary>The read-only user.</summary>
    public const string ReadingUser = "remora";

    /// <summary>The folder with all data of the engine. It is created if it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// A folder that must exist before the engine restarts after <see cref="Folder"/> was removed,
    /// for example a mount point. Creating it again would hide that the data is gone. The parent of
    /// <see cref="Folder"/> when null.
    /// </summary>
    public string? RequiredFolder { get; init; }

    /// <summary>
    /// The loopback port, for example for curl and Grafana, which log in as
    /// <see cref="ReadingUser"/> with <see cref="PortPassword"/>; any free port if null or 0.
    /// </summary>
    public int? Port { get; init; }

    /// <summary>
    /// The loopback port of ClickHouse's native interface, with the same users, for example for
    /// clickhouse-client and <c>remote()</c>; any free port if 0, none if null.
    /// </summary>
    public int? NativePort { get; init; }

    /// <summary>
    /// The TCP ports to which SQL can connect, of any host, for example with <c>remote()</c>.
    /// Otherwise Landlock in the kernel (Linux 6.7 or later) allows no connection.
    /// </summary>
    public IReadOnlyList<int> ConnectPorts { get; init; } = [];

    /// <summary>
    /// The password of <see cref="ReadingUser"/>: one line of 1 to 1000 bytes. A random one if
    /// null.
    /// </summary>
    public string? PortPassword { get; init; }

    /// <summary>The database that <see cref="ReadingUser"/> can read.</summary>
    public string Database { get; init; } = StoreLocation.DefaultDatabase;

    /// <summary>
    /// Files and folders outside <see cref="Folder"/> that SQL can read, for example for imports.
    /// With Landlock in the kernel, the engine can use no others.
    /// </summary>
    public IReadOnlyList<string> ReadFolders { get; init; } = [];

    /// <summary>
    /// Folders outside <see cref="Folder"/> that SQL can read and write, for example for backups.
    /// </summary>
    public IReadOnlyList<string> WriteFolders { get; init; } = [];

    /// <summary>The maximum memory of the engine, in bytes; null for the host's default.</summary>
    public long? MemoryBytes { get; init; }

    public int? Concurrency { get; init; }

    /// <summary>
    /// The program of the host (.dll or executable). When null: REMORA_CLICKHOUSE_HOST, beside this
    /// program, or beside it in a build's output.
    /// </summary>
    public string? HostProgram { get; init; }

    /// <summary>The library of the engine; the host searches for it when null.</summary>
    public string? Library { get; init; }

    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The timeout of a ping. After three failures in a row, the process is ended and restarted.
    /// </summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The delay before the first restart. It doubles with each immediate failure, up to
    /// <see cref="LongestRestartDelay"/>.
    /// </summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan LongestRestartDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Restarts the task that watches the process when it fails. The engine creates one if null.
    /// </summary>
    public Supervisor? Supervisor { get; init; }

    /// <summary>Called after every change of the engine's health.</summary>
    public Action<EngineHealth>? HealthChanged { get; init; }

    /// <summary>Settings that the client sends with every query.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>The endpoint that a host reports. It contains passwords.</summary>
/// <param name="Port">The loopback port of the HTTP interface.</param>
/// <param name="Pid">The process id.</param>
/// <param name="Unconfined">
/// What the kernel does not confine, in one sentence; null if the host is fully confined.
/// </param>
/// <param name="Password">The password of the user with all rights.</param>
/// <param name="ReaderPassword">
/// The password of <see cref="EmbeddedEngineOptions.ReadingUser"/>.
/// </param>
/// <param name="NativePort">
/// The loopback port of the native interface; null for none.
/// </param>
public sealed record EngineEndpoint(
    int Port,
    int Pid,
    string? Unconfined,
    string Password,
    string ReaderPassword,
    int? NativePort = null
)
{
    /// <summary>The user with all rights.</summary>
    public const string Owner = "service";

    /// <summary>Returns the user and the password to send.</summary>
    /// <param name="user">The user; null for the one with all rights.</param>
    internal (string? User, string? Password) Login(string? user) =>
        user == EmbeddedEngineOptions.ReadingUser ? (user, ReaderPassword) : (user ?? Owner, Password);

    /// <summary>Returns the endpoint without its passwords.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");
}

public enum EngineState
{
    Starting,
    Running,
    Restarting,
    Stopped,
}

/// <summary>The health of the embedded engine.</summary>
/// <param name="State">The current state.</param>
/// <param name="Since">When the state began.</param>
/// <param name="Restarts">The number of restarts.</param>
/// <param name="LastError">Why the process ended last.</param>
/// <param name="Unconfined">
/// What the kernel does not confine, in one sentence, for example without Landlock; null if the
/// engine can use only its own files and cannot open TCP connections.
/// </param>
/// <param name="FolderMissing">Whether it waits for its folder, which was removed.</param>
public sealed record EngineHealth(
    EngineState State,
    DateTimeOffset Since,
    int Restarts,
    string? LastError,
    string? Unconfined,
    bool FolderMissing = false
);

/// <summary>The engine cannot start. The message contains the cause.</summary>
public sealed class EngineStartException(string message) : ChildException(message);
