using Microsoft.AspNetCore.Routing;

namespace Remora.Server.Api;

/// <summary>
/// The page that shows the API reference and sends test requests. It sends requests to this service
/// only.
/// </summary>
internal static class ReferencePage
{
    private static readonly (string Path, string File, string MediaType)[] Files =
    [
        ("/reference", "reference.html", "text/html; charset=utf-8"),
        ("/reference.js", "reference.js", "text/javascript; charset=utf-8"),
        ("/reference.css", "reference.css", "text/css; charset=utf-8"),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var (path, file, mediaType) in Files)
            EmbeddedFile.Serve(app, path, "Reference/" + file, mediaType);
    }

    /// <summary>
    /// Whether a path is a file of the page. These files need no key. The document that they show
    /// needs one, and the page asks for it.
    /// </summary>
    public static bool Has(string? path) => Array.Exists(Files, file => file.Path == path);
}
