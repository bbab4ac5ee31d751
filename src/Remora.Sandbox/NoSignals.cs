using Microsoft.Extensions.Hosting;

namespace Remora.Sandbox;

/// <summary>Leaves signals to the executable: the host's own lifetime would swallow a SIGTERM that comes before the executable listens.</summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
