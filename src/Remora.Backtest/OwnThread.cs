namespace Remora.Backtest;

/// <summary>
/// Runs long work on a thread of its own, so that a service keeps all its other threads for
/// answers.
/// </summary>
internal static class OwnThread
{
    public static Task<T> RunAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(
            work,
            CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default
        );
}
