using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace Remora.ClickHouseHost;

/// <summary>
/// The configuration of the engine: two files and the statement that opens its interfaces. They
/// are written for each start, because the passwords are new, and removed when the engine has read
/// them, because its SQL can read every file in its folder.
/// </summary>
internal sealed class EngineConfiguration : IDisposable
{
    /// <summary>The user with all rights. Views keep its name, so it must not change.</summary>
    public const string Owner = "service";

    /// <summary>The user who reads one database and some system tables.</summary>
    public const string Reader = "remora";

    /// <summary>
    /// The named collection with the owner's login, for <c>SOURCE(CLICKHOUSE(NAME 'own' …))</c>.
    /// </summary>
    public const string Own = "own";

    // The session of clickhouse-local logs in as this user without a password, and so can every
    // process of this machine. Its profile and quota allow one statement: to open the interfaces.
    private const string Launcher = "default";
    private const string LogName = "clickhouse.log";

    private static readonly string[] SystemTables =
    [
        "asynchronous_metrics",
        "build_options",
        "collations",
        "columns",
        "contributors",
        "data_skipping_indices",
        "data_type_families",
        "databases",
        "events",
        "formats",
        "functions",
        "keywords",
        "licenses",
        "metrics",
        "numbers",
        "numbers_mt",
        "one",
        "parts",
        "parts_columns",
        "projections",
        "settings",
        "table_engines",
        "table_functions",
        "tables",
        "time_zones",
        "zeros",
        "zeros_mt",
    ];

    // Errors of statements, which their clients get, and a warning for each thread, because
    // Landlock denies its file in /proc
    private static readonly string[] Silent = ["executeQuery", "DynamicQueryHandler", "ThreadStatus"];

    private readonly string _folder;

    private EngineConfiguration(string folder) => _folder = folder;

    public string ConfigFile => Path.Combine(_folder, "config.xml");

    public string StartFile => Path.Combine(_folder, "start.sql");

    private string UsersFile => Path.Combine(_folder, "users.xml");

    /// <summary>Writes the files to <c>conf</c> in the host's folder.</summary>
    public static EngineConfiguration Write(HostOptions options, string folder, string password, string readerPassword)
    {
        var configuration = new EngineConfiguration(HostFolder.Make(Path.Combine(folder, "conf")));
        Save(configuration.ConfigFile, Server(options, folder, password).ToString());
        Save(configuration.UsersFile, Users(options, password, readerPassword).ToString());
        // One statement for both interfaces: the launcher has no second one
        Save(
            configuration.StartFile,
            options.NativePort is null ? "SYSTEM START LISTEN HTTP" : "SYSTEM START LISTEN QUERIES DEFAULT"
        );
        return configuration;
    }

    public void Dispose()
    {
        foreach (var file in new[] { ConfigFile, UsersFile, StartFile })
            File.Delete(file);
    }

    private static void Save(string path, string text)
    {
        File.Delete(path); // left by a host that was killed
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var file = new StreamWriter(path, options);
        file.Write(text);
    }

    private static XElement Server(HostOptions options, string folder, string password) =>
        new(
            "clickhouse",
            new XElement("path", Path.Combine(folder, "store") + "/"),
            new XElement("listen_host", "127.0.0.1"),
            Number("http_port", options.Port ?? 0),
            options.NativePort is { } native ? Number("tcp_port", native) : null,
            new XElement("users_config", "users.xml"),
            // logger.level is ignored: this is the level, and trace is its default
            new XElement("log-level", "warning"),
            new XElement(
                "logger",
                Number("console", 0),
                new XElement("log", Path.Combine(HostFolder.Make(Path.Combine(folder, "log")), LogName)),
                new XElement("size", "10M"),
                Number("count", 2),
                new XElement("levels", Silent.Select(Silence))
            ),
            Number("max_server_memory_usage", options.Memory),
            Number("mark_cache_size", options.Memory / 16),
            Number("uncompressed_cache_size", options.Memory / 32),
            Number("index_mark_cache_size", options.Memory / 32),
            Number("max_concurrent_queries", options.Concurrency),
            Number("max_connections", 400),
            Number("keep_alive_timeout", 10),
            // At the end, for connections that are still open
            Number("shutdown_wait_unfinished", 1),
            Number("background_pool_size", 4),
            Number("background_schedule_pool_size", 8),
            Number("background_common_pool_size", 2),
            // The default is 128 threads, which remain after merged parts are removed, each with
            // its memory and files
            Number("max_parts_cleaning_thread_pool_size", 2),
            new XElement(
                "access_control_improvements",
                new XElement("select_from_system_db_requires_grant", "true"),
                new XElement("select_from_information_schema_requires_grant", "true")
            ),
            new XElement("backups", options.Write.Select(path => new XElement("allowed_path", path + "/"))),
            new XElement("http_handlers", new XElement("defaults")),
            // For dictionaries of the engine's own tables, which would otherwise log in as Launcher
            new XElement(
                "named_collections",
                new XElement(Own, new XElement("user", Owner), new XElement("password", password))
            )
        );

