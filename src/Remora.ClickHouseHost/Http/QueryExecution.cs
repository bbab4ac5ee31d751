using System.Text;
using Microsoft.AspNetCore.Http;
using Remora.ClickHouseHost.Engine;
using Remora.ClickHouseHost.Native;
using Remora.ClickHouseHost.Sql;

namespace Remora.ClickHouseHost.Http;

/// <summary>Runs one request's statement on a session of its own and writes what comes of it.</summary>
internal sealed class QueryExecution(EmbeddedClickHouse engine, string pipes, RequestOptions options, RequestText request)
{
    public async Task RunAsync(HttpContext context, ResultBody body, CancellationToken cancellation)
    {
        if (request.Statement.Second is not null) throw EngineException.Of(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)");
        if (request.Statement.HasOutfile) throw EngineException.Of(348, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed");
        if (request.Text.AsSpan().Trim(" \t\r\n;"u8).IsEmpty) throw EngineException.Of(62, "SYNTAX_ERROR", "Syntax error: failed at position 1 (end of query): the query is empty");

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

    private async Task ExecuteAsync(EngineSession session, HttpContext context, ResultBody body, CancellationToken cancellation)
    {
        Apply(session);
        var statement = request.Statement;
        var format = (statement.Kind == StatementKind.InsertData ? null : statement.Format) ?? options.DefaultFormat ?? ResultFormat.Default;
        context.Response.ContentType = ResultFormat.ContentTypeOf(format);
        context.Response.Headers["X-ClickHouse-Format"] = format;
        QuerySummary summary;
        switch (statement.Kind)
        {
            case StatementKind.InsertData:
                summary = await InsertAsync(session, cancellation);
                break;
            case StatementKind.Select:
                summary = await SelectAsync(session, format, body, cancellation);
                break;
            default:
                (var output, summary) = session.Run(request.Text, format, options.Parameters);
                await body.WriteAsync(output, cancellation);
                break;
        }
        await body.CompleteAsync(summary, cancellation);
    }

    // Settings, the database, then read-only, which forbids further settings.
    private void Apply(EngineSession session)
    {
        var settings = options.Settings.Where(setting => setting.Key != "readonly").Select(setting => Assignment(setting.Key, setting.Value)).ToList();
        if (settings.Count > 0) session.RunText("SET " + string.Join(", ", settings));
        if (options.Database is { } database && database != EmbeddedClickHouse.DefaultDatabase)
            session.RunText("USE {database:Identifier}", new Dictionary<string, string>(StringComparer.Ordinal) { ["database"] = ParameterText.Escape(database) });
        if (options.Settings.TryGetValue("readonly", out var readOnly)) session.RunText("SET " + Assignment("readonly", readOnly));
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

    private async Task<QuerySummary> InsertAsync(EngineSession session, CancellationToken cancellation)
    {
        var head = request.Text.AsMemory(0, request.Statement.HeadEnd);
        using var insert = session.Insert(head.Span, request.Statement.Format!, options.Parameters);
        await foreach (var rows in request.ReadRowsAsync(cancellation)) insert.Append(rows.Span);
        cancellation.ThrowIfCancellationRequested();
        return insert.Complete();
    }

    private async Task<QuerySummary> SelectAsync(EngineSession session, string format, ResultBody body, CancellationToken cancellation)
    {
        using var pipe = ResultPipe.Create(pipes);
        var clause = $" INTO OUTFILE {ParameterText.Quote(pipe.Path)} APPEND ";
        byte[] sql = [.. request.Text.AsSpan(0, request.Statement.HeadEnd), (byte)'\n', .. Encoding.UTF8.GetBytes(clause), .. request.Text.AsSpan(request.Statement.HeadEnd)];
        var query = Task.Run(
            () =>
            {
                try
                {
                    return session.Run(sql, format, options.Parameters).Summary;
                }
                catch (EngineException e)
                {
                    throw new EngineException(e.Code, e.Message.Replace(clause, " ", StringComparison.Ordinal).Replace("\n ", "", StringComparison.Ordinal));
                }
                finally
                {
                    pipe.EngineIsDone();
                }
            },
            CancellationToken.None);
        await PumpAsync(pipe.Reader, query, body, cancellation);
        return await query;
    }

    // Reads to the end of the pipe even when the caller has gone: the engine would wait for a reader forever.
    private static async Task PumpAsync(FileStream pipe, Task query, ResultBody body, CancellationToken cancellation)
    {
        var buffer = new byte[RequestOptions.DefaultBufferBytes];
        int read;
        Exception? fault = null;
        while ((read = await pipe.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            if (fault is not null) continue;
            try
            {
                await body.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                fault = e;
            }
        }
        if (fault is null) return;
        await Task.WhenAny(query);
        throw fault;
    }
}
