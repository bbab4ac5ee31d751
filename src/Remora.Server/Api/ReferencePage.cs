using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Remora.Server.Api;

/// <summary>A page that shows the API and lets one try it. It asks nobody but this service.</summary>
internal static class ReferencePage
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder app)
    {
        Serve(app, "/reference", "reference.html", "text/html; charset=utf-8");
        Serve(app, "/reference.js", "reference.js", "text/javascript; charset=utf-8");
        Serve(app, "/reference.css", "reference.css", "text/css; charset=utf-8");
        app.MapGet("/", () => TypedResults.Redirect("/reference")).ExcludeFromDescription();
    }

    private static void Serve(IEndpointRouteBuilder app, string path, string file, string mediaType)
    {
        var content = Read(file);
        app.MapGet(path, (HttpContext context) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.CacheControl = "no-cache";
            return TypedResults.Bytes(content, mediaType);
        }).ExcludeFromDescription();
    }

    private static byte[] Read(string file)
    {
        var assembly = Assembly.GetExecutingAssembly();
        using var stream = assembly.GetManifestResourceStream($"{assembly.GetName().Name}.Reference.{file}")!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
