namespace Remora.ClickHouse;

/// <summary>Where ClickHouse answers, and as whom to ask.</summary>
public sealed record ClickHouseOptions
{
    /// <summary>A server, such as <c>http://host:8123</c>; user, password and a database may stand in it. Null for a unix socket.</summary>
    public Uri? Url { get; init; }

    /// <summary>The unix socket of an embedded engine; asked for at every connection, as it moves when the engine is started again.</summary>
    public Func<string>? Socket { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string Database { get; init; } = "default";

    /// <summary>The cluster's name, when tables are replicated and distributed and DDL goes ON CLUSTER.</summary>
    public string? Cluster { get; init; }

    /// <summary>How long a query may take in all; a query may say otherwise.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often something safe to repeat is tried again when the server cannot be reached.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>The wait before the first repetition; doubled for each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Settings sent with every query.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Reads <c>http://user:password@host:8123/database</c>.</summary>
    /// <exception cref="FormatException">The text is no such URL.</exception>
    public static ClickHouseOptions FromUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new FormatException($"'{text}' is no ClickHouse URL: allowed is http://host:8123 or https://host:8443, with user:password@ and /database if need be");
        var user = url.UserInfo.Split(':', 2);
        var database = Uri.UnescapeDataString(url.AbsolutePath.Trim('/'));
        return new()
        {
            Url = new(url.GetLeftPart(UriPartial.Scheme) + (url.IsDefaultPort ? url.Host : url.Authority[(url.Authority.IndexOf('@', StringComparison.Ordinal) + 1)..])),
            User = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            Database = database.Length > 0 ? database : "default",
        };
    }
}

/// <summary>What one query may ask for besides its text.</summary>
public sealed record QueryOptions
{
    /// <summary>Values for <c>{name:Type}</c> in the text.</summary>
    public QueryParameters? Parameters { get; init; }

    public IReadOnlyDictionary<string, string>? Settings { get; init; }

    public string? QueryId { get; init; }

    public TimeSpan? Timeout { get; init; }

    /// <summary>Running it twice does no more than running it once, so it may be repeated when the server went away.</summary>
    public bool IsRepeatable { get; init; }
}

/// <summary>What a finished query read and wrote, where the server tells.</summary>
public readonly record struct QuerySummary(long ReadRows, long ReadBytes, long WrittenRows, long WrittenBytes, TimeSpan Elapsed);
