using Microsoft.AspNetCore.Server.Kestrel.Core;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>
/// Limits the size and duration of requests. The largest valid request is a batch of 250 pairs,
/// about 4 kB. One endpoint takes a body and sets its own limit.
/// </summary>
internal static class RequestLimits
{
    public static void Apply(KestrelServerLimits limits, ServiceSettings settings, int connections)
    {
        limits.MaxRequestBodySize = 0; // an endpoint that takes a body sets its own
        limits.MaxRequestLineSize = 8 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = settings.HeadersTimeout;
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        limits.MaxConcurrentConnections = connections;
    }
}
