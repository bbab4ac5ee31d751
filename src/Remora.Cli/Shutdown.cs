namespace Remora.Cli;

/// <summary>Waits for Ctrl+C or SIGTERM.</summary>
internal static class Shutdown
{
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
}
