using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Remora.Bots.Tests;

/// <summary>A real HTTP server on a free port. The test determines its answers.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopbackServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.Single());

    public static async Task<LoopbackServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
                kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1)
            );
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return new(app);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>Waits until a condition becomes true.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition, Func<string> otherwise)
    {
        for (var i = 0; i < 3000; i++)
        {
            if (condition())
                return;
            await Task.Delay(10);
        }
        Assert.Fail("not within half a minute: " + otherwise());
    }
}
