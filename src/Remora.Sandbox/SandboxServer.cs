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
/// A local world behind one port: every request goes to <c>/original-host/path</c> and is answered as that host would, or fails as faults have it.
/// <c>/sandbox</c> is its control page. Every answer says that it is not real.
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

    /// <summary>Where it listens: <c>http://127.0.0.1:PORT</c>.</summary>
    public string Url { get; }

    /// <summary>What goes wrong.</summary>
    public FaultBoard Faults { get; }

    /// <summary>The markets.</summary>
    public SandboxWorld World { get; }

    /// <summary>Starts the sandbox; it answers when this returns.</summary>
    /// <param name="options">What to simulate, replay and break.</param>
    /// <param name="clock">The time of its markets.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="SandboxOptionException">An option is out of its range; the message names it.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, TimeProvider clock, CancellationToken cancellation = default)
    {
        var world = new SandboxWorld(options, Markets.Instant.From(clock.GetUtcNow()));
        var faults = new FaultBoard(options.FaultClock, options.FaultSeed);
        foreach (var fault in options.Faults) faults.Add(fault);
        if (options.Storm is { } storm) faults.Begin(storm);

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LongestBody;
            kestrel.Limits.MinResponseDataRate = null; // a slow reader of a slow body is nothing to cut off
            kestrel.Listen(IPAddress.Loopback, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var stop = new CancellationTokenSource();
        var desk = new SandboxDesk(options, world, faults, clock, stop.Token);
        app.UseSilenceableUpgrades().UseWebSockets();
        app.Run(desk.Answer);
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

    /// <summary>Stops, also what hangs in a fault.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }
}
