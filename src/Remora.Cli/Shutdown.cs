using System.Runtime.InteropServices;
using Remora.Supervision;

namespace Remora.Cli;

/// <summary>
/// Turns the first Ctrl+C or SIGTERM into a cancellation. A second one ends the process
/// immediately. Registered before anything else starts, so that no signal is lost.
/// </summary>
internal sealed class Shutdown : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _signals;

    public Shutdown() => _signals = [Listen(PosixSignal.SIGINT), Listen(PosixSignal.SIGTERM)];

    public CancellationToken Token => _cancellation.Token;

    /// <summary>Waits until the process receives a request to end.</summary>
    public static Task WaitAsync(CancellationToken cancellation) =>
        Task.Delay(Timeout.Infinite, cancellation).UntilCancelledAsync(cancellation);

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _cancellation.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal) =>
        PosixSignalRegistration.Create(
            signal,
            context =>
            {
                context.Cancel = !_cancellation.IsCancellationRequested;
                _ = _cancellation.CancelAsync();
            }
        );
}
