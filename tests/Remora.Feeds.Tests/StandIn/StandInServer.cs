using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Remora.Feeds.Tests.StandIn;

/// <summary>A received request.</summary>
internal sealed record Arrival(string Path, string Query, TimeSpan At);

/// <summary>
/// A local server that replaces all outside hosts: <c>http://127.0.0.1:PORT/original-host/path</c>.
/// </summary>
internal sealed class StandInServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly long _started = Stopwatch.GetTimestamp();

    private StandInServer(WebApplication app, StandInMarkets markets)
    {
        _app = app;
        Markets = markets;
    }

    public StandInMarkets Markets { get; }

    public Uri BaseUrl { get; private set; } = null!;

    public ConcurrentQueue<Arrival> Arrivals { get; } = new();

    /// <summary>Returns the fault of a request to a path; null for none.</summary>
    public Func<string, Func<HttpContext, Task>?> Fault { get; set; } = _ => null;

    /// <summary>Changes the rows of candles.</summary>
    public Func<List<double?[]>, List<double?[]>> Distort { get; set; } = rows => rows;

    /// <summary>
    /// Whether <see cref="Distort"/> applies to a response, by the original host and path.
    /// </summary>
    public Func<string, bool> Distorts { get; set; } = _ => true;

    /// <summary>Responses by path that replace those of the exchanges.</summary>
    public ConcurrentDictionary<string, string> Bodies { get; } = new();

    /// <summary>The ETag of these responses; null for none.</summary>
    public string? Tag { get; set; }

    /// <summary>How often a response was not sent because the caller had it already.</summary>
    public int NotModified { get; private set; }

    public static async Task<StandInServer> StartAsync(TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new StandInServer(builder.Build(), new(clock ?? TimeProvider.System));
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        var address = server
            ._app.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.Single();
        server.BaseUrl = new(address);
        return server;
    }

    public void FailAll(string fault) => Fault = _ => HttpFaults.All[fault];

    public void Heal()
    {
        Fault = _ => null;
        Distort = rows => rows;
        Distorts = _ => true;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token); // no grace period for requests that stall on purpose
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.TrimStart('/');
        Arrivals.Enqueue(new(path, context.Request.QueryString.Value ?? "", Stopwatch.GetElapsedTime(_started)));
        if (Fault(path) is { } fault)
        {
            await fault(context);
            return;
        }
        if (Tag is { } tag)
        {
            context.Response.Headers.ETag = tag;
            if (context.Request.Headers.IfNoneMatch == tag)
            {
                NotModified++;
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }
        var body = Bodies.TryGetValue(path, out var text)
            ? text
            : WireFormats
                .Answer(path, context.Request.Query, Markets, Distorts(path) ? Distort : rows => rows)
                ?.ToJsonString();
        context.Response.StatusCode = body is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body ?? "{\"msg\":\"the stand-in does not know this path\"}");
    }
}
