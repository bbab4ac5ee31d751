using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Remora.Sandbox.Faults;
using Remora.Testing;

namespace Remora.Sandbox.Tests.Faults;

/// <summary>
/// Every fault of a response, as a client sees it. After it the sandbox works as before.
/// </summary>
public sealed class AnswerFaultTests : IAsyncLifetime
{
    private const string Klines = "/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=100";
    private SandboxServer? _sandbox;
    private HttpClient? _client;

    private HttpClient Client => _client!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxRig.Sandbox();
        _client = SandboxRig.Client(_sandbox);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_sandbox is not null)
            await _sandbox.DisposeAsync();
    }

    [Theory]
    [InlineData(FaultKind.Http429, 429)]
    [InlineData(FaultKind.Http418, 418)]
    public async Task Too_many_requests_have_retry_after(FaultKind kind, int status)
    {
        using var answer = await Broken(new(kind) { RetryAfter = TimeSpan.FromSeconds(7) });

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), answer.Headers.RetryAfter!.Delta);
    }

    [Theory]
    [InlineData(FaultKind.Http451, 451, "restricted location")]
    [InlineData(FaultKind.Http5xx, 500, "<html>")]
    [InlineData(FaultKind.Http5xxJson, 503, "-1001")]
    [InlineData(FaultKind.Html200, 200, "<html>")]
    [InlineData(FaultKind.Null200, 200, "null")]
    [InlineData(FaultKind.Number200, 200, "42")]
    public async Task Wrong_bodies_are_complete(FaultKind kind, int status, string contains)
    {
        using var answer = await Broken(new(kind));

        Assert.InRange((int)answer.StatusCode, status, status + (status == 500 ? 99 : 0));
        Assert.Contains(contains, await answer.Content.ReadAsStringAsync());
        Assert.Equal("simulated", Assert.Single(answer.Headers.GetValues("X-Remora-Sandbox")));
    }

    [Fact]
    public async Task An_empty_body_has_status_200()
    {
        using var answer = await Broken(new(FaultKind.Empty200));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Garbage_is_not_json()
    {
        using var answer = await Broken(new(FaultKind.Garbage));
        var body = await answer.Content.ReadAsByteArrayAsync();

        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(body));
    }

    [Fact]
    public async Task Invalid_gzip_cannot_be_decompressed()
    {
        using var answer = await Broken(new(FaultKind.BadGzip));

        Assert.Equal("gzip", Assert.Single(answer.Content.Headers.ContentEncoding));
        await using var unpacked = new GZipStream(await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await unpacked.ReadExactlyAsync(new byte[1]));
    }

    [Theory]
    [InlineData(FaultKind.Truncated)]
    [InlineData(FaultKind.HugeHeaders)]
    [InlineData(FaultKind.Refused)]
    public async Task The_transport_breaks(FaultKind kind)
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => Broken(new(kind)));
    }

    [Theory]
    [InlineData(FaultKind.StalledHeaders)]
    [InlineData(FaultKind.StalledBody)]
    [InlineData(FaultKind.SlowBody)]
    public async Task Slow_responses_do_not_end(FaultKind kind)
    {
        _sandbox!.Faults.Add(new(kind));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.GetAsync(Klines, patience.Token));

        _sandbox.Faults.Clear();
        await Client.Json(Klines);
    }

    [Fact]
    public async Task A_stalled_body_sends_its_first_half()
    {
        _sandbox!.Faults.Add(new(FaultKind.StalledBody));
        using var answer = await Client.GetAsync(Klines, HttpCompletionOption.ResponseHeadersRead);

        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[answer.Content.Headers.ContentLength!.Value / 2])
            .AsTask()
            .WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_slow_body_arrives_in_pieces_by_the_clock_of_the_faults()
    {
        var clock = new ManualClock(SandboxRig.Morning);
        await using var sandbox = await SandboxRig.Sandbox(
            new() { FaultClock = clock, Faults = [new(FaultKind.SlowBody)] }
        );
        using var client = SandboxRig.Client(sandbox);
        using var answer = await client.GetAsync(Klines, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[16]);

        var more = body.ReadExactlyAsync(new byte[16]).AsTask();
        await Task.Delay(50);
        Assert.False(more.IsCompleted);
        while (!more.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(5);
        }
        await more;
    }

    [Fact]
    public async Task An_oversized_body_is_sent()
    {
        using var answer = await Broken(new(FaultKind.Oversized));

        Assert.True((await answer.Content.ReadAsByteArrayAsync()).Length > 48 << 20);
    }

    [Fact]
    public async Task The_sandbox_stops_during_a_stalled_response()
    {
        var sandbox = await SandboxRig.Sandbox(new() { Faults = [new(FaultKind.StalledHeaders)] });
        using var client = SandboxRig.Client(sandbox);
        var hanging = client.GetAsync(Klines);
        while ((await client.Json("/sandbox/state")).GetProperty("requests").GetProperty("total").GetInt64() == 0)
            await Task.Yield();

        await sandbox.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => hanging);
    }

    [Fact]
    public async Task A_fault_affects_only_its_exchange_and_path_and_ends_after_its_duration()
    {
        var clock = new ManualClock(SandboxRig.Morning);
        await using var sandbox = await SandboxRig.Sandbox(
            new()
            {
                FaultClock = clock,
                Faults =
                [
                    new(FaultKind.Http429)
                    {
                        Exchange = "binance",
                        Path = "/klines",
                        Duration = TimeSpan.FromSeconds(10),
                    },
                ],
            }
        );
        using var client = SandboxRig.Client(sandbox);

        Assert.Equal(429, await Status(client, Klines));
        Assert.Equal(200, await Status(client, "/api.binance.com/api/v3/exchangeInfo"));
        Assert.Equal(200, await Status(client, "/api.kraken.com/0/public/OHLC?pair=XXBTZUSD"));
        clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(429, await Status(client, Klines));
        clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(200, await Status(client, Klines));
    }

    [Fact]
    public async Task A_share_affects_that_share_of_requests_reproducibly()
    {
        async Task<List<int>> Run(long seed)
        {
            await using var sandbox = await SandboxRig.Sandbox(
                new() { FaultSeed = seed, Faults = [new(FaultKind.Http429) { Share = 0.3 }] }
            );
            using var client = SandboxRig.Client(sandbox);
            var statuses = new List<int>();
            for (var i = 0; i < 300; i++)
                statuses.Add(await Status(client, "/api.binance.com/api/v3/ping"));
            return statuses;
        }

        var once = await Run(4);
        Assert.InRange(once.Count(status => status == 429), 60, 120);
        Assert.Equal(once, await Run(4));
        Assert.NotEqual(once, await Run(5));
    }

    private async Task<HttpResponseMessage> Broken(Fault fault)
    {
        Assert.Equal(100, (await Client.Json(Klines)).GetArrayLength());
        _sandbox!.Faults.Add(fault);
        try
        {
            return await Client.GetAsync(Klines);
        }
        finally
        {
            _sandbox.Faults.Clear();
            Assert.Equal(100, (await Client.Json(Klines)).GetArrayLength());
        }
    }

    private static async Task<int> Status(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return (int)answer.StatusCode;
    }
}
