using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Remora.Server.Api;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>The scope that an endpoint requires of a key; the last one declared applies.</summary>
/// <param name="Name">One of <see cref="KeyScopes.All"/>.</param>
/// <param name="OrUnlimited">Whether keys that are not limited in reading do too.</param>
/// <param name="IsChange">Whether the scope to read does not contain it.</param>
internal sealed record RequiredScope(string Name, bool OrUnlimited, bool IsChange);

/// <summary>
/// The scopes of keys. A key without a scope that limits reading (<see cref="Read"/>,
/// <see cref="Decisions"/>, <see cref="Metrics"/>, <see cref="Admin"/>) reads everything, as all
/// keys did before there were scopes.
/// </summary>
public static class KeyScopes
{
    /// <summary>All answers of the API, without metrics.</summary>
    public const string Read = "read";

    /// <summary>
    /// What a bot needs: assessments, forecasts, streams, pairs and policies, and reporting its
    /// entries.
    /// </summary>
    public const string Decisions = "decisions";

    /// <summary>Metrics for Prometheus.</summary>
    public const string Metrics = "metrics";

    /// <summary>Adding and dropping pairs.</summary>
    public const string Pairs = "pairs";

    /// <summary>Everything, also changes of the running service.</summary>
    public const string Admin = "admin";

    /// <summary>All scopes.</summary>
    public static IReadOnlyList<string> All { get; } = [Read, Decisions, Metrics, Pairs, Admin];

    /// <summary>Returns whether a key may call an endpoint that requires a scope.</summary>
    public static bool Allow(this ApiKey key, string scope)
    {
        var scopes = key.Scopes ?? [];
        if (scopes.Contains(Admin) || scopes.Contains(scope))
            return true;
        if (scope == Decisions && scopes.Contains(Read))
            return true;
        return scope is Read or Decisions or Metrics && key.ReadsAll();
    }

    private static bool OnlyReads(this ApiKey key) =>
        key.Scopes is { } scopes && scopes.Contains(Read) && !scopes.Contains(Decisions) && !scopes.Contains(Admin);

    private static bool ReadsAll(this ApiKey key) =>
        key.Scopes?.Any(scope => scope is Read or Decisions or Metrics or Admin) != true;

    /// <summary>Declares the scope that keys need for an endpoint, or for a group.</summary>
    internal static TBuilder Needs<TBuilder>(
        this TBuilder endpoints,
        string scope,
        bool orUnlimited = false,
        bool isChange = false
    )
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new RequiredScope(scope, orUnlimited, isChange));

    /// <summary>
    /// Refuses keys without the scope of the endpoint. Runs after routing; requests without a key
    /// are handled by <see cref="AccessGate"/>.
    /// </summary>
    internal static void UseScopes(this IApplicationBuilder app, ServiceSettings settings)
    {
        if (!settings.IsGuarded)
            return;
        app.Use(next =>
            context =>
                Caller.Of(context)?.Key is { } key
                && context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() is { } scope
                && !(key.Allow(scope.Name) && !(scope.IsChange && key.OnlyReads()))
                && !(scope.OrUnlimited && key.ReadsAll())
                    ? Refusal(key, scope.Name).ExecuteAsync(context)
                    : next(context)
        );
    }

    private static ProblemResult Refusal(ApiKey key, string scope) =>
        ApiProblem.Of(
            StatusCodes.Status403Forbidden,
            $"The key '{key.Name}' does not have the scope '{scope}': the operator of the service creates one with "
                + $"'remora keys add NAME --scope {scope}'."
        );
}
