using System.Runtime.InteropServices;

namespace Remora.Cli;

/// <summary>
/// Turns Ctrl+C and SIGTERM into a cancellation, once: the second one ends the process at once. It listens before anything starts, so that no signal falls
/// between two handlers.
/// </summary>
internal sealed class Shutdown : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _signals;

    public Shutdown() => _signals = [Listen(PosixSignal.SIGINT), Listen(PosixSignal.SIGTERM)];

    public CancellationToken Token => _cancellation.Token;

    /// <summary>Waits until the process is asked to end.</summary>
    public static async Task WaitAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException)
        {
            // that is what was waited for
        }
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _cancellation.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = !_cancellation.IsCancellationRequested;
        _ = _cancellation.CancelAsync();
    });
}
