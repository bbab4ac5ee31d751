using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Remora.Server.Api;

/// <summary>Lets an endpoint, or a group of them, say with which statuses it refuses, besides 400.</summary>
internal static class RefusedStatus
{
    public static TBuilder Refuses<TBuilder>(this TBuilder endpoint, params IReadOnlyList<int> statuses) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata([.. statuses.Select(status => new ProducesResponseTypeMetadata(status, typeof(ApiProblem), [ApiProblem.MediaType]))]);

    /// <summary>The endpoints stand behind the gates: they look at the host that was asked for, want a key and count calls.</summary>
    public static TBuilder WantsKey<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.Refuses(StatusCodes.Status401Unauthorized, StatusCodes.Status421MisdirectedRequest, StatusCodes.Status429TooManyRequests);
}
