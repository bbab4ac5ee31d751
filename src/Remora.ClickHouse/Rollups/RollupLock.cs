using System.Globalization;

namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Allows one operation at a time on a source, across processes. The lock is a query with a unique
/// id. It sleeps in ClickHouse while its caller is connected, and ends with the caller in all
/// cases. Its text identifies the owner.
/// </summary>
internal sealed class RollupLock : IAsyncDisposable
{
    private const int SameIdIsRunning = 216;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3); // ClickHouse needs a moment to detect a closed connection

    private readonly CancellationTokenSource _release;
    private readonly Task _holding;

    private RollupLock(CancellationTokenSource release, Task holding) => (_release, _holding) = (release, holding);

    /// <exception cref="RollupException">
    /// Another operation has the lock; the message names it and its owner.
    /// </exception>
    public static async Task<RollupLock> TakeAsync(RollupDatabase database, RollupDefinition definition, string verb, CancellationToken cancellation)
    {
        var id = $"rollup-lock-{database.Client.Database}-{definition.Source}";
        var token = Guid.NewGuid().ToString("N");
        var holder = string.Create(CultureInfo.InvariantCulture, $"{verb} of {definition.Name}, process {Environment.ProcessId} on {Plain(Environment.MachineName)}, since {database.Time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC");
        var begun = database.Time.GetTimestamp();
        while (true)
        {
            var release = new CancellationTokenSource();
            var taken = new RollupLock(release, HoldAsync(database.Client, id, $"/* {token} {id} {holder} */", release.Token));
            try
            {
                while (!await IsRunningAsync(database, token, cancellation))
                {
                    if (taken._holding.IsCompleted) await taken._holding; // throws the cause
                    await Task.Delay(Pause, database.Time, cancellation);
                }
                return taken;
            }
            catch (ClickHouseException e) when (e.Code == SameIdIsRunning)
            {
                await taken.DisposeAsync();
                if (database.Time.GetElapsedTime(begun) > Patience)
                    throw new RollupException($"{definition.Source} is being worked on by another: {await HolderAsync(database, id, cancellation)}. Wait until that has ended, or end it");
                await Task.Delay(Pause, database.Time, cancellation);
            }
            catch
            {
                await taken.DisposeAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _release.CancelAsync();
        await _holding.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _release.Dispose();
    }

    // Split in two, so that a query that searches for another one does not match itself.
    private const string Mentions = "match(query, concat('/[*] [^*]*', {what:String}))";

    // A query that sleeps at each row and returns no rows.
    private static async Task HoldAsync(ClickHouseClient client, string id, string comment, CancellationToken release)
    {
        var options = new QueryOptions
        {
            QueryId = id,
            Timeout = Timeout.InfiniteTimeSpan,
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["max_block_size"] = "1",
                ["max_threads"] = "1",
                ["max_execution_time"] = "0",
                ["readonly"] = "2",
                ["cancel_http_readonly_queries_on_client_close"] = "1",
            },
        };
        await client.ExecuteAsync($"SELECT {comment} sleepEachRow(0.1) FROM system.numbers FORMAT Null", options, release);
        throw new RollupException("the engine let go of the rollup's lock");
    }

    private static async Task<bool> IsRunningAsync(RollupDatabase database, string token, CancellationToken cancellation) => await database.Client.SingleAsync(
        $"SELECT count() FROM system.processes WHERE {Mentions}", row => row.UInt64(), new QueryParameters().Add("what", token), cancellation) > 0;

    private static async Task<string> HolderAsync(RollupDatabase database, string id, CancellationToken cancellation)
    {
        var said = await database.Client.ListAsync(
            $"SELECT extract(query, '/[*] [0-9a-f]+ rollup-lock-[^ ]+ (.*?) [*]/') FROM system.processes WHERE {Mentions} LIMIT 1",
            row => row.String(), new QueryParameters().Add("what", id + " "), cancellation);
        return said is [{ Length: > 0 } holder] ? holder : "it has just ended";
    }

    // The text is part of an SQL comment.
    private static string Plain(string text) => string.Concat(text.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.'));
}
