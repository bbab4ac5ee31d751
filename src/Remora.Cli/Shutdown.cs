using System.Runtime.InteropServices;
using Remora.Server.Settings;
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

    /// <summary>
    /// Lets SIGHUP reload the settings. Where standard input is a terminal, SIGHUP says that the
    /// terminal was closed, and ends the process as before. Windows has no such signal.
    /// </summary>
    public static IDisposable? OnHangup(SettingsReload reload) =>
        OperatingSystem.IsWindows() || !Console.IsInputRedirected
            ? null
            : PosixSignalRegistration.Create(
                PosixSignal.SIGHUP,
                context =>
                {
                    context.Cancel = true;
                    try
                    {
                        reload.Run();
                    }
                    catch (SettingsException)
                    {
                        // The log has the errors, and nothing was changed
                    }
                }
            );

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
