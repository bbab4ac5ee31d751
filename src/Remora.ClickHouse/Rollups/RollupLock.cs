namespace Remora.ClickHouse.Rollups;

/// <summary>One verb at a time on one source, whichever process runs it.</summary>
internal static class RollupLock
{
    /// <exception cref="RollupException">Another verb has the lock; the message says which, and whose it is.</exception>
    public static async Task<EngineLock> TakeAsync(RollupDatabase database, RollupDefinition definition, string verb, CancellationToken cancellation)
    {
        try
        {
            return await EngineLock.TakeAsync(database.Client, $"rollup-lock-{database.Client.Database}-{definition.Source}", $"{verb} of {definition.Name}", database.Time, cancellation);
        }
        catch (EngineLockedException e)
        {
            throw new RollupException($"{definition.Source} is being worked on by another: {e.Holder}. Wait until that has ended, or end it");
        }
    }
}
