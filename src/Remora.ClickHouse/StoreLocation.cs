namespace Remora.ClickHouse;

/// <summary>
/// The location of a store: a data folder for the embedded engine, or the URL of a server or
/// cluster.
/// </summary>
public sealed record StoreLocation
{
    public const string DefaultDatabase = "remora";

    private const int MostServers = 100;

    /// <summary>
    /// The environment variable for the password. No other source is allowed, because all users of
    /// a machine can read command lines and URLs.
    /// </summary>
    public const string PasswordVariable = "REMORA_CLICKHOUSE_PASSWORD";

    private StoreLocation() { }

    /// <summary>
    /// The data folder, which contains <see cref="EngineFolder"/>. Null for a server.
    /// </summary>
    public string? Folder { get; private init; }

    /// <summary>The server, without user and database. Null for a folder.</summary>
    public Uri? Url { get; private init; }

    /// <summary>
    /// Further servers of the same store, used in this order when one is unreachable.
    /// </summary>
    public IReadOnlyList<Uri> Others { get; private init; } = [];

    public string? User { get; private init; }

    public string? Password { get; private init; }

    public SqlName Database { get; private init; } = SqlName.Of(DefaultDatabase);

    /// <summary>The name of the cluster in the server's configuration; null for none.</summary>
    public SqlName? Cluster { get; private init; }

    /// <summary>The folder of the embedded engine; null for a server.</summary>
    public string? EngineFolder => Folder is null ? null : Path.Combine(Folder, "clickhouse");

    /// <summary>Returns the location of an embedded engine in a data folder.</summary>
    /// <exception cref="FormatException">The name of the database is invalid.</exception>
    public static StoreLocation InFolder(string folder, string? database = null) =>
        new() { Folder = Path.GetFullPath(folder), Database = Named("database", database ?? DefaultDatabase) };

    /// <summary>
    /// Returns the location of a server such as <c>http://user@host:8123/database</c>, or of
    /// several servers with the same data, separated by commas. <see cref="PasswordVariable"/>
    /// contains the password.
    /// </summary>
    /// <param name="url">
    /// The URLs of the HTTP interface. Those that name a user or a database name the same one.
    /// </param>
    /// <param name="database">
    /// The database; null for the one in the URL, or <see cref="DefaultDatabase"/>.
    /// </param>
    /// <param name="cluster">
    /// The cluster for replicated and distributed tables; null for none.
    /// </param>
    /// <param name="password">The password; null to read it from the environment.</param>
    /// <exception cref="FormatException">
    /// The URL, the database or the cluster is invalid.
    /// </exception>
    public static StoreLocation AtUrl(
        string url,
        string? database = null,
        string? cluster = null,
        string? password = null
    )
    {
        var read = url.Split(',', StringSplitOptions.TrimEntries).Select(ClickHouseOptions.FromUrl).ToList();
        if (read.Exists(one => one.Password is not null))
            throw new FormatException(
                $"other users of this machine can read a password in a URL: remove it, and set {PasswordVariable} "
                    + $"instead"
            );
        if (read.Count > MostServers || read.DistinctBy(one => one.Url).Count() < read.Count)
            throw new FormatException($"'{url}': expected up to {MostServers} different servers");
        var inUrl = Common("databases", read.Select(one => one.Path));
        return new()
        {
            Url = read[0].Url,
            Others = [.. read.Skip(1).Select(one => one.Url!)],
            User = Common("users", read.Select(one => one.User)),
            Password =
                password ?? (Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } set ? set : null),
            Database = Named("database", database ?? inUrl ?? DefaultDatabase),
            Cluster = cluster is null ? null : Named("cluster", cluster),
        };
    }

    /// <summary>
    /// Creates a client of the database, which need not be running yet. For a folder, it connects
    /// to the process that has the folder open.
    /// </summary>
    /// <param name="time">The clock.</param>
    /// <param name="moved">Receives an unreachable server and the next one.</param>
    public ClickHouseClient NewClient(TimeProvider? time = null, Action<Uri, Uri>? moved = null)
    {
        var options = EngineFolder is { } folder
            ? Embedded.EngineFolder.OptionsOf(folder)
            : new ClickHouseOptions
            {
                Url = Url,
                Others = Others,
                User = User,
                Password = Password,
                Cluster = Cluster?.Value,
            };
        return new(options with { Database = Database.Value, Moved = moved }, time);
    }

    /// <summary>Returns the location, without secrets.</summary>
    public override string ToString() => Folder ?? string.Join(", ", [Url!, .. Others]);

    /// <summary>Returns the location and, of several servers, the one in use.</summary>
    public string Describe(Uri? used) => Others.Count == 0 ? ToString() : $"{used} (one of {this})";

    private static string? Common(string what, IEnumerable<string?> values)
    {
        var distinct = values.OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return distinct.Count > 1
            ? throw new FormatException(
                $"the URLs have the {what} {string.Join(" and ", distinct)}: name one, at one of them"
            )
            : distinct.FirstOrDefault();
    }

    private static SqlName Named(string what, string text) =>
        SqlName.TryParse(text, out var name)
            ? name
            : throw new FormatException(
                $"invalid {what} name '{text}': use letters, digits and _, not starting with a digit"
            );
}
