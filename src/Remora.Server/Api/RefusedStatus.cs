using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Remora.Server.Api;

/// <summary>Lets an endpoint say with which statuses it refuses, besides 400.</summary>
internal static class RefusedStatus
{
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params IReadOnlyList<int> statuses)
    {
        foreach (var status in statuses) endpoint.Produces<ApiProblem>(status, ApiProblem.MediaType);
        return endpoint;
    }
}
