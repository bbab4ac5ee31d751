using Microsoft.OpenApi;

namespace Remora.Server.Api.Document;

/// <summary>How callers show who they are.</summary>
internal static class DocumentKeys
{
    private const string Scheme = "key";

    /// <summary>Every operation takes a key; those that answer 401 ask for one where the service's settings say so.</summary>
    public static void Describe(OpenApiDocument document)
    {
        document.AddComponent(Scheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A key that `remora keys add` made, sent as `Authorization: Bearer KEY`. Needed on an address that other machines can reach, and everywhere with the setting `require_keys`; "
                + "optional on a loopback address and with the setting `allow_anonymous`.",
        });
        document.Security = [new() { [new(Scheme, document)] = [] }, []];
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>()))
            if (operation.Responses?.ContainsKey("401") != true) operation.Security = [];
    }
}
