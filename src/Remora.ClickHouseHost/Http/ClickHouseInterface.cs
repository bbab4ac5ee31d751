using Microsoft.AspNetCore.Http;
using Remora.ClickHouseHost.Engine;
using Remora.ClickHouseHost.Sql;

namespace Remora.ClickHouseHost.Http;

/// <summary>ClickHouse's HTTP interface: <c>/ping</c> and <c>/</c>.</summary>
internal sealed class ClickHouseInterface(
    EmbeddedClickHouse engine,
    ReadingUser reader,
    string pipes,
    CancellationToken stopping
)
{
    public async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var response = context.Response;
        response.Headers["X-ClickHouse-Server-Display-Name"] = "remora";
        if (IsCrossSite(context))
        {
            response.StatusCode = StatusCodes.Status403Forbidden;
            await response.WriteAsync("this port accepts only requests from this machine\n");
        }
        else if (
            request.Path == "/ping"
            || request.Path == "/replicas_status"
            || (request.Path == "/" && request.Method is "GET" && !request.QueryString.HasValue)
        )
        {
            await response.WriteAsync("Ok.\n");
        }
        else if (request.Path != "/")
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            await response.WriteAsync(
                $"There is no handle {request.Path}\nUse / or /ping for health checks.\nOr /?query=... for queries.\n"
            );
        }
        else if (request.Method is not ("GET" or "POST" or "HEAD"))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD, POST";
        }
        else
        {
            await QueryAsync(context);
        }
    }

    private async Task QueryAsync(HttpContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        ResultBody? body = null;
        try
        {
            var form =
                context.Request.HasFormContentType
                && context.Request.ContentType!.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
                    ? await context.Request.ReadFormAsync(stop.Token)
                    : null;
            var request = RequestOptions.Read(context.Request, form);
            context.Response.Headers["X-ClickHouse-Query-Id"] = request.QueryId;
            context.Response.Headers["X-ClickHouse-Timezone"] = engine.Timezone;
            body = new(context, request.Compress ? Encoding(context.Request) : null, request.BufferBytes);
            var user = Authenticate(context, request);
            await using var text = await RequestText.ReadAsync(context.Request, request.Query, form, stop.Token);
            await new QueryExecution(engine, pipes, user, request, text).RunAsync(context, body, stop.Token);
        }
        catch (EngineException e) when (!context.RequestAborted.IsCancellationRequested)
        {
            await (body ?? new ResultBody(context, encoding: null, bufferBytes: null)).FailAsync(e, engine.Version);
        }
        catch (Exception e) when (e is InvalidDataException or HostException && !context.Response.HasStarted)
        {
            // an invalid compressed body, or no pipe can be created: a full disk or a read-only
            // folder
            var error =
                e is InvalidDataException
                    ? EngineException.Of(117, "INCORRECT_DATA", e.Message)
                    : EngineException.Of(1002, "UNKNOWN_EXCEPTION", e.Message);
            await (body ?? new ResultBody(context, encoding: null, bufferBytes: null)).FailAsync(error, engine.Version);
        }
        catch (Exception e)
            when (context.RequestAborted.IsCancellationRequested
                && e is OperationCanceledException or IOException or EngineException
            )
        {
            // the caller has disconnected, and its query has ended
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        finally
        {
            if (body is not null)
                await body.DisposeAsync();
        }
    }

    // Callers on the socket own the folder and have all rights as the user 'default' or without a
    // name. The user 'remora' is read-only: on the port with a password; on the socket without one.
    private ReadingUser? Authenticate(HttpContext context, RequestOptions request)
    {
        var isOwner = context.Connection.LocalIpAddress is null;
        if (isOwner && request.User is null or "default")
            return null;
        if (request.User == ReadingUser.Name && (isOwner || reader.HasPassword(request.Password ?? "")))
            return reader;
        throw EngineException.Of(
            516,
            "AUTHENTICATION_FAILED",
            $"{request.User ?? "default"}: Authentication failed: password is incorrect, or there is no user with "
                + $"such name."
        );
    }

    // Another web site, also through DNS rebinding, can make a browser send requests to a local
    // port.
    private static bool IsCrossSite(HttpContext context)
    {
        if (context.Connection.LocalIpAddress is null)
            return false;
        if (context.Request.Headers["Sec-Fetch-Site"] == "cross-site")
            return true;
        var host = context.Request.Host.Host;
        return host is not ("localhost" or "127.0.0.1" or "[::1]" or "::1");
    }

    private static string? Encoding(HttpRequest request)
    {
        var accepted = request.Headers.AcceptEncoding.ToString();
        return accepted.Length == 0 ? null
            : accepted.Contains("gzip", StringComparison.OrdinalIgnoreCase) ? "gzip"
            : accepted.Contains("br", StringComparison.OrdinalIgnoreCase) ? "br"
            : accepted.Contains("deflate", StringComparison.OrdinalIgnoreCase) ? "deflate"
            : null;
    }
}
