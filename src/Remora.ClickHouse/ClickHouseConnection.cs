using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse;

/// <summary>
/// An open store: a server, the embedded engine of another process that has the data folder open,
/// or an own embedded engine for the life of the connection. Its database exists.
/// </summary>
public sealed class ClickHouseConnection : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private readonly ClickHouseOptions _options;
    private readonly TimeProvider? _time;

    private ClickHouseConnection(
        StoreLocation location,
        ClickHouseOptions options,
        EmbeddedEngine? engine,
        Server server,
        TimeProvider? time
    )
    {
        Location = location;
        var inDatabase = options with { Database = location.Database.Value };
        Client = new(inDatabase, time);
        Reader = new(ReadingOnly(inDatabase, server.OnlyReads), time);
        Version = server.Version;
        Engine = engine;
        _options = options;
        _time = time;
    }

    public StoreLocation Location { get; }

    /// <summary>A client of the location's database.</summary>
    public ClickHouseClient Client { get; }

    /// <summary>
    /// A read-only client. With the embedded engine, it reads the location's database and the
    /// system tables that clients need. With a server, the grants of the user apply, and the
    /// setting <c>readonly</c>.
    /// </summary>
    public ClickHouseClient Reader { get; }

    /// <summary>
    /// The engine that this connection started; null with a server, or when another process has the
    /// folder open.
    /// </summary>
    public EmbeddedEngine? Engine { get; }

    /// <summary>The version of ClickHouse, for example 26.7.3.</summary>
    public string Version { get; private set; } = "";

    /// <param name="location">The location to open.</param>
    /// <param name="makeDatabase">Whether to create a missing database, instead of failing.</param>
    /// <param name="configure">
    /// Changes the options of an engine before its start. Not used when another process has the
    /// folder open.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="ClickHouseConnectionException">
    /// The store cannot be opened; the message is one line with advice.
    /// </exception>
    public static async Task<ClickHouseConnection> OpenAsync(
        StoreLocation location,
        bool makeDatabase = true,
        Func<EmbeddedEngineOptions, EmbeddedEngineOptions>? configure = null,
        TimeProvider? time = null,
        CancellationToken cancellation = default
    )
    {
        var (options, engine) = location.EngineFolder is { } folder
            ? await OpenFolderAsync(folder, location.Database.Value, configure, time, cancellation)
            : (
                new ClickHouseOptions
                {
                    Url = location.Url,
                    Others = location.Others,
                    User = location.User,
                    Password = location.Password,
                    Cluster = location.Cluster?.Value,
                },
                null
            );
        try
        {
            var (server, used) = await PrepareAsync(
                location,
                options,
                makeDatabase || engine is not null,
                time,
                cancellation
            );
            if (used is not null)
                options = options with { Url = used, Others = [.. Following(location, used)] };
            return new(location, options, engine, server, time);
        }
        catch
        {
            if (engine is not null)
                await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Creates the database if it is missing, for example after the engine's folder was created
    /// again.
    /// </summary>
    /// <exception cref="ClickHouseConnectionException">
    /// The database cannot be created; the message is one line with advice.
    /// </exception>
    public async Task MakeDatabaseAsync(CancellationToken cancellation = default) =>
        Version = (await PrepareAsync(Location, _options, makeDatabase: true, _time, cancellation)).Server.Version;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Reader.Dispose();
        if (Engine is not null)
            await Engine.DisposeAsync();
    }

    // ClickHouse refuses the setting from a user who only reads.
    private static ClickHouseOptions ReadingOnly(ClickHouseOptions options, bool onlyReads) =>
        options.Engine is not null ? options with { User = EmbeddedEngineOptions.ReadingUser }
        : onlyReads ? options
        : options with
        {
            Settings = new Dictionary<string, string>(options.Settings, StringComparer.Ordinal) { ["readonly"] = "1" },
        };

    private static async Task<(ClickHouseOptions, EmbeddedEngine?)> OpenFolderAsync(
        string folder,
        string database,
        Func<EmbeddedEngineOptions, EmbeddedEngineOptions>? configure,
        TimeProvider? time,
        CancellationToken cancellation
    )
    {
        if (await EngineFolder.IsOpenAsync(folder, cancellation))
            return (EngineFolder.OptionsOf(folder), null);
        try
        {
            var wanted = new EmbeddedEngineOptions { Folder = folder, Database = database };
            var engine = await EmbeddedEngine.StartAsync(configure?.Invoke(wanted) ?? wanted, time, cancellation);
            return (new() { Engine = () => engine.Endpoint }, engine);
        }
        catch (EngineStartException e)
        {
            if (await EngineFolder.IsOpenAsync(folder, cancellation))
                return (EngineFolder.OptionsOf(folder), null); // another process opened it first
            throw new ClickHouseConnectionException($"the store in {folder} cannot be opened: {OneLine(e.Message)}", e);
        }
    }

    // Uses the database 'system', which always exists, because the requested one may be missing.
    private static async Task<(Server Server, Uri? Used)> PrepareAsync(
        StoreLocation location,
        ClickHouseOptions options,
        bool makeDatabase,
        TimeProvider? time,
        CancellationToken cancellation
    )
    {
        using var client = new ClickHouseClient(
            options with
            {
                Database = "system",
                Retries = location.Url is null ? options.Retries : 1,
                Timeout = ConnectTimeout,
            },
            time
        );
        try
        {
            var database = location.Database;
            var parameters = new QueryParameters().Add("d", database.Value);
            var (server, exists) = await client.SingleAsync(
                "SELECT any(version()), any(toUInt64(getSetting('readonly'))) > 0, countIf(name = {d:String}) FROM "
                    + "system.databases",
                row => (new Server(row.String(), row.UInt8() > 0), row.UInt64() > 0),
                parameters,
                cancellation
            );
            if (location.Cluster is { } cluster)
                await RequireClusterAsync(client, location, cluster, cancellation);
            if (exists)
                return (server, client.Address);
            if (!makeDatabase)
                throw new ClickHouseConnectionException(
                    $"the database '{database}' does not exist at {location}: name another with --database, or run "
                        + $"CREATE DATABASE {database}"
                );
            await client.ExecuteAsync(
                $"CREATE DATABASE IF NOT EXISTS "
                    + $"{database.Quoted}{(location.Cluster is { } all ? $" ON CLUSTER {all.Quoted}" : "")}",
                cancellation: cancellation
            );
            return (server, client.Address);
        }
        catch (ClickHouseException e)
        {
            throw new ClickHouseConnectionException(Explain(location, e), e);
        }
        catch (Exception e)
            when (e is ClickHouseUnavailableException or TimeoutException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            throw new ClickHouseConnectionException(
                location.Url is null
                    ? $"the engine in {location.EngineFolder} stopped: {OneLine(e.Message)}; try again"
                    : $"no ClickHouse server responds at {location}: {OneLine(e.Message)}; check that it is "
                        + $"running, and that the port is the one of its HTTP interface (8123, or 8443 for https)",
                e
            );
        }
    }

    // The other servers, in their order after the used one.
    private static IEnumerable<Uri> Following(StoreLocation location, Uri used)
    {
        List<Uri> all = [location.Url!, .. location.Others];
        var at = all.IndexOf(used);
        return all.Skip(at + 1).Concat(all.Take(at));
    }

    private static async Task RequireClusterAsync(
        ClickHouseClient client,
        StoreLocation location,
        SqlName cluster,
        CancellationToken cancellation
    )
    {
        var known = await client.ListAsync(
            "SELECT DISTINCT cluster FROM system.clusters ORDER BY cluster",
            row => row.String(),
            cancellation: cancellation
        );
        if (!known.Contains(cluster.Value))
            throw new ClickHouseConnectionException(
                $"the server at {location} has no cluster '{cluster}': "
                    + $"{(known.Count == 0 ? "it has none" : "it has " + string.Join(", ", known))}; see "
                    + $"remote_servers in its configuration"
            );
    }

    private static string Explain(StoreLocation location, ClickHouseException error) =>
        error switch
        {
            { Name: "AUTHENTICATION_FAILED" or "REQUIRED_PASSWORD" or "WRONG_PASSWORD" or "UNKNOWN_USER" } =>
                $"{location} refuses the user '{location.User ?? "default"}' "
                    + $"{(location.Password is null ? "without a password" : "with this password")}: "
                    + $"set {StoreLocation.PasswordVariable} to the password, and add the user to the URL "
                    + $"(http://user@host:8123)",
            { Name: "ACCESS_DENIED" } =>
                $"{location} denies this to the user '{location.User ?? "default"}': {OneLine(error.Message)}",
            { Code: 0 } =>
                $"the server at {location} is not ClickHouse's HTTP interface: {Short(OneLine(error.Message))}",
            _ => $"{location}: {OneLine(error.Message)}",
        };

    private readonly record struct Server(string Version, bool OnlyReads);

    private static string OneLine(string text) =>
        string.Join("; ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static string Short(string text) =>
        text.Length > 120 ? text[..120] + " ..."
        : text.Length == 0 ? "an empty response"
        : text;
}

/// <summary>A store cannot be opened. The message is one line with advice.</summary>
public sealed class ClickHouseConnectionException(string message, Exception? inner = null) : Exception(message, inner);
