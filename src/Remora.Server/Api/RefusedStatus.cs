using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Remora.Server.Api;

/// <summary>Declares the statuses with which endpoints refuse requests, besides 400.</summary>
internal static class RefusedStatus
{
    public static TBuilder Refuses<TBuilder>(this TBuilder endpoint, params IReadOnlyList<int> statuses)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata([
            .. statuses.Select(status => new ProducesResponseTypeMetadata(
                status,
                typeof(ApiProblem),
                [ApiProblem.MediaType]
            )),
        ]);

    /// <summary>
    /// Declares that the endpoints check the host name, need a key and are rate-limited, as all
    /// endpoints behind the gates do.
    /// </summary>
    public static TBuilder WantsKey<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.Refuses(
            StatusCodes.Status401Unauthorized,
            StatusCodes.Status403Forbidden,
            StatusCodes.Status421MisdirectedRequest,
            StatusCodes.Status429TooManyRequests
        );
}
