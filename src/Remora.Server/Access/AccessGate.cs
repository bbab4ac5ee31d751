using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Remora.Server.Api;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>
/// Checks who may call and how often. Runs before everything that answers, except for the two
/// health checks, which reveal nothing. The files of the two pages need no key.
/// </summary>
internal sealed class AccessGate(
    ServiceSettings settings,
    LiveSettings live,
    KeyRing keys,
    KeyUse use,
    CallLimits limits
)
{
    /// <summary>The value of <c>WWW-Authenticate</c> in a response with status 401.</summary>
    public const string Challenge = "Bearer realm=\"remora\"";

    private const string Scheme = "Bearer ";

    public void Use(IApplicationBuilder app) =>
        app.Use(next => context => Check(context) is { } refusal ? refusal.ExecuteAsync(context) : next(context));

    private ProblemResult? Check(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization;
        var found =
            authorization.Count == 1
            && authorization[0] is { } text
            && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                ? keys.Find(text.AsSpan(Scheme.Length).Trim())
                : null;
        var key = found is null || keys.IsExpired(found) ? null : found;
        if (key is not null)
        {
            context.Features.Set(new Caller(key));
            use.Note(key);
        }
        if (!settings.IsGuarded || IsHealth(context.Request.Path))
            return null;
        if (
            !(
                key is not null
                    ? limits.TryTake(key, out var wait)
                    : limits.TryTake(context.Connection.RemoteIpAddress, out wait)
            )
        )
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString();
            return ApiProblem.Of(
                StatusCodes.Status429TooManyRequests,
                key is null
                    ? $"The limit without a key is {live.Current.AnonymousPerMinute} requests per minute: send fewer, "
                        + $"or send 'Authorization: Bearer KEY'."
                    : $"The limit of this key is {key.PerMinute ?? live.Current.KeyPerMinute} requests per minute: "
                        + $"send fewer."
            );
        }
        if (
            key is not null
            || (settings.AnswersAnonymous && authorization.Count == 0)
            || MarketPage.Has(context.Request.Path.Value)
            || ReferencePage.Has(context.Request.Path.Value)
        )
            return null;
        context.Response.Headers.WWWAuthenticate = Challenge;
        return ApiProblem.Of(
            StatusCodes.Status401Unauthorized,
            authorization.Count == 0
                    ? "A key is required: send 'Authorization: Bearer KEY'. The operator of the service creates keys "
                        + "with 'remora keys add'."
                : found is not null
                    ? $"The key '{found.Name}' expired at {found.Expires}: the operator of the service renews it with "
                        + $"'remora keys rotate {found.Name}'."
                : "Unknown key: it is mistyped, revoked, or belongs to another service."
        );
    }

    /// <summary>
    /// Returns a check for long-lived responses: whether the caller of a request may still read. It
    /// returns false after the caller's key is revoked.
    /// </summary>
    public Func<bool> Lasting(HttpContext context) =>
        settings.IsGuarded && Caller.Of(context)?.Key is { } key ? () => keys.Holds(key) : static () => true;

    /// <summary>
    /// Whether a path is a health check. Health checks answer everyone and reveal only that the
    /// service runs.
    /// </summary>
    internal static bool IsHealth(in PathString path) => path.Value is "/healthz" or "/readyz";
}
