using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rows;
using Remora.Supervision;

namespace Remora.ClickHouse;

/// <summary>
/// A client for ClickHouse's HTTP interface: an embedded engine by its endpoint, or a server or
/// cluster by URL. Throws <see cref="ClickHouseException"/> for errors of ClickHouse, and
/// <see cref="ClickHouseUnavailableException"/> when it is unreachable.
/// </summary>
public sealed class ClickHouseClient : IDisposable
{
    private const int AuthenticationFailed = 516;
    private static readonly Uri EngineUrl = new("http://localhost");

    // Servers that do not run execute a statement ON CLUSTER when they are back
    private static readonly Dictionary<string, string> OnCluster = new(StringComparer.Ordinal)
    {
        ["distributed_ddl_output_mode"] = "throw_only_active",
    };

    private readonly HttpClient _http;
    private readonly ClickHouseOptions _options;
    private readonly Addresses _addresses;
    private readonly TimeProvider _time;

    public ClickHouseClient(ClickHouseOptions options, TimeProvider? time = null)
    {
        if (options.Url is null == options.Engine is null)
            throw new ArgumentException("set either Url or Engine", nameof(options));
        _options = options;
        _addresses = new([options.Url ?? EngineUrl, .. options.Others], options.Moved);
        _time = time ?? TimeProvider.System;
        var handler = new SocketsHttpHandler
        {
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(8), // below the server's keep-alive of 10 s
            AutomaticDecompression = options.Url is null ? DecompressionMethods.None : DecompressionMethods.GZip,
            ConnectTimeout = TimeSpan.FromSeconds(options.Others.Count > 0 ? 3 : 10),
            UseProxy = options.Url is not null,
        };
        if (options.Engine is { } engine)
            handler.ConnectCallback = (_, cancellation) => EnginePort.ConnectAsync(engine().Port, cancellation);
        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public string Database => _options.Database;

    public string? Cluster => _options.Cluster;

    /// <summary>The server in use; null with an embedded engine.</summary>
    public Uri? Address => _options.Url is null ? null : _addresses.Current;

    /// <summary>All servers, in the order in which they were given; empty with an engine.</summary>
    public IReadOnlyList<Uri> Servers => _options.Url is { } url ? [url, .. _options.Others] : [];

    /// <summary>Returns a client with the same options that uses one server only.</summary>
    public ClickHouseClient At(Uri server) => new(_options with { Url = server, Others = [], Moved = null }, _time);

    /// <summary>Returns whether ClickHouse responds.</summary>
    public async Task<bool> PingAsync(CancellationToken cancellation = default)
    {
        for (var tried = 1; ; tried++)
        {
            var address = _addresses.Current;
            try
            {
                using var answer = await _http.GetAsync(new Uri(address, "/ping"), cancellation);
                if (answer.IsSuccessStatusCode)
                    return true;
            }
            catch (Exception e) when (e is HttpRequestException or IOException || IsConnectTimeout(e, cancellation))
            {
                // the next one may respond
            }
            if (tried >= _addresses.Count)
                return false;
            _addresses.Leave(address);
        }
    }

    /// <summary>Runs a statement without a result. Retries only if the options allow it.</summary>
    public async Task<QuerySummary> ExecuteAsync(
        string sql,
        QueryOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        using var answer = await SendAsync(
            sql,
            content: null,
            Cluster is null ? options : QueryOptions.With(options, OnCluster),
            options?.IsRepeatable ?? false,
            settings: null,
            cancellation
        );
        await using var body = await AnswerAsync(answer, cancellation);
        await body.CopyToAsync(Stream.Null, cancellation);
        return QuerySummary.Of(answer);
    }

    /// <inheritdoc cref="ExecuteAsync(string, QueryOptions?, CancellationToken)"/>
    public Task<QuerySummary> ExecuteAsync(
        string sql,
        QueryParameters parameters,
        CancellationToken cancellation = default
    ) => ExecuteAsync(sql, new QueryOptions { Parameters = parameters }, cancellation);

    /// <summary>
    /// Returns the rows of a query as they arrive. Retries an unreachable server until the first
    /// row.
    /// </summary>
    public async IAsyncEnumerable<T> QueryAsync<T>(
        string sql,
        Func<RowReader, T> read,
        QueryOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        using var answer = await SendAsync(
            sql,
            content: null,
            Abandonable(sql, options),
            isRepeatable: true,
            ("default_format", "RowBinaryWithNamesAndTypes"),
            cancellation
        );
        await using var body = await AnswerAsync(answer, cancellation);
        await foreach (var row in RowSource.ReadAsync(body, read, cancellation))
            yield return row;
    }

    /// <summary>Returns all rows of a query.</summary>
    public async Task<List<T>> ListAsync<T>(
        string sql,
        Func<RowReader, T> read,
        QueryParameters? parameters = null,
        CancellationToken cancellation = default
    )
    {
        var rows = new List<T>();
        var options = parameters is null ? null : new QueryOptions { Parameters = parameters };
        await foreach (var row in QueryAsync(sql, read, options, cancellation))
            rows.Add(row);
        return rows;
    }

    /// <summary>Returns the only row of a query.</summary>
    public async Task<T> SingleAsync<T>(
        string sql,
        Func<RowReader, T> read,
        QueryParameters? parameters = null,
        CancellationToken cancellation = default
    ) =>
        await ListAsync(sql, read, parameters, cancellation) is [var row]
            ? row
            : throw new InvalidOperationException("the query did not return exactly one row: " + sql);

    /// <summary>Returns the result of a query in any format, as a stream.</summary>
    public async Task<Stream> StreamAsync(
        string sql,
        string format,
        QueryOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        var answer = await SendAsync(
            sql,
            content: null,
            Abandonable(sql, options),
            isRepeatable: true,
            ("default_format", format),
            cancellation
        );
        return await AnswerAsync(answer, cancellation);
    }

    /// <summary>
    /// Inserts rows in one batch: either all of them or none. With a token, the batch is retried
    /// while the server is unreachable, and counts once in the table and in the targets of its
    /// materialized views. The tables need a deduplication window.
    /// </summary>
    public async Task<QuerySummary> InsertAsync<T>(
        SqlName table,
        IReadOnlyList<SqlName> columns,
        IEnumerable<T> rows,
        Action<RowWriter, T> write,
        string? token = null,
        QueryOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        var writer = new RowWriter();
        foreach (var row in rows)
            write(writer, row);
        return await InsertAsync(table, columns, writer, token, options, cancellation);
    }

    /// <inheritdoc cref="InsertAsync{T}(SqlName, IReadOnlyList{SqlName}, IEnumerable{T}, Action{RowWriter, T}, string?, QueryOptions?, CancellationToken)"/>
    public Task<QuerySummary> InsertAsync(
        SqlName table,
        IReadOnlyList<SqlName> columns,
        RowWriter rows,
        string? token = null,
        QueryOptions? options = null,
        CancellationToken cancellation = default
    ) => InsertAsync(table, columns, rows.Written, token, options, cancellation);

    /// <summary>
    /// Inserts a batch that was encoded as RowBinary before. Otherwise the same as inserting rows.
    /// </summary>
    public async Task<QuerySummary> InsertAsync(
        SqlName table,
        IReadOnlyList<SqlName> columns,
        ReadOnlyMemory<byte> rows,
        string? token = null,
        QueryOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        var sql =
            $"INSERT INTO {table.Quoted} ({string.Join(", ", columns.Select(column => column.Quoted))}) FORMAT "
            + $"RowBinary";
        return await InsertAsync(sql, rows, token, options, cancellation);
    }

    /// <summary>The same, by a statement that selects from <c>input()</c>.</summary>
    public async Task<QuerySummary> InsertAsync(
        string sql,
        ReadOnlyMemory<byte> rows,
        string? token = null,
        QueryOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        using var answer = await SendAsync(
            sql,
            () => new ReadOnlyMemoryContent(rows),
            QueryOptions.With(options, InsertToken.Settings(token)),
            isRepeatable: token is not null,
            settings: null,
            cancellation
        );
        return QuerySummary.Of(answer);
    }

    /// <summary>
    /// Inserts a stream in any format, for example the bytes of a Parquet file. The statement ends
    /// with FORMAT. Does not retry.
    /// </summary>
    public async Task<QuerySummary> InsertStreamAsync(
        string sql,
        Stream content,
        QueryOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        using var answer = await SendAsync(
            sql,
            () => new LentContent(content),
            QueryOptions.With(options, InsertToken.Settings(null)),
            isRepeatable: false,
            settings: null,
            cancellation
        );
        return QuerySummary.Of(answer);
    }

    public void Dispose() => _http.Dispose();

    // The engine ends a query without readers only if it is read-only.
    private QueryOptions? Abandonable(string sql, QueryOptions? options) =>
        _options.Engine is not null && sql.AsSpan().TrimStart().StartsWith("SELECT", StringComparison.OrdinalIgnoreCase)
            ? QueryOptions.ReadOnly(options)
            : options;

    private async Task<HttpResponseMessage> SendAsync(
        string sql,
        Func<HttpContent>? content,
        QueryOptions? options,
        bool isRepeatable,
        (string Name, string Value)? settings,
        CancellationToken cancellation
    )
    {
        using var deadline = new CancellationTokenSource(options?.Timeout ?? _options.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        var backoff = new Backoff(_options.RetryDelay, Longest: options?.Timeout ?? _options.Timeout);
        var tried = 1;
        for (var attempt = 0; ; attempt++)
        {
            var address = _addresses.Current;
            try
            {
                return await SendOnceAsync(address, sql, content, options, settings, both.Token);
            }
            catch (ClickHouseUnavailableException e) when (tried < _addresses.Count && (isRepeatable || !e.WasSent))
            {
                _addresses.Leave(address);
                (tried, attempt) = (tried + 1, attempt - 1);
            }
            catch (ClickHouseUnavailableException) when (isRepeatable && attempt < _options.Retries)
            {
                _addresses.Leave(address);
                tried = 1;
                await Task.Delay(backoff.After(attempt + 1), _time, both.Token);
            }
            catch (OperationCanceledException e)
                when (deadline.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                throw new TimeoutException($"no response within {options?.Timeout ?? _options.Timeout}", e);
            }
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        Uri address,
        string sql,
        Func<HttpContent>? content,
        QueryOptions? options,
        (string Name, string Value)? setting,
        CancellationToken cancellation
    )
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(address, UrlOf(content is null ? null : sql, options, setting))
        );
        request.Content = content?.Invoke() ?? new StringContent(sql, Encoding.UTF8);
        HttpResponseMessage answer;
        try
        {
            var (user, password) = _options.Engine?.Invoke().Login(_options.User) ?? (_options.User, _options.Password);
            if (user is not null)
                request.Headers.TryAddWithoutValidation("X-ClickHouse-User", user);
            if (password is not null)
                request.Headers.TryAddWithoutValidation("X-ClickHouse-Key", password);
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || IsConnectTimeout(e, cancellation))
        {
            var isUnsent =
                e is OperationCanceledException
                || e
                    is HttpRequestException
                    {
                        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                    };
            throw new ClickHouseUnavailableException("ClickHouse cannot be reached: " + e.Message, e)
            {
                WasSent = !isUnsent,
            };
        }
        if (answer.IsSuccessStatusCode && !answer.Headers.Contains("X-ClickHouse-Exception-Code"))
            return answer;
        using (answer)
        {
            string text;
            try
            {
                text = await answer.Content.ReadAsStringAsync(cancellation);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw new ClickHouseUnavailableException("the response was interrupted: " + e.Message, e);
            }
            var error = ClickHouseException.Read(text);
            if (
                error.Code == 0
                && answer.StatusCode
                    is HttpStatusCode.BadGateway
                        or HttpStatusCode.ServiceUnavailable
                        or HttpStatusCode.GatewayTimeout
            )
                throw new ClickHouseUnavailableException(
                    $"ClickHouse returned {(int)answer.StatusCode}: {error.Message}"
                );
            // An engine that was just started has new passwords. A server that remote() names may
            // refuse too.
            if (
                _options.Engine is not null
                && error.Code == AuthenticationFailed
                && IsOfTheEngine(_options.User)
                && !error.Message.StartsWith("Received from", StringComparison.Ordinal)
            )
                throw new ClickHouseUnavailableException("the engine was restarted, or is of another folder");
            throw error;
        }
    }

    private static bool IsOfTheEngine(string? user) =>
        user is null or EngineEndpoint.Owner or EmbeddedEngineOptions.ReadingUser;

    private static bool IsConnectTimeout(Exception e, CancellationToken cancellation) =>
        e is OperationCanceledException { InnerException: TimeoutException } && !cancellation.IsCancellationRequested;

    private string UrlOf(string? sql, QueryOptions? options, (string Name, string Value)? setting)
    {
        var url = new StringBuilder("/?database=").Append(Uri.EscapeDataString(_options.Database));
        if (_options.Url is null)
            url.Append("&enable_http_compression=0");
        if (sql is not null)
            Append("query", sql);
        if (options?.QueryId is { } id)
            Append("query_id", id);
        if (setting is { } own)
            Append(own.Name, own.Value);
        foreach (var (name, value) in _options.Settings)
            Append(name, value);
        foreach (var (name, value) in options?.Settings ?? QueryOptions.NoSettings)
            Append(name, value);
        foreach (var (name, value) in options?.Parameters ?? [])
            Append("param_" + name, value);
        return url.ToString();

        void Append(string name, string value) =>
            url.Append('&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
    }

    private static async Task<Stream> AnswerAsync(HttpResponseMessage answer, CancellationToken cancellation) =>
        new AnswerStream(
            await answer.Content.ReadAsStreamAsync(cancellation),
            answer.Headers.TryGetValues("X-ClickHouse-Exception-Tag", out var tags) ? tags.First() : null
        );
}
