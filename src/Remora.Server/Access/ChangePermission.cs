using Microsoft.AspNetCore.Http;
using Remora.Server.Api;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>
/// Who may change something through the API: callers with a key if the service requires keys, and
/// never a web page of another origin.
/// </summary>
internal static class ChangePermission
{
    /// <summary>Returns why a request may change nothing; null if it may.</summary>
    /// <param name="context">The request.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="scope">The scope that its key must have; null for any key.</param>
    public static ProblemResult? Refusal(HttpContext context, ServiceSettings settings, string? scope = null)
    {
        if (!SameOrigin.Has(context.Request))
            return ApiProblem.Of(
                StatusCodes.Status403Forbidden,
                "A page of another origin cannot change the service: use the command line, or a request without an "
                    + "Origin header."
            );
        if (!settings.IsGuarded)
            return null;
        var key = Caller.Of(context)?.Key;
        if (key is null)
        {
            context.Response.Headers.WWWAuthenticate = AccessGate.Challenge;
            return ApiProblem.Of(
                StatusCodes.Status401Unauthorized,
                "Changes require a key: send 'Authorization: Bearer KEY'. The operator of the service creates keys "
                    + "with 'remora keys add'."
            );
        }
        return scope is null || key.Scopes?.Contains(scope) == true
            ? null
            : ApiProblem.Of(
                StatusCodes.Status403Forbidden,
                $"This key has not the scope '{scope}': the operator of the service creates one with "
                    + $"'remora keys add NAME --scope {scope}'."
            );
    }
}
