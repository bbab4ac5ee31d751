using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Remora.ClickHouseHost.Engine;

namespace Remora.ClickHouseHost.Http;

/// <summary>
/// The options of a request besides its statement: from the URL, a form, and X-ClickHouse- headers.
/// </summary>
internal sealed record RequestOptions
{
    public const int DefaultBufferBytes = 1 << 20;

    // Parameters of the HTTP interface, which are not settings of the engine.
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "query",
        "query_id",
        "database",
        "default_format",
        "user",
        "password",
        "quota_key",
        "stacktrace",
        "role",
        "buffer_size",
        "wait_end_of_query",
        "client_protocol_version",
        "close_session",
        "session_timeout",
        "session_check",
        "compress",
        "decompress",
        "log_comment",
        "enable_http_compression",
        "http_native_compression_disable_checksumming_on_decompress",
    };

    public string? Query { get; private init; }

    public required string QueryId { get; init; }

    public string? Database { get; private init; }

    public string? DefaultFormat { get; private init; }

    public string? User { get; private init; }

    public string? Password { get; private init; }

    /// <summary>
    /// How many bytes of a result are held back, so that an error can still become a status code;
    /// null for all.
    /// </summary>
    public int? BufferBytes { get; private init; } = DefaultBufferBytes;

    public bool Compress { get; private init; } = true;

    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

    public static RequestOptions Read(HttpRequest request, IFormCollection? form)
    {
        var url = request.Query;
        var (user, password) = BasicCredentials(request);
        var options = new RequestOptions
        {
            Query = url.TryGetValue("query", out var query) ? query.ToString() : null,
            QueryId =
                Given(url["query_id"]) ?? Given(request.Headers["X-ClickHouse-Query-Id"]) ?? Guid.NewGuid().ToString(),
            Database = Given(url["database"]) ?? Given(request.Headers["X-ClickHouse-Database"]),
            DefaultFormat = Given(url["default_format"]) ?? Given(request.Headers["X-ClickHouse-Format"]),
            User = Given(url["user"]) ?? Given(request.Headers["X-ClickHouse-User"]) ?? user,
            Password = Given(url["password"]) ?? Given(request.Headers["X-ClickHouse-Key"]) ?? password,
            BufferBytes = url["wait_end_of_query"] == "1" ? null : BufferSize(url["buffer_size"]),
            Compress = url["enable_http_compression"] != "0",
        };
        foreach (var (name, value) in url)
            options.Add(name, value.ToString());
        if (form is not null)
        {
            foreach (var (name, value) in form)
                if (name.StartsWith("param_", StringComparison.Ordinal))
                    options.Add(name, value.ToString());
        }
        if (request.Method is "GET" or "HEAD")
            options.Settings.TryAdd("readonly", "2"); // as ClickHouse's server does
        return options;
    }

    private void Add(string name, string value)
    {
        if (name.StartsWith("param_", StringComparison.Ordinal))
            Parameters[name["param_".Length..]] = value;
        else if (name is "session_id" && value.Length > 0)
            throw EngineException.Of(
                48,
                "NOT_IMPLEMENTED",
                "Sessions are not supported by this engine; use a ClickHouse server for session_id"
            );
        else if (name is "compress" or "decompress" && value is not ("" or "0"))
            throw EngineException.Of(
                48,
                "NOT_IMPLEMENTED",
                $"'{name}' is not supported: use Accept-Encoding and Content-Encoding"
            );
        else if (!Reserved.Contains(name) && name != "session_id")
            Settings[name] = value;
    }

    private static int BufferSize(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? Math.Clamp(size, 1, 64 << 20)
            : DefaultBufferBytes;

    private static string? Given(Microsoft.Extensions.Primitives.StringValues value) =>
        value.ToString() is { Length: > 0 } text ? text : null;

    private static (string? User, string? Password) BasicCredentials(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return (null, null);
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), bytes, out var length))
            return (null, null);
        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return pair.Length == 2 ? (pair[0], pair[1]) : (null, null);
    }
}
