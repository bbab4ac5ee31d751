using Remora.ClickHouse;
using Remora.Store.Backups;
using Remora.Store.Recording;
using Remora.Supervision;

namespace Remora.Store;

/// <summary>Options of a <see cref="StoreSession"/>.</summary>
public sealed record StoreSessionOptions
{
    /// <summary>The location of the store.</summary>
    public required StoreLocation Location { get; init; }

    /// <summary>The options of the recorder. Its journal is beside the data.</summary>
    public required RecorderOptions Recorder { get; init; }

    /// <summary>
    /// The data folder. If it is missing, an engine folder that was removed while open is not
    /// created again. The location's folder when null.
    /// </summary>
    public string? Root { get; init; }

    /// <summary>The options of the store.</summary>
    public StoreOptions Store { get; init; } = new();

    /// <summary>
    /// A loopback port of the embedded engine for curl, Grafana and other clients; null for none.
    /// Requires <see cref="PortPassword"/>.
    /// </summary>
    public int? Port { get; init; }

    /// <summary>
    /// The same for ClickHouse's native protocol; null for none. Requires
    /// <see cref="PortPassword"/>.
    /// </summary>
    public int? NativePort { get; init; }

    /// <summary>The password of the read-only user <c>remora</c> on the ports.</summary>
    public string? PortPassword { get; init; }

    /// <summary>Receives a line for the log when a problem begins.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>
    /// Receives a line for the log when a problem has ended; null to send it to
    /// <see cref="Notice"/>.
    /// </summary>
    public Action<string>? Recovery { get; init; }

    /// <summary>
    /// Restarts the tasks of the store when they fail. The session creates one if null.
    /// </summary>
    public Supervisor? Supervisor { get; init; }

    /// <summary>The clock for the times of rows, for example a sandbox's.</summary>
    public TimeProvider RowClock { get; init; } = TimeProvider.System;

    /// <summary>The schedule of backups; null for none.</summary>
    public BackupScheduleOptions? Backups { get; init; }

    /// <summary>The interval of checks for rows in the future and for damage.</summary>
    public TimeSpan InspectionInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The interval of checks for rollups that are not filled.</summary>
    public TimeSpan DiagnosisInterval { get; init; } = TimeSpan.FromMinutes(1);
}
