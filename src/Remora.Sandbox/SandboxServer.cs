using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Remora.Sandbox.Faults;
using Remora.Sandbox.Streams;

namespace Remora.Sandbox;

/// <summary>
/// A local server that simulates all exchanges and sources behind one port. A request to
/// <c>/original-host/path</c> is answered as that host would answer it, or fails if a fault affects
/// it. <c>/sandbox</c> is the control page. Every response is marked as not real.
/// </summary>
public sealed class SandboxServer : IAsyncDisposable
{
    internal const int LongestBody = 64 << 10;

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop;

    private SandboxServer(WebApplication app, CancellationTokenSource stop, SandboxWorld world, FaultBoard faults)
    {
        (_app, _stop, World, Faults) = (app, stop, world, faults);
        Url = app.Urls.Single();
    }

    /// <summary>The URL of the server: <c>http://127.0.0.1:PORT</c>.</summary>
    public string Url { get; }

    /// <summary>The faults.</summary>
    public FaultBoard Faults { get; }

    /// <summary>The markets.</summary>
    public SandboxWorld World { get; }

    /// <summary>Starts the sandbox. It accepts requests when this method returns.</summary>
    /// <param name="options">What to simulate and to replay, and the faults.</param>
    /// <param name="clock">The clock of its markets.</param>
    /// <param name="cancellation">Cancels the start.</param>
    /// <exception cref="SandboxOptionException">An option is out of range. The message names
    /// it.</exception>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<SandboxServer> StartAsync(
        SandboxOptions options,
        TimeProvider clock,
        CancellationToken cancellation = default
    )
    {
        var world = new SandboxWorld(options, Markets.Instant.From(clock.GetUtcNow()));
        var faults = new FaultBoard(options.FaultClock, options.FaultSeed);
        foreach (var fault in options.Faults)
            faults.Add(fault);
        if (options.Storm is { } storm)
            faults.Begin(storm);

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = LongestBody;
                // Keeps slow readers of slow bodies connected.
                kestrel.Limits.MinResponseDataRate = null;
                kestrel.Listen(IPAddress.Loopback, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
            });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var stop = new CancellationTokenSource();
        var router = new SandboxRouter(options, world, faults, clock, stop.Token);
        app.UseSilenceableUpgrades().UseWebSockets();
        app.Run(router.Answer);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch
        {
            stop.Dispose();
            await app.DisposeAsync();
            throw;
        }
        return new(app, stop, world, faults);
    }

    /// <summary>Stops the server, stalled responses included.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }
}
