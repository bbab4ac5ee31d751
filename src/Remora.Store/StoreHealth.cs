using Remora.ClickHouse.Embedded;
using Remora.Store.Backups;
using Remora.Store.Recording;

namespace Remora.Store;

/// <summary>The health of a store.</summary>
/// <param name="Location">The location, without secrets.</param>
/// <param name="Ready">Whether it is open and its schema is current.</param>
/// <param name="Engine">The health of the embedded engine; null with a server.</param>
/// <param name="Version">The version of ClickHouse; null until the store is open.</param>
/// <param name="SchemaVersion">The schema version; null until the store is open.</param>
/// <param name="Error">Why it is not open; null when it is.</param>
/// <param name="Remarks">Advice for the operator.</param>
/// <param name="Recorder">The health of the recorder.</param>
/// <param name="Backups">The health of scheduled backups; null without a schedule.</param>
/// <param name="Recording">Which of the services on the store records.</param>
public sealed record StoreHealth(
    string Location,
    bool Ready,
    EngineHealth? Engine,
    string? Version,
    int? SchemaVersion,
    string? Error,
    IReadOnlyList<string> Remarks,
    RecorderHealth Recorder,
    BackupHealth? Backups,
    RecordingHealth Recording
);
