using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Remora.Server.Api;

/// <summary>Lets an endpoint, or a group of them, say with which statuses it refuses, besides 400.</summary>
internal static class RefusedStatus
{
    public static TBuilder Refuses<TBuilder>(this TBuilder endpoint, params IReadOnlyList<int> statuses) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata([.. statuses.Select(status => new ProducesResponseTypeMetadata(status, typeof(ApiProblem), [ApiProblem.MediaType]))]);

    /// <summary>The endpoints want a key and count calls, as everything behind the gate does.</summary>
    public static TBuilder WantsKey<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.Refuses(StatusCodes.Status401Unauthorized, StatusCodes.Status429TooManyRequests);
}
