using System.IO.Compression;
using System.Net;

namespace Remora.Server.Tests.Page;

public sealed class FileTests
{
    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/page.js", "text/javascript")]
    [InlineData("/page.css", "text/css")]
    [InlineData("/theme.js", "text/javascript")]
    [InlineData("/sw.js", "text/javascript")]
    [InlineData("/manifest.webmanifest", "application/manifest+json")]
    [InlineData("/icon-192.png", "image/png")]
    [InlineData("/icon.svg", "image/svg+xml")]
    [InlineData("/reference", "text/html")]
    public async Task A_file_is_known_by_its_content_and_comes_small(string path, string mediaType)
    {
        await using var service = await LiveServer.StartAsync();
        using var plain = await service.Http.GetAsync(path);
        Assert.Equal(mediaType, plain.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", Assert.Single(plain.Headers.GetValues("X-Content-Type-Options")));
        var policy = Assert.Single(plain.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; ",
            policy,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);

        using var again = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Headers = { IfNoneMatch = { plain.Headers.ETag! } },
        };
        using var unchanged = await service.Http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Empty(await unchanged.Content.ReadAsByteArrayAsync());

        using var zipped = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Headers = { AcceptEncoding = { new("gzip") } },
        };
        using var small = await service.Http.SendAsync(zipped);
        Assert.Equal(["gzip"], small.Content.Headers.ContentEncoding);
        await using var unzipped = new GZipStream(await small.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var content = new MemoryStream();
        await unzipped.CopyToAsync(content);
        Assert.Equal(await plain.Content.ReadAsByteArrayAsync(), content.ToArray());
    }

    /// <summary>The budget of the page: what a phone loads, compressed.</summary>
    [Fact]
    public async Task Script_and_style_are_at_most_120_kilobytes()
    {
        const int budget = 120 * 1024;
        await using var service = await LiveServer.StartAsync();
        var size = 0L;
        foreach (var path in new[] { "/page.js", "/page.css", "/theme.js", "/sw.js" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path)
            {
                Headers = { AcceptEncoding = { new("gzip") } },
            };
            using var response = await service.Http.SendAsync(request);
            Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
            size += response.Content.Headers.ContentLength!.Value;
        }
        Assert.InRange(size, 1, budget);
    }

    [Fact]
    public async Task Nothing_in_the_page_is_inline_or_elsewhere()
    {
        await using var service = await LiveServer.StartAsync();
        var page = await service.Http.GetStringAsync("/");
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }
}
