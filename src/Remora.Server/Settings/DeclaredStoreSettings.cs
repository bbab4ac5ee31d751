using Remora.ClickHouse;
using Remora.Store;
using Kind = Remora.Server.Settings.SettingKinds;

namespace Remora.Server.Settings;

/// <summary>The declarations of the settings of the store.</summary>
internal static class DeclaredStoreSettings
{
    private const double MostBackupHours = 24 * 366;

    private static readonly SettingDeclarer<ServiceSettings> Declare = new(new());

    public static IReadOnlyList<Setting<ServiceSettings>> All { get; } = [.. Storing(), .. Retention(), .. Backups()];

    private static IEnumerable<Setting<ServiceSettings>> Storing() =>
        [
            Declare.One(
                "data",
                Kind.Folder,
                s => s.Data,
                (s, v) => s with { Data = v },
                "Folder for persistent data: store, calendar and keys",
                "the folder remora in the user's local data folder"
            ),
            Declare.One("store", Kind.Bool, s => s.Store, (s, v) => s with { Store = v }, "Whether data is stored") with
            {
                See = "[the store](store.md)",
            },
            Declare.One(
                "record_requests",
                Kind.Bool,
                s => s.RecordRequests,
                (s, v) => s with { RecordRequests = v },
                "Whether requests to the service are stored too"
            ) with
            {
                Flag = null,
            },
            Declare.One(
                "clickhouse",
                Kind.ClickHouseServer,
                s => s.Clickhouse,
                (s, v) => s with { Clickhouse = v },
                $"ClickHouse server that stores the data; {StoreLocation.PasswordVariable} contains its password",
                "the embedded engine"
            ),
            Declare.One(
                "database",
                Kind.DatabaseName,
                s => s.Database,
                (s, v) => s with { Database = v },
                "Database of the store",
                StoreLocation.DefaultDatabase
            ),
            Declare.One(
                "cluster",
                Kind.DatabaseName,
                s => s.Cluster,
                (s, v) => s with { Cluster = v },
                "Cluster of the ClickHouse server on which tables are replicated and distributed"
            ) with
            {
                See = "[clusters](cluster.md)",
            },
            Declare.One(
                "clickhouse_port",
                Kind.Port,
                s => s.ClickhousePort,
                (s, v) => s with { ClickhousePort = v },
                "Local port for read-only access by ClickHouse clients; requires a password"
            ) with
            {
                See = "[the port](store.md#the-port)",
            },
            Declare.One(
                "clickhouse_native_port",
                Kind.Port,
                s => s.ClickhouseNativePort,
                (s, v) => s with { ClickhouseNativePort = v },
                "Local port for read-only access by ClickHouse's native protocol; requires a password"
            ) with
            {
                See = "[the native port](store.md#the-native-port)",
            },
            Declare.One(
                "clickhouse_port_password_file",
                Kind.File,
                s => s.ClickhousePortPasswordFile,
                (s, v) => s with { ClickhousePortPasswordFile = v },
                $"File whose first line is the password of these ports, unless {PortPassword.Variable} contains it"
            ),
        ];

    private static IEnumerable<Setting<ServiceSettings>> Retention() =>
        [
            Keep(
                "keep_candles",
                Kind.Days(),
                s => s.Retention.CandleDays,
                (s, v) => s with { Retention = s.Retention with { CandleDays = v } },
                "Retention of candles"
            ),
            Keep(
                "keep_observations",
                Kind.Days(RequiredHistory.Observations.Days),
                s => s.Retention.ObservationDays,
                (s, v) => s with { Retention = s.Retention with { ObservationDays = v } },
                "Retention of observations"
            ),
            Keep(
                "keep_assessments",
                Kind.Days(),
                s => s.Retention.AssessmentDays,
                (s, v) => s with { Retention = s.Retention with { AssessmentDays = v } },
                "Retention of assessments"
            ),
            Keep(
                "keep_requests",
                Kind.Days(),
                s => s.Retention.RequestDays,
                (s, v) => s with { Retention = s.Retention with { RequestDays = v } },
                "Retention of requests"
            ),
            Keep(
                "keep_rollups",
                Kind.Days(),
                s => s.Retention.RollupDays,
                (s, v) => s with { Retention = s.Retention with { RollupDays = v } },
                "Retention of rollups"
            ),
            Keep(
                "keep_query_minutes",
                Kind.Whole(0, StoreRetention.MostDays, "DAYS"),
                s => s.Retention.QueryMinuteDays,
                (s, v) => s with { Retention = s.Retention with { QueryMinuteDays = v } },
                "Days for which requests are counted per query by the minute; 0 for not at all"
            ) with
            {
                See = "[the tables](store.md#tables)",
            },
        ];

    private static IEnumerable<Setting<ServiceSettings>> Backups() =>
        [
            Declare.One(
                "backup_hours",
                Kind.Number(0, MostBackupHours, "hours", "HOURS"),
                s => s.BackupHours,
                (s, v) => s with { BackupHours = v },
                "Hours from one backup of the store to the next; 0 for no backups"
            ) with
            {
                Flag = null,
                See = "[backups](store.md#backups-on-a-schedule)",
            },
            Declare.One(
                "backup_folder",
                Kind.Folder,
                s => s.BackupFolder,
                (s, v) => s with { BackupFolder = v },
                "Folder of these backups; best on another disk",
                "backups in the data folder"
            ) with
            {
                Flag = null,
            },
            Declare.One(
                "keep_backups",
                Kind.Whole(1, 1000),
                s => s.KeepBackups,
                (s, v) => s with { KeepBackups = v },
                "Number of these backups to keep; older ones are deleted"
            ) with
            {
                Flag = null,
            },
        ];

    private static Setting<ServiceSettings> Keep(
        string name,
        SettingKind<int> days,
        Func<ServiceSettings, object?> read,
        Func<ServiceSettings, int, ServiceSettings> with,
        string help
    ) => Declare.One(name, days, read, with, help) with { Flag = null };
}
