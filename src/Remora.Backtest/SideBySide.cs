using System.Runtime.ExceptionServices;

namespace Remora.Backtest;

/// <summary>
/// Runs a loop on all processors. The first exception is rethrown as itself instead of as an
/// AggregateException.
/// </summary>
internal static class SideBySide
{
    public static void For(int count, Action<int> body, CancellationToken cancellation)
    {
        try
        {
            Parallel.For(
                0,
                count,
                new() { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
                body
            );
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
