using System.Runtime.ExceptionServices;

namespace Remora.Backtest;

/// <summary>A loop over all processors whose first failure comes out as itself, not wrapped among others.</summary>
internal static class SideBySide
{
    public static void For(int count, Action<int> body, CancellationToken cancellation)
    {
        try
        {
            Parallel.For(0, count, new() { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, body);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
