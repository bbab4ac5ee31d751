using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Remora.Server.Access;
using Remora.Server.Api;
using Remora.Server.Settings;

namespace Remora.Server.Telemetry;

/// <summary>
/// Logs one line for each request, with the name of the caller's key but never the key. The query
/// is not logged, because it may contain secrets. The path stays percent-encoded, so that a caller
/// cannot inject lines.
/// </summary>
internal sealed class AccessLog(ILoggerFactory logs, LiveSettings live)
{
    private readonly ILogger _log = logs.CreateLogger("Remora.Access");

    public void Write(HttpContext context, int status, TimeSpan took)
    {
        if (!live.Current.AccessLog)
            return;
        _log.LogInformation(
            "{Method} {Path} {Status} {Milliseconds} ms {Caller} {Remote}",
            Shown.Of(context.Request.Method),
            Shown.Of(context.Request.Path.ToUriComponent()),
            status,
            Math.Round(took.TotalMilliseconds, 3),
            Caller.Of(context)?.Key?.Name ?? "anonymous",
            context.Connection.RemoteIpAddress
        );
    }
}
