namespace Remora.ClickHouse;

/// <summary>Where a program keeps its tables: in a data folder, with the engine embedded, or at a server or cluster by URL.</summary>
public sealed record StoreLocation
{
    public const string DefaultDatabase = "remora";

    /// <summary>The only place a password is taken from: command lines and URLs are seen by everybody on the machine.</summary>
    public const string PasswordVariable = "REMORA_CLICKHOUSE_PASSWORD";

    private StoreLocation()
    {
    }

    /// <summary>The data folder; the engine has <see cref="EngineFolder"/> in it. Null for a server.</summary>
    public string? Folder { get; private init; }

    /// <summary>The server, without user and database. Null for a folder.</summary>
    public Uri? Url { get; private init; }

    public string? User { get; private init; }

    public string? Password { get; private init; }

    public SqlName Database { get; private init; } = SqlName.Of(DefaultDatabase);

    /// <summary>The cluster's name, as the server's configuration has it.</summary>
    public SqlName? Cluster { get; private init; }

    /// <summary>Where the embedded engine keeps everything.</summary>
    public string? EngineFolder => Folder is null ? null : Path.Combine(Folder, "clickhouse");

    /// <summary>The embedded engine on a data folder.</summary>
    /// <exception cref="FormatException">The database's name cannot be one.</exception>
    public static StoreLocation InFolder(string folder, string? database = null) => new()
    {
        Folder = Path.GetFullPath(folder),
        Database = Named("database", database ?? DefaultDatabase),
    };

    /// <summary>A server such as <c>http://user@host:8123/database</c>; the password comes from <see cref="PasswordVariable"/>.</summary>
    /// <param name="url">Its HTTP interface.</param>
    /// <param name="database">The database; the one of the URL without it, or else <see cref="DefaultDatabase"/>.</param>
    /// <param name="cluster">The cluster, when tables are to be replicated and distributed.</param>
    /// <param name="password">The password; read from the environment without it.</param>
    /// <exception cref="FormatException">The URL, the database or the cluster cannot be one.</exception>
    public static StoreLocation AtUrl(string url, string? database = null, string? cluster = null, string? password = null)
    {
        var read = ClickHouseOptions.FromUrl(url);
        if (read.Password is not null) throw new FormatException($"a password in a URL is seen by everybody on the machine: take it out, and put it into {PasswordVariable}");
        var inUrl = new Uri(url).AbsolutePath.Trim('/') is { Length: > 0 } ? read.Database : null;
        return new()
        {
            Url = read.Url,
            User = read.User,
            Password = password ?? (Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } set ? set : null),
            Database = Named("database", database ?? inUrl ?? DefaultDatabase),
            Cluster = cluster is null ? null : Named("cluster", cluster),
        };
    }

    /// <summary>A client on the database, whether or not anybody answers there yet: in a folder it reaches whichever process has it open.</summary>
    public ClickHouseClient NewClient(TimeProvider? time = null)
    {
        var options = EngineFolder is { } folder
            ? Embedded.EngineFolder.OptionsOf(folder)
            : new ClickHouseOptions { Url = Url, User = User, Password = Password, Cluster = Cluster?.Value };
        return new(options with { Database = Database.Value }, time);
    }

    /// <summary>The place, without secrets.</summary>
    public override string ToString() => Folder ?? Url!.ToString();

    private static SqlName Named(string what, string text) => SqlName.TryParse(text, out var name)
        ? name
        : throw new FormatException($"the {what} '{text}' is no name: allowed are letters, digits and _, not starting with a digit");
}
