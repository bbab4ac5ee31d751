using System.Globalization;
using System.Text.Json;
using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse;

/// <summary>Address and credentials of ClickHouse, and defaults for queries.</summary>
public sealed record ClickHouseOptions
{
    /// <summary>
    /// The URL of a server, for example <c>http://host:8123</c>, optionally with user, password and
    /// database. Null for an embedded engine.
    /// </summary>
    public Uri? Url { get; init; }

    /// <summary>
    /// Further servers with the same data. A client goes on to the next one when the one in use is
    /// unreachable.
    /// </summary>
    public IReadOnlyList<Uri> Others { get; init; } = [];

    /// <summary>Receives the unreachable server and the next one.</summary>
    public Action<Uri, Uri>? Moved { get; init; }

    /// <summary>
    /// Returns the endpoint of an embedded engine. Called for each request, because port and
    /// passwords change when the engine restarts.
    /// </summary>
    public Func<EngineEndpoint>? Engine { get; init; }

    /// <summary>
    /// The user. With an embedded engine: null for the one with all rights, or
    /// <see cref="EmbeddedEngineOptions.ReadingUser"/>.
    /// </summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    public string Database { get; init; } = "default";

    /// <summary>The database in the URL; null if it names none.</summary>
    internal string? Path { get; private init; }

    /// <summary>
    /// The name of the cluster for ON CLUSTER statements; null for a single server.
    /// </summary>
    public string? Cluster { get; init; }

    /// <summary>The timeout of a query. A query can override it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The number of retries of repeatable statements when the server is unreachable.
    /// </summary>
    public int Retries { get; init; } = 4;

    /// <summary>The delay before the first retry. It doubles with each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Settings that are sent with every query.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Parses <c>http://user:password@host:8123/database</c>.</summary>
    /// <exception cref="FormatException">The text is not such a URL.</exception>
    public static ClickHouseOptions FromUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new FormatException(
                $"'{text}' is not a ClickHouse URL: expected http://host:8123 or https://host:8443, optionally with "
                    + $"user:password@ and /database"
            );
        var user = url.UserInfo.Split(':', 2);
        var database = Uri.UnescapeDataString(url.AbsolutePath.Trim('/'));
        return new()
        {
            Url = new(
                url.GetLeftPart(UriPartial.Scheme)
                    + (
                        url.IsDefaultPort
                            ? url.Host
                            : url.Authority[(url.Authority.IndexOf('@', StringComparison.Ordinal) + 1)..]
                    )
            ),
            User = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            Database = database.Length > 0 ? database : "default",
            Path = database.Length > 0 ? database : null,
        };
    }
}

/// <summary>Options of one query.</summary>
public sealed record QueryOptions
{
    /// <summary>Values for <c>{name:Type}</c> in the text.</summary>
    public QueryParameters? Parameters { get; init; }

    public IReadOnlyDictionary<string, string>? Settings { get; init; }

    public string? QueryId { get; init; }

    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Whether the statement is idempotent, so that it is retried when the connection breaks.
    /// </summary>
    public bool IsRepeatable { get; init; }

    internal static IReadOnlyDictionary<string, string> NoSettings { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    private static readonly Dictionary<string, string> ReadOnlySettings = new(StringComparer.Ordinal)
    {
        ["readonly"] = "2",
    };
    private static readonly QueryOptions Reading = new() { Settings = ReadOnlySettings };

    /// <summary>Returns the options with more settings; those of the options win.</summary>
    internal static QueryOptions With(QueryOptions? options, IReadOnlyDictionary<string, string> settings)
    {
        var all = new Dictionary<string, string>(settings, StringComparer.Ordinal);
        foreach (var (name, value) in options?.Settings ?? NoSettings)
            all[name] = value;
        return (options ?? new()) with { Settings = all };
    }

    /// <summary>Returns the options of a query that changes nothing.</summary>
    internal static QueryOptions ReadOnly(QueryOptions? options) =>
        options is null ? Reading : With(options, ReadOnlySettings);
}

/// <summary>
/// The rows and bytes that a finished query read and wrote, if the server reports them.
/// </summary>
public readonly record struct QuerySummary(
    long ReadRows,
    long ReadBytes,
    long WrittenRows,
    long WrittenBytes,
    TimeSpan Elapsed
)
{
    /// <summary>Reads the summary of a response; zeros if it has none.</summary>
    internal static QuerySummary Of(HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("X-ClickHouse-Summary", out var values))
            return default;
        using var json = JsonDocument.Parse(values.First());
        return new(
            Number("read_rows"),
            Number("read_bytes"),
            Number("written_rows"),
            Number("written_bytes"),
            TimeSpan.FromTicks(Number("elapsed_ns") / 100)
        );

        long Number(string name) =>
            json.RootElement.TryGetProperty(name, out var value)
            && long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : 0;
    }
}
