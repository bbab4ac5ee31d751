using Microsoft.AspNetCore.Routing;

namespace Remora.Server.Api;

/// <summary>A page that shows the API and lets one try it. It asks nobody but this service.</summary>
internal static class ReferencePage
{
    public static void Map(IEndpointRouteBuilder app)
    {
        EmbeddedFile.Serve(app, "/reference", "Reference/reference.html", "text/html; charset=utf-8");
        EmbeddedFile.Serve(app, "/reference.js", "Reference/reference.js", "text/javascript; charset=utf-8");
        EmbeddedFile.Serve(app, "/reference.css", "Reference/reference.css", "text/css; charset=utf-8");
    }
}
