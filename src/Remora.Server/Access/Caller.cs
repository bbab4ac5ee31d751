using Microsoft.AspNetCore.Http;

namespace Remora.Server.Access;

/// <summary>The caller of a request: an API key, or anonymous.</summary>
internal sealed record Caller(ApiKey? Key)
{
    public static Caller Anonymous { get; } = new((ApiKey?)null);

    /// <summary>Returns the caller; null if the request was not authenticated.</summary>
    public static Caller? Of(HttpContext context) => context.Features.Get<Caller>();
}
