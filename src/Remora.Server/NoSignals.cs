using Microsoft.Extensions.Hosting;

namespace Remora.Server;

/// <summary>
/// Leaves signals to the executable. The host's default lifetime would swallow a SIGTERM that
/// arrives before the executable listens.
/// </summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
