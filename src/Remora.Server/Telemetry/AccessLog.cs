using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Remora.Server.Access;
using Remora.Server.Api;

namespace Remora.Server.Telemetry;

/// <summary>One line for each request. It names the caller's key, never shows it; of a query it writes nothing, for people put secrets there, and
/// the path stays percent-encoded, so that nobody can write lines of his own.</summary>
internal sealed class AccessLog(ILoggerFactory logs)
{
    private readonly ILogger _log = logs.CreateLogger("Remora.Access");

    public void Write(HttpContext context, int status, TimeSpan took) => _log.LogInformation(
        "{Method} {Path} {Status} {Milliseconds} ms {Caller} {Remote}",
        Shown.Of(context.Request.Method), Shown.Of(context.Request.Path.ToUriComponent()), status, Math.Round(took.TotalMilliseconds, 3), Caller.Of(context)?.Key?.Name ?? "anonymous", context.Connection.RemoteIpAddress);
}
