namespace Remora.Supervision;

/// <summary>Extensions for tasks that run until they are cancelled.</summary>
public static class Cancellation
{
    /// <summary>
    /// Waits for a task that runs until it is cancelled. Its cancellation is the expected end and
    /// throws nothing. Other exceptions of the task are thrown.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="cancellation">The token that the task was started with.</param>
    public static async Task UntilCancelledAsync(this Task task, CancellationToken cancellation)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The expected end.
        }
    }
}
