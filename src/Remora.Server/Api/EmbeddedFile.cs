using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace Remora.Server.Api;

/// <summary>
/// A file of a page. It is embedded in the program and identified by the hash of its content. Its
/// content security policy restricts it to this service.
/// </summary>
internal sealed class EmbeddedFile
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly string _mediaType;
    private readonly byte[] _plain;
    private readonly Lazy<byte[]> _zipped;
    private readonly StringValues _tag;

    private EmbeddedFile(string resource, string mediaType)
    {
        using var stream =
            Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new ArgumentException($"'{resource}' is not in the program", nameof(resource));
        using var content = new MemoryStream();
        stream.CopyTo(content);
        _plain = content.ToArray();
        _zipped = new(() => Zip(_plain));
        _mediaType = mediaType;
        _tag = $"W/\"{Convert.ToHexStringLower(SHA256.HashData(_plain).AsSpan(0, 8))}\"";
    }

    /// <summary>Serves an embedded resource at a path.</summary>
    public static void Serve(IEndpointRouteBuilder app, string path, string resource, string mediaType)
    {
        var file = new EmbeddedFile(resource, mediaType);
        app.MapGet(path, (RequestDelegate)file.AnswerAsync).ExcludeFromDescription();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache"; // cached and revalidated: an unchanged file costs a 304
        headers.ETag = _tag;
        headers.Vary = "Accept-Encoding";
        if (context.Request.Headers.IfNoneMatch == _tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        var isZipped = context
            .Request.Headers.AcceptEncoding.ToString()
            .Contains("gzip", StringComparison.OrdinalIgnoreCase);
        var body = isZipped ? _zipped.Value : _plain;
        if (isZipped)
            headers.ContentEncoding = "gzip";
        response.ContentType = _mediaType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, 0, body.Length, context.RequestAborted);
    }

    private static byte[] Zip(byte[] plain)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(plain);
        return zipped.ToArray();
    }
}
