using Microsoft.AspNetCore.Routing;

namespace Remora.Server.Api;

/// <summary>The page for people. Its files are built from the folder <c>Page</c>.</summary>
internal static class MarketPage
{
    private static readonly (string Path, string File, string MediaType)[] Files =
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/page.js", "page.js", "text/javascript; charset=utf-8"),
        ("/page.css", "page.css", "text/css; charset=utf-8"),
        ("/theme.js", "theme.js", "text/javascript; charset=utf-8"),
        ("/sw.js", "sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "manifest.webmanifest", "application/manifest+json"),
        ("/icon.svg", "icon.svg", "image/svg+xml"),
        ("/icon-180.png", "icon-180.png", "image/png"),
        ("/icon-192.png", "icon-192.png", "image/png"),
        ("/icon-512.png", "icon-512.png", "image/png"),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var (path, file, mediaType) in Files)
            EmbeddedFile.Serve(app, path, "Page/" + file, mediaType);
    }

    /// <summary>
    /// Whether a path is a file of the page. These files contain no data and need no key; the page
    /// asks for a key if the API requires one.
    /// </summary>
    public static bool Has(string? path) => Array.Exists(Files, file => file.Path == path);
}
