using Microsoft.AspNetCore.Http;

namespace Remora.Server.Access;

/// <summary>Who asks, where that matters: the key, if it came with a known one.</summary>
internal sealed record Caller(ApiKey? Key)
{
    public static Caller Anonymous { get; } = new((ApiKey?)null);

    /// <summary>Who asks; null where nobody was asked to say.</summary>
    public static Caller? Of(HttpContext context) => context.Features.Get<Caller>();
}