    private static XElement Users(HostOptions options, string password, string readerPassword) =>
        new(
            "clickhouse",
            new XElement(
                "profiles",
                new XElement("default", Profile()),
                new XElement(
                    "reader",
                    Profile(),
                    Number("readonly", 2),
                    Number("max_memory_usage", options.Memory / 2),
                    Number("max_execution_time", 600),
                    new XElement(
                        "constraints",
                        new XElement("max_memory_usage", Number("min", 1), Number("max", options.Memory / 2)),
                        new XElement("max_execution_time", Number("min", 1), Number("max", 600)),
                        new XElement("allow_introspection_functions", new XElement("const"))
                    )
                ),
                new XElement(
                    "launcher",
                    Number("max_ast_elements", 3),
                    new XElement("constraints", new XElement("max_ast_elements", new XElement("const")))
                )
            ),
            new XElement(
                "quotas",
                new XElement("default"),
                new XElement(
                    "launcher",
                    new XElement("interval", Number("duration", int.MaxValue), Number("queries", 1))
                )
            ),
            new XElement(
                "users",
                new XElement(
                    Launcher,
                    new XElement("no_password"),
                    Local(),
                    new XElement("profile", "launcher"),
                    new XElement("quota", "launcher"),
                    Grants("GRANT SYSTEM LISTEN ON *.*")
                ),
                new XElement(
                    Owner,
                    Secret(password),
                    Local(),
                    new XElement("profile", "default"),
                    new XElement("quota", "default"),
                    Number("access_management", 1),
                    Number("named_collection_control", 1)
                ),
                new XElement(
                    Reader,
                    Secret(readerPassword),
                    Local(),
                    new XElement("profile", "reader"),
                    new XElement("quota", "default"),
                    new XElement("default_database", options.Database),
                    Grants([
                        $"GRANT SELECT ON `{options.Database}`.*",
                        "GRANT SELECT ON information_schema.*",
                        "GRANT SELECT ON INFORMATION_SCHEMA.*",
                        .. SystemTables.Select(table => $"GRANT SELECT ON system.{table}"),
                    ])
                )
            )
        );

    // A profile that does not name max_ast_elements could be taken by the launcher's session.
    private static IEnumerable<XElement> Profile() =>
        [
            Number("max_ast_elements", 50_000),
            Number("allow_introspection_functions", 0),
            Number("implicit_select", 0),
            // A query above max_concurrent_queries waits
            Number("queue_max_wait_ms", 60_000),
            Number("cancel_http_readonly_queries_on_client_close", 1),
        ];

    private static XElement Local() => new("networks", new XElement("ip", "127.0.0.1"));

    private static XElement Secret(string password) =>
        new("password_sha256_hex", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password))));

    private static XElement Grants(params IEnumerable<string> grants) =>
        new("grants", grants.Select(grant => new XElement("query", grant)));

    private static XElement Silence(string name) =>
        new("logger", new XElement("name", name), new XElement("level", "none"));

    private static XElement Number(string name, long value) => new(name, value.ToString(CultureInfo.InvariantCulture));
}
