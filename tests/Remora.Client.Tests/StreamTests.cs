using Microsoft.Extensions.Logging;
using Remora.Bots.Tests;
using Remora.Testing;

namespace Remora.Client.Tests;

public sealed class StreamTests
{
    // Also the timeout of a connection: the server sends each stream once, so one that the client
    // gives up is lost.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task It_reconnects_and_sends_the_last_event_id()
    {
        await using var server = new FaultyServer();
        server.Streams.Enqueue(
            ": beat\n\n"
                + Event("1", server.Answer("BTC/USDT"))
                + "event: other\ndata: {}\n\n"
                + "event: assessment\nid: 2\ndata: {half"
        );
        server.Streams.Enqueue("");
        server.Streams.Enqueue(Event("3", server.Answer("ETH/USDT")));
        using var log = new LogLines();
        using var client = new RemoraClient(
            new() { Url = server.Url, Timeout = Patience },
            log.CreateLogger<RemoraClient>()
        );
        using var patience = new CancellationTokenSource(Patience);
        var seen = new List<string?>();
        await foreach (var risk in client.StreamAsync(["BTC/USDT", "ETH/USDT"], cancellation: patience.Token))
        {
            seen.Add(risk.Pair);
            if (seen.Count == 2)
                break;
        }
        Assert.Equal(["BTC/USDT", "ETH/USDT"], seen);
        Assert.StartsWith("GET /api/v1/stream?pair=BTC%2FUSDT%2CETH%2FUSDT ", server.Requests.First());
        Assert.Contains("Last-Event-ID: 1", server.Requests.ElementAt(1), StringComparison.OrdinalIgnoreCase);
        Assert.Equal([LogLevel.Warning, LogLevel.Information], log.Levels); // interrupted, and resumed
    }

    [Fact]
    public async Task It_reconnects_after_every_kind_of_outage()
    {
        await using var server = new FaultyServer { Mode = "500" };
        server.Streams.Enqueue(Event("1", "<html>"));
        server.Streams.Enqueue(Event("2", server.Answer("BTC/USDT")));
        using var log = new LogLines();
        using var client = new RemoraClient(
            new() { Url = server.Url, Timeout = Patience },
            log.CreateLogger<RemoraClient>()
        );
        using var patience = new CancellationTokenSource(Patience);
        await using var stream = client.StreamAsync(cancellation: patience.Token).GetAsyncEnumerator();
        var next = stream.MoveNextAsync().AsTask();
        while (server.Requests.Count < 2)
            await Task.Delay(10, patience.Token);
        server.Mode = "well";
        Assert.True(await next);
        Assert.Equal("BTC/USDT", stream.Current.Pair);
        Assert.Equal(2, log.All.Count);
    }

    [Fact]
    public async Task A_silent_connection_is_closed()
    {
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        await using var quiet = new TimeoutStream(new NeverStream(), TimeSpan.FromSeconds(60), clock);
        var reading = quiet.ReadAsync(new byte[1]).AsTask();
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(reading.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task A_refused_stream_throws()
    {
        await using var server = new FaultyServer { Mode = "404" };
        using var client = new RemoraClient(new() { Url = server.Url, Timeout = Patience });
        using var patience = new CancellationTokenSource(Patience);
        await using var stream = client.StreamAsync(["NOPE/USDT"], cancellation: patience.Token).GetAsyncEnumerator();
        Assert.Equal(404, (await Assert.ThrowsAsync<RemoraException>(async () => await stream.MoveNextAsync())).Status);
    }

    private static string Event(string id, string data) => $"event: assessment\nid: {id}\ndata: {data}\n\n";

    /// <summary>A connection on which no data arrives.</summary>
    private sealed class NeverStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
