using Microsoft.OpenApi;

namespace Remora.Server.Api.Document;

/// <summary>Describes how callers authenticate.</summary>
internal static class DocumentKeys
{
    private const string Scheme = "key";

    /// <summary>Names the scope that a key needs for an operation.</summary>
    public static void Require(OpenApiOperation operation, OpenApiDocument document, string scope) =>
        operation.Security = [new() { [new(Scheme, document)] = [scope] }, []];

    /// <summary>
    /// Adds the key to every operation. Operations that can answer 401 require it if the settings
    /// of the service do.
    /// </summary>
    public static void Describe(OpenApiDocument document)
    {
        document.AddComponent(
            Scheme,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description =
                    "A key that `remora keys add` created, sent as `Authorization: Bearer KEY`. Required on an "
                    + "address that other machines can reach, and everywhere with the setting `require_keys`; "
                    + "optional on a loopback address and with the setting `allow_anonymous`. A key can be limited "
                    + "to scopes: `read` (all answers, not metrics), `decisions` (assessments, forecasts, streams, "
                    + "pairs and policies), `metrics`, `pairs` (adding and dropping pairs) and `admin` (everything). "
                    + "Each operation names its scope; a key without a scope reads everything.",
            }
        );
        document.Security = [new() { [new(Scheme, document)] = [] }, []];
        foreach (
            var operation in document.Paths.Values.SelectMany(path =>
                path.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>()
            )
        )
            if (operation.Responses?.ContainsKey("401") != true)
                operation.Security = [];
    }
}
