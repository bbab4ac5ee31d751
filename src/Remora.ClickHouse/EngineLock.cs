using System.Globalization;
using System.Security.Cryptography;

namespace Remora.ClickHouse;

/// <summary>
/// A lock across processes that ends with its holder. The lock is a query with an id that no other
/// query can use: it sleeps in the engine while its caller is connected, so it also ends when the
/// caller is killed. Its text names the holder. On a cluster it holds for all servers.
/// </summary>
public sealed class EngineLock : IAsyncDisposable
{
    private const int SameIdIsRunning = 216;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // The engine needs a moment to detect that a caller has disconnected
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _release;
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _holding;

    private EngineLock(CancellationTokenSource release, Task holding)
    {
        _release = release;
        _holding = holding.ContinueWith(
            held =>
            {
                if (!release.IsCancellationRequested)
                    _lost.Cancel();
                held.GetAwaiter().GetResult();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    /// <summary>
    /// Canceled when the lock ends before it is released, for example because its server stopped.
    /// </summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Takes the lock; waits a few seconds for a holder that is about to end.</summary>
    /// <param name="client">The engine or server on which the lock is held.</param>
    /// <param name="id">
    /// The id of the locked object: letters, digits, hyphens and underscores.
    /// </param>
    /// <param name="work">
    /// The work of the holder, for messages; process, machine and time are added.
    /// </param>
    /// <param name="time">The clock; null for the system clock.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="EngineLockedException">Another process holds the lock.</exception>
    public static async Task<EngineLock> TakeAsync(
        ClickHouseClient client,
        string id,
        string work,
        TimeProvider? time = null,
        CancellationToken cancellation = default
    )
    {
        var clock = time ?? TimeProvider.System;
        var token = Guid.NewGuid().ToString("N");
        var holder = string.Create(
            CultureInfo.InvariantCulture,
            $"{Plain(work, ' ')}, process {Environment.ProcessId} on {Plain(Environment.MachineName)}, since "
                + $"{clock.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC"
        );
        var begun = clock.GetTimestamp();
        while (true)
        {
            var release = new CancellationTokenSource();
            var taken = new EngineLock(release, HoldAsync(client, id, $"/* {token} {id} {holder} */", release.Token));
            try
            {
                while (!await IsRunningAsync(client, token, cancellation))
                {
                    if (taken._holding.IsCompleted)
                        await taken._holding; // throws the reason
                    await Task.Delay(Pause, clock, cancellation);
                }
                if (await HolderElsewhereAsync(client, id, token, cancellation) is not { } other)
                    return taken;
                await taken.DisposeAsync();
                if (clock.GetElapsedTime(begun) > WaitLimit)
                    throw new EngineLockedException(other);
                await Task.Delay(Pause * RandomNumberGenerator.GetInt32(1, 20), clock, cancellation);
            }
            catch (EngineLockedException)
            {
                throw;
            }
            catch (ClickHouseException e) when (e.Code == SameIdIsRunning)
            {
                await taken.DisposeAsync();
                if (clock.GetElapsedTime(begun) > WaitLimit)
                    throw new EngineLockedException(await HolderAsync(client, id, cancellation));
                await Task.Delay(Pause, clock, cancellation);
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
        await _holding.ContinueWith(
            static _ => { },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        _release.Dispose();
        _lost.Dispose();
    }

    // In two pieces, so that the query that searches does not find itself.
    private const string MatchesText = "match(query, concat('/[*] [^*]*', {what:String}))";

    // A query that sleeps at every row, and returns none.
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
        await client.ExecuteAsync(
            $"SELECT {comment} sleepEachRow(0.1) FROM system.numbers FORMAT Null",
            options,
            release
        );
        throw new ClickHouseUnavailableException("the engine ended the query that holds the lock");
    }

    private static async Task<bool> IsRunningAsync(
        ClickHouseClient client,
        string token,
        CancellationToken cancellation
    ) =>
        await client.SingleAsync(
            $"SELECT count() FROM system.processes WHERE {MatchesText}",
            row => row.UInt64(),
            new QueryParameters().Add("what", token),
            cancellation
        ) > 0;

    private static async Task<string> HolderAsync(ClickHouseClient client, string id, CancellationToken cancellation)
    {
        var found = await client.ListAsync(
            $"SELECT extract(query, '/[*] [0-9a-f]+ [^ ]+ (.*?) [*]/') FROM system.processes WHERE {MatchesText} "
                + $"LIMIT 1",
            row => row.String(),
            new QueryParameters().Add("what", id + " "),
            cancellation
        );
        return found is [{ Length: > 0 } holder] ? holder : "a holder that has just ended";
    }

    // On a cluster, each caller first takes the lock on its own server and then looks at the
    // others. So of two callers at least one sees the other, and gives way.
    private static async Task<string?> HolderElsewhereAsync(
        ClickHouseClient client,
        string id,
        string token,
        CancellationToken cancellation
    )
    {
        if (client.Cluster is not { } cluster)
            return null;
        var found = await client.ListAsync(
            $"SELECT extract(query, '/[*] [0-9a-f]+ [^ ]+ (.*?) [*]/') FROM "
                + $"clusterAllReplicas({SqlName.Of(cluster).Quoted}, system.processes) WHERE query_id = {{id:String}} "
                + $"AND NOT {MatchesText} LIMIT 1 SETTINGS skip_unavailable_shards = 1",
            row => row.String(),
            new QueryParameters().Add("id", id).Add("what", token),
            cancellation
        );
        return found is [var holder] ? holder : null;
    }

    // For a comment in a statement.
    private static string Plain(string text, char also = '-') =>
        string.Concat(
            text.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' || letter == also)
        );
}

/// <summary>Another process holds the lock.</summary>
/// <param name="holder">Its work, process, machine and start time.</param>
public sealed class EngineLockedException(string holder) : Exception("locked by " + holder)
{
    /// <summary>Its work, process, machine and start time.</summary>
    public string Holder { get; } = holder;
}
