using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Remora.Vehicles.Comparing;

/// <summary>The HTTP service, on a loopback port.</summary>
internal sealed class CompareService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private CompareService(WebApplication app) => _app = app;

    public Uri Url =>
        new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <param name="store">The store; its views must exist.</param>
    /// <param name="port">The port; 0 for any free port.</param>
    /// <param name="cancellation">Cancels the start.</param>
    public static async Task<CompareService> StartAsync(VehicleStore store, int port, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, port));
        var app = builder.Build();
        app.MapCompare(new CarComparisons(store));
        await app.StartAsync(cancellation);
        return new(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
