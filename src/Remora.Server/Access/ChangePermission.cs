using Microsoft.AspNetCore.Http;
using Remora.Server.Api;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>
/// Who may change something through the API: callers with a key if the service requires keys, whose
/// scope was checked before, and never a web page of another origin.
/// </summary>
internal static class ChangePermission
{
    /// <summary>Returns why a request may change nothing; null if it may.</summary>
    /// <param name="context">The request.</param>
    /// <param name="settings">The settings.</param>
    public static ProblemResult? Refusal(HttpContext context, ServiceSettings settings)
    {
        if (!SameOrigin.Has(context.Request))
            return ApiProblem.Of(
                StatusCodes.Status403Forbidden,
                "A page of another origin cannot change the service: use the command line, or a request without an "
                    + "Origin header."
            );
        if (!settings.IsGuarded || Caller.Of(context)?.Key is not null)
            return null;
        context.Response.Headers.WWWAuthenticate = AccessGate.Challenge;
        return ApiProblem.Of(
            StatusCodes.Status401Unauthorized,
            "Changes require a key: send 'Authorization: Bearer KEY'. The operator of the service creates keys "
                + "with 'remora keys add'."
        );
    }
}
