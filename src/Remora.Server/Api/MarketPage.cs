using Microsoft.AspNetCore.Routing;

namespace Remora.Server.Api;

/// <summary>The page for people: may I trade now, and why. Its files are made from the folder <c>Page</c> when the program is built.</summary>
internal static class MarketPage
{
    public static void Map(IEndpointRouteBuilder app)
    {
        EmbeddedFile.Serve(app, "/", "Page/index.html", "text/html; charset=utf-8");
        EmbeddedFile.Serve(app, "/page.js", "Page/page.js", "text/javascript; charset=utf-8");
        EmbeddedFile.Serve(app, "/page.css", "Page/page.css", "text/css; charset=utf-8");
        EmbeddedFile.Serve(app, "/theme.js", "Page/theme.js", "text/javascript; charset=utf-8");
        EmbeddedFile.Serve(app, "/icon.svg", "Page/icon.svg", "image/svg+xml");
    }
}
