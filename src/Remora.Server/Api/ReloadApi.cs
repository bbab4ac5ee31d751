using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Settings;

namespace Remora.Server.Api;

/// <summary>Reloads the settings on the operator's request.</summary>
internal static class ReloadApi
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/reload", Reload)
            .WithTags("Status")
            .Needs(KeyScopes.Admin)
            .WithName("reload")
            .WithSummary("Reload the settings")
            .WithDescription(
                "Reads the settings file again. Names the settings that changed and apply now, and those that apply "
                    + "after a restart. Invalid settings change nothing: the status is 409, and `detail` contains the "
                    + "errors. Requires a key with the scope `admin` if the service requires keys."
            )
            .Takes()
            .Produces<ReloadReport>()
            .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status409Conflict);

    private static IResult Reload(HttpContext context, ServiceSettings settings, ServiceParts parts)
    {
        if (ChangePermission.Refusal(context, settings) is { } refusal)
            return refusal;
        if (parts.Reload is not { } reload)
            return ApiProblem.Of(StatusCodes.Status409Conflict, "This service was started without settings to reload.");
        try
        {
            return new AnswerResult<ReloadReport>(RenderedAnswer.Of(reload.Run()));
        }
        catch (SettingsException e)
        {
            return ApiProblem.Of(
                StatusCodes.Status409Conflict,
                $"The settings are invalid, and nothing was changed: {string.Join("; ", e.Errors)}"
            );
        }
    }
}
