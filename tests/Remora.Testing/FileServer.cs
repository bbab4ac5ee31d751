using System.Globalization;
using System.Net;

namespace Remora.Testing;

/// <summary>
/// An HTTP server with files in memory. It understands ranges, and ends some connections early.
/// </summary>
public sealed class FileServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Random _random = new(5);
    private readonly Lock _lock = new();

    public FileServer()
    {
        for (var port = 0; ; )
        {
            using (var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                socket.Start();
                port = ((IPEndPoint)socket.LocalEndpoint).Port;
            }
            Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/");
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add(Url);
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) { } // another process has taken the port
        }
        _ = ServeAsync();
    }

    public string Url { get; }

    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>The share of requests whose connection ends in the middle.</summary>
    public double Broken { get; set; }

    /// <summary>The number of requests that continued a download.</summary>
    public int Continued { get; private set; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            try
            {
                await AnswerAsync(context);
            }
            catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException) { }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        byte[]? content;
        bool breaks;
        lock (_lock)
        {
            content = Files.GetValueOrDefault(context.Request.Url!.AbsolutePath[1..]);
            breaks = _random.NextDouble() < Broken;
        }
        using var answer = context.Response;
        if (content is null)
        {
            answer.StatusCode = 404;
            return;
        }
        var tag = $"\"{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(content))[..16]}\"";
        answer.Headers["ETag"] = tag;
        var from = 0;
        if (context.Request.Headers["Range"] is { } range && context.Request.Headers["If-Range"] == tag)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            answer.StatusCode = 206;
            answer.Headers["Content-Range"] = string.Create(
                CultureInfo.InvariantCulture,
                $"bytes {from}-{content.Length - 1}/{content.Length}"
            );
            Continued++;
        }
        var rest = content.AsMemory(from);
        answer.ContentLength64 = rest.Length;
        if (breaks)
        {
            await answer.OutputStream.WriteAsync(rest[..(rest.Length / 2)]);
            await answer.OutputStream.FlushAsync();
            answer.Abort();
            return;
        }
        await answer.OutputStream.WriteAsync(rest);
    }
}
