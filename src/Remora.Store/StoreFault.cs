using Remora.ClickHouse;

namespace Remora.Store;

/// <summary>What may become of a question to a store that is a process of its own: it is away, refuses, or takes too long.</summary>
public static class StoreFault
{
    /// <summary>Whether this is one; what the caller gave up itself is not.</summary>
    public static bool Is(Exception exception, CancellationToken cancellation) => exception switch
    {
        ClickHouseException or ClickHouseUnavailableException or TimeoutException or StoreException => true,
        OperationCanceledException => !cancellation.IsCancellationRequested,
        _ => false,
    };
}
