using Microsoft.AspNetCore.Routing;

namespace Remora.Server.Api;

/// <summary>The page for people: may I trade now, and why. Its files are made from the folder <c>Page</c> when the program is built.</summary>
internal static class MarketPage
{
    private static readonly (string Path, string File, string MediaType)[] Files =
    [
        ("/", "index.html", "text/html; charset=utf-8"), ("/page.js", "page.js", "text/javascript; charset=utf-8"), ("/page.css", "page.css", "text/css; charset=utf-8"),
        ("/theme.js", "theme.js", "text/javascript; charset=utf-8"), ("/icon.svg", "icon.svg", "image/svg+xml"),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var (path, file, mediaType) in Files) EmbeddedFile.Serve(app, path, "Page/" + file, mediaType);
    }

    /// <summary>Whether a path is one of its files. They tell nothing, and ask for the key that the interface wants.</summary>
    public static bool Has(string? path) => Array.Exists(Files, file => file.Path == path);
}
