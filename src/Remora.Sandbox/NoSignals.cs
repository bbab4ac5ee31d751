using Microsoft.Extensions.Hosting;

namespace Remora.Sandbox;

/// <summary>
/// Leaves signals to the executable. The host's own lifetime would consume a SIGTERM that arrives
/// before the executable handles signals.
/// </summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
