namespace Remora.ClickHouse.Rollups;

/// <summary>Allows one operation at a time on a source, across processes.</summary>
internal static class RollupLock
{
    /// <summary>Runs an operation under the lock. It ends if the lock is lost.</summary>
    /// <exception cref="ClickHouseUnavailableException">The lock was lost.</exception>
    public static async Task<T> RunAsync<T>(
        RollupDatabase database,
        RollupDefinition definition,
        string verb,
        Func<CancellationToken, Task<T>> operation,
        CancellationToken cancellation
    )
    {
        await using var held = await TakeAsync(database, definition, verb, cancellation);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, held.Lost);
        try
        {
            return await operation(both.Token);
        }
        catch (OperationCanceledException e)
            when (held.Lost.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new ClickHouseUnavailableException(
                $"the server that held the lock on {definition.Source} stopped during {verb}",
                e
            );
        }
    }

    /// <exception cref="RollupException">
    /// Another operation holds the lock; the message names it and its process.
    /// </exception>
    public static async Task<EngineLock> TakeAsync(
        RollupDatabase database,
        RollupDefinition definition,
        string verb,
        CancellationToken cancellation
    )
    {
        try
        {
            return await EngineLock.TakeAsync(
                database.Client,
                $"rollup-lock-{database.Client.Database}-{definition.Source}",
                $"{verb} of {definition.Name}",
                database.Time,
                cancellation
            );
        }
        catch (EngineLockedException e)
        {
            throw new RollupException(
                $"another operation is running on {definition.Source}: {e.Holder}. Wait until it ends, or stop it"
            );
        }
    }
}
