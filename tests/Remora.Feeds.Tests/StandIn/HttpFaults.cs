using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Remora.Feeds.Tests.StandIn;

/// <summary>Ways in which a server responds incorrectly or not at all.</summary>
internal static class HttpFaults
{
    private const string Page = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";

    public static readonly IReadOnlyDictionary<string, Func<HttpContext, Task>> All = new Dictionary<
        string,
        Func<HttpContext, Task>
    >
    {
        ["html 200"] = c => Send(c, 200, Page, "text/html"),
        ["html 403"] = c => Send(c, 403, "<html>Attention Required!</html>", "text/html"),
        ["html 500"] = c => Send(c, 500, Page, "text/html"),
        ["html 502"] = c => Send(c, 502, Page, "text/html"),
        ["html 503"] = c => Send(c, 503, Page, "text/html"),
        ["html 504"] = c => Send(c, 504, Page, "text/html"),
        ["html 520"] = c => Send(c, 520, Page, "text/html"),
        ["html 524"] = c => Send(c, 524, Page, "text/html"),
        ["null 200"] = c => Send(c, 200, "null"),
        ["number 200"] = c => Send(c, 200, "42"),
        ["empty object 200"] = c => Send(c, 200, "{}"),
        ["empty body 200"] = c => Send(c, 200, ""),
        ["garbage 200"] = c => Send(c, 200, "{\"error\":[],\"result\":{\"XX"),
        ["binary 200"] = c => Send(c, 200, "\0\u0001\u0002 not json"),
        ["json 500"] = c => Send(c, 500, "{\"error\":\"internal\",\"message\":\"internal server error\"}"),
        ["coinbase 500"] = c =>
            Send(c, 500, "{\"error\":\"INTERNAL\",\"code\":13,\"message\":\"Internal error\",\"error_details\":\"\"}"),
        ["bybit 10016"] = c =>
            Send(
                c,
                200,
                "{\"retCode\":10016,\"retMsg\":\"Internal server error\",\"result\":{},\"retExtInfo\":{},\"time\":1}"
            ),
        ["451"] = c => Send(c, 451, "{\"code\":0,\"msg\":\"Service unavailable from a restricted location\"}"),
        ["429"] = c => Send(c, 429, "Too Many Requests", "text/plain", ("Retry-After", "7")),
        ["429 json"] = c =>
            Send(
                c,
                429,
                "{\"code\":\"50011\",\"msg\":\"Too Many Requests\",\"data\":[]}",
                headers: ("Retry-After", "7")
            ),
        ["418"] = c =>
            Send(
                c,
                418,
                "{\"code\":-1003,\"msg\":\"Way too much request weight used; IP banned.\"}",
                headers: ("Retry-After", "120")
            ),
        ["429 date"] = c =>
            Send(c, 429, "{}", headers: ("Retry-After", DateTimeOffset.UtcNow.AddSeconds(30).ToString("R"))),
        ["redirect"] = c => Send(c, 302, "", headers: ("Location", "http://127.0.0.1:1/elsewhere")),
        ["large body"] = c => Send(c, 200, "[" + new string(' ', 2 << 20) + "]"),
        ["gzip bomb"] = c => SendBytes(c, Gzip(new byte[4 << 20]), "gzip"),
        ["large headers"] = c => Send(c, 200, "[]", headers: ("X-Big", new string('a', 20_000))),
        ["truncated"] = async c =>
        {
            c.Response.ContentType = "application/json";
            c.Response.ContentLength = 100_000;
            await c.Response.WriteAsync("[[1700000100000,\"1\",\"2\",");
            await c.Response.Body.FlushAsync();
            c.Abort();
        },
        ["truncated chunks"] = async c =>
        {
            c.Response.ContentType = "application/json";
            await c.Response.WriteAsync("[[1700000100000,\"1\",\"2\",");
            await c.Response.Body.FlushAsync();
            c.Abort();
        },
        ["truncated gzip"] = c =>
            SendBytes(c, Gzip(Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Range(0, 5000))))[..500], "gzip"),
        ["bad gzip"] = c => SendBytes(c, "not gzip"u8.ToArray(), "gzip"),
        ["reset"] = c =>
        {
            c.Abort();
            return Task.CompletedTask;
        },
        ["no answer"] = c => Task.Delay(Timeout.Infinite, c.RequestAborted),
        ["stalled body"] = async c =>
        {
            c.Response.ContentType = "application/json";
            await c.Response.WriteAsync("[");
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, c.RequestAborted);
        },
        ["dribbling body"] = async c =>
        {
            c.Response.ContentType = "application/json";
            while (!c.RequestAborted.IsCancellationRequested)
            {
                await c.Response.WriteAsync(" ");
                await c.Response.Body.FlushAsync();
                await Task.Delay(50, c.RequestAborted);
            }
        },
    };

    private static Task Send(
        HttpContext context,
        int status,
        string body,
        string type = "application/json",
        params (string Name, string Value)[] headers
    )
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(body);
        return context.Response.WriteAsync(body);
    }

    private static Task SendBytes(HttpContext context, byte[] body, string encoding)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.ContentEncoding = encoding;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body).AsTask();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
