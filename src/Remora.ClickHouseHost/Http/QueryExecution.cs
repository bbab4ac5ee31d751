using System.Text;
using Microsoft.AspNetCore.Http;
using Remora.ClickHouseHost.Engine;
using Remora.ClickHouseHost.Native;
using Remora.ClickHouseHost.Sql;

namespace Remora.ClickHouseHost.Http;

/// <summary>Runs the statement of one request on its own session and writes the result.</summary>
/// <param name="engine">The engine.</param>
/// <param name="pipes">The folder of result pipes.</param>
/// <param name="reader">The read-only user; null for the owner.</param>
/// <param name="options">The options of the request.</param>
/// <param name="request">The statement.</param>
internal sealed class QueryExecution(
    EmbeddedClickHouse engine,
    string pipes,
    ReadingUser? reader,
    RequestOptions options,
    RequestText request
)
{
    private byte[] _text = request.Text;
    private Statement _statement = request.Statement;

    public async Task RunAsync(HttpContext context, ResultBody body, CancellationToken cancellation)
    {
        if (reader is null && _statement.Second is not null)
            throw EngineException.Of(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)");
        if (reader is null && _statement.HasOutfile)
            throw EngineException.Of(348, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed");
        if (_text.AsSpan().Trim(" \t\r\n;"u8).IsEmpty)
            throw EngineException.Of(
                62,
                "SYNTAX_ERROR",
                "Syntax error: failed at position 1 (end of query): the query is empty"
            );

        var session = await engine.BeginAsync(options.QueryId, cancellation);
        try
        {
            var work = Task.Run(() => ExecuteAsync(session, context, body, cancellation), CancellationToken.None);
            await using (cancellation.Register(() => _ = engine.KillUntilAsync(options.QueryId, work)))
                await work;
        }
        finally
        {
            engine.End(options.QueryId, session);
        }
    }

    private async Task ExecuteAsync(
        EngineSession session,
        HttpContext context,
        ResultBody body,
        CancellationToken cancellation
    )
    {
        Apply(session);
        var format =
            (_statement.Kind == StatementKind.InsertData ? null : _statement.Format)
            ?? options.DefaultFormat
            ?? ResultFormat.Default;
        context.Response.ContentType = ResultFormat.ContentTypeOf(format);
        context.Response.Headers["X-ClickHouse-Format"] = format;
        QueryStatistics statistics;
        switch (_statement.Kind)
        {
            case StatementKind.InsertData:
                statistics = await InsertAsync(session, cancellation);
                break;
            case StatementKind.Select:
                statistics = await SelectAsync(session, format, body, cancellation);
                break;
            default:
                (var output, statistics) = session.Run(_text, format, options.Parameters);
                await body.WriteAsync(output, cancellation);
                break;
        }
        await body.CompleteAsync(statistics, cancellation);
    }

    // Order: database, check of a read-only statement, settings, then 'readonly', which forbids
    // further settings.
    private void Apply(EngineSession session)
    {
        var database = reader is null ? options.Database : reader.DatabaseFor(options.Database);
        if (database is not null && database != EmbeddedClickHouse.DefaultDatabase)
            session.RunText(
                "USE {database:Identifier}",
                new Dictionary<string, string>(StringComparer.Ordinal) { ["database"] = ParameterText.Escape(database) }
            );
        if (reader is not null)
        {
            // Before settings, because some truncate results, also those of the check
            _text = reader.Check(session, _text, options);
            _statement = Statement.Read(_text);
        }
        var settings = options
            .Settings.Where(setting => setting.Key != "readonly")
            .Select(setting => Assignment(setting.Key, setting.Value))
            .ToList();
        if (settings.Count > 0)
            session.RunText("SET " + string.Join(", ", settings));
        var readOnly = reader is not null ? "1" : options.Settings.GetValueOrDefault("readonly");
        if (readOnly is not null)
            session.RunText("SET " + Assignment("readonly", readOnly));
    }

    private static string Assignment(string name, string value)
    {
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '.'))
                throw EngineException.Of(115, "UNKNOWN_SETTING", $"Unknown setting '{name}'");
        }
        return $"{name} = {ParameterText.Quote(value)}";
    }

    private async Task<QueryStatistics> InsertAsync(EngineSession session, CancellationToken cancellation)
    {
        var head = _text.AsMemory(0, _statement.HeadEnd);
        using var insert = session.Insert(head.Span, _statement.Format!, options.Parameters);
        await foreach (var rows in request.ReadRowsAsync(cancellation))
            insert.Append(rows.Span);
        cancellation.ThrowIfCancellationRequested();
        return insert.Complete();
    }

    private async Task<QueryStatistics> SelectAsync(
        EngineSession session,
        string format,
        ResultBody body,
        CancellationToken cancellation
    )
    {
        using var pipe = ResultPipe.Create(pipes);
        var clause = $" INTO OUTFILE {ParameterText.Quote(pipe.Path)} APPEND ";
        byte[] sql =
        [
            .. _text.AsSpan(0, _statement.HeadEnd),
            (byte)'\n',
            .. Encoding.UTF8.GetBytes(clause),
            .. _text.AsSpan(_statement.HeadEnd),
        ];
        var query = Task.Run(
            () =>
            {
                try
                {
                    return session.Run(sql, format, options.Parameters).Statistics;
                }
                catch (EngineException e)
                {
                    throw new EngineException(
                        e.Code,
                        e.Message.Replace(clause, " ", StringComparison.Ordinal)
                            .Replace("\n ", "", StringComparison.Ordinal)
                    );
                }
                finally
                {
                    pipe.EngineIsDone();
                }
            },
            CancellationToken.None
        );
        await PumpAsync(pipe.Reader, query, body, cancellation);
        return await query;
    }

    // Reads the pipe to its end even after the caller has disconnected, because the engine would
    // wait for a reader forever.
    private static async Task PumpAsync(FileStream pipe, Task query, ResultBody body, CancellationToken cancellation)
    {
        var buffer = new byte[RequestOptions.DefaultBufferBytes];
        int read;
        Exception? fault = null;
        while ((read = await pipe.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            if (fault is not null)
                continue;
            try
            {
                await body.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                fault = e;
            }
        }
        if (fault is null)
            return;
        await Task.WhenAny(query);
        throw fault;
    }
}
