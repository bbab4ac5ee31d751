namespace Remora.ClickHouse.Rollups;

/// <summary>Allows one operation at a time on a source, across processes.</summary>
internal static class RollupLock
{
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
