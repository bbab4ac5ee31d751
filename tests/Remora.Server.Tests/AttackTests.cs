using System.Net;
using System.Net.Sockets;
using System.Text;
using Remora.Bots.Tests;
using Remora.Server.Access;

namespace Remora.Server.Tests;

/// <summary>Short versions of the attacks in bench/load/attack.sh.</summary>
public sealed class AttackTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-attack").FullName;
    private readonly string _secret = ApiKey.NewSecret();

    public AttackTests() =>
        new KeyFile(_folder).Change(_ =>
            [new("honest", ApiKey.HashOf(_secret), Testing.Some.Time, PerMinute: 100_000)]
        );

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Wrong_keys_in_bulk_get_4xx_and_an_honest_caller_his_answer()
    {
        await using var service = await StartAsync();
        var seen = new HashSet<int>();
        using var socket = await ConnectAsync(service);
        await using var stream = socket.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        for (var i = 0; i < 2000; i++)
        {
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"GET /api/v1/risk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ApiKey.NewSecret()}\r\n\r\n"
                )
            );
            seen.Add(await ReadAnswerAsync(reader));
        }
        Assert.Equal([401, 429], seen.Order());
        await ServesAsync(service);
    }

    [Theory]
    [InlineData("GET /api/v1/risk HTTP/1.1\r\nHost: x\r\nX-Long: {20000}\r\n\r\n", 431)]
    [InlineData("GET /{20000} HTTP/1.1\r\nHost: x\r\n\r\n", 414)]
    [InlineData("GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n{auth}\r\n", 404)]
    [InlineData("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n{auth}\r\n", 404)]
    [InlineData("GET /..%5c..%5ckeys.json HTTP/1.1\r\nHost: x\r\n{auth}\r\n", 404)]
    [InlineData("GET /keys.json HTTP/1.1\r\nHost: x\r\n{auth}\r\n", 404)]
    [InlineData("GET //api/v1/risk HTTP/1.1\r\nHost: x\r\n\r\n", 401)]
    [InlineData("GET /API/V1/RISK HTTP/1.1\r\nHost: x\r\n\r\n", 401)]
    [InlineData("GET /healthz/../api/v1/risk HTTP/1.1\r\nHost: x\r\n\r\n", 401)]
    [InlineData("GET /api/v1/risk%0d%0aSet-Cookie:a HTTP/1.1\r\nHost: x\r\n{auth}\r\n", 404)]
    [InlineData("GET /api/v1/risk?pair=a%0d%0aSet-Cookie:%20a HTTP/1.1\r\nHost: x\r\n{auth}\r\n", 400)]
    [InlineData("GET /api/v1/risk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\nX: b\r\n\r\n", 401)]
    [InlineData("GET /api/v1/risk HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 400)]
    [InlineData("GET /api/v1/risk HTTP/1.1\r\n\r\n", 400)]
    [InlineData("POST /api/v1/risk HTTP/1.1\r\nHost: x\r\n{auth}Content-Length: 1000000\r\n\r\n", 405)]
    [InlineData("GET /api/v1/risk HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 401)]
    [InlineData("TRACE / HTTP/1.1\r\nHost: x\r\n{auth}\r\n", 405)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001", 400)]
    public async Task What_is_malformed_or_none_of_theirs_is_refused(string request, int status)
    {
        await using var service = await StartAsync();
        using var socket = await ConnectAsync(service);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.Latin1.GetBytes(
                request
                    .Replace("{20000}", new string('a', 20_000))
                    .Replace("{auth}", $"Authorization: Bearer {_secret}\r\n")
            )
        );
        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.Equal(status, await ReadAnswerAsync(reader));
        await ServesAsync(service);
    }

    [Fact]
    public async Task Who_sends_slowly_is_shut_out_and_idle_connections_cost_nobody_his_answer()
    {
        await using var service = await StartAsync();
        var idle = new List<TcpClient>();
        for (var i = 0; i < 500; i++)
            idle.Add(await ConnectAsync(service));
        using var slow = await ConnectAsync(service);
        await using var stream = slow.GetStream();
        await stream.WriteAsync("GET /api/v1/risk HTTP/1.1\r\nHost: x\r\nX-Slow: "u8.ToArray());
        using var body = await ConnectAsync(service);
        await using var bodyStream = body.GetStream();
        await bodyStream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /api/v1/risk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {_secret}\r\nTransfer-Encoding: "
                    + $"chunked\r\n\r\n1\r\na"
            )
        );
        await ServesAsync(service);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.Contains(await ReadAnswerAsync(reader), new[] { 408, 0 });
        using var bodyReader = new StreamReader(bodyStream, Encoding.Latin1);
        Assert.Contains(await ReadAnswerAsync(bodyReader), new[] { 405, 413, 408, 0 });
        await ServesAsync(service);
        foreach (var one in idle)
            one.Dispose();
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed()
    {
        await using var service = await LiveServer.StartAsync(LiveServer.Settings with { MaxConnections = 3 });
        var kept = new List<TcpClient>();
        for (var i = 0; i < 3; i++)
        {
            kept.Add(await ConnectAsync(service));
            await kept[i].GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            Assert.NotEqual(0, await kept[i].GetStream().ReadAsync(new byte[1000]).AsTask().WaitAsync(Patience));
        }
        using var beyond = await ConnectAsync(service);
        using var reader = new StreamReader(beyond.GetStream(), Encoding.Latin1);
        Assert.Equal(0, await ReadAnswerAsync(reader));
        foreach (var one in kept)
            one.Dispose();
    }

    [Fact]
    public async Task A_flood_of_connections_beyond_the_limit_is_counted_and_not_logged_one_by_one()
    {
        const int flood = 50;
        using var lines = new LogLines();
        var clock = new Testing.ManualClock(DateTimeOffset.UnixEpoch);
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                MaxConnections = 1,
                LogClock = clock,
            },
            log: lines
        );
        using var kept = await ConnectAsync(service);
        await kept.GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        Assert.NotEqual(0, await kept.GetStream().ReadAsync(new byte[1000]).AsTask().WaitAsync(Patience));

        await RefusedAsync(flood);
        Assert.Equal("max_connections (1) is reached: refusing connections", Assert.Single(Refusals()));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal($"max_connections (1) is reached: {flood - 1} more connections were refused", Refusals().Last());
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(2, Refusals().Count());
        await RefusedAsync(1); // another flood is logged immediately
        Assert.Equal(3, Refusals().Count());

        kept.Dispose();
        var counted = $"\nremora_connections_refused_total {flood + 1}\n";
        await LiveServer.UntilAsync(() => TryGetMetrics(service, out var metrics) && metrics.Contains(counted));

        IEnumerable<string> Refusals() => lines.All.Where(line => line.Contains("max_connections"));

        async Task RefusedAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                using var beyond = await ConnectAsync(service);
                using var reader = new StreamReader(beyond.GetStream(), Encoding.Latin1);
                Assert.Equal(0, await ReadAnswerAsync(reader));
            }
        }
    }

    private static bool TryGetMetrics(LiveServer service, out string metrics)
    {
        metrics = "";
        try
        {
            metrics = service.Http.GetStringAsync("/metrics").GetAwaiter().GetResult();
            return true;
        }
        catch (HttpRequestException)
        {
            return false; // the kept connection is still being closed
        }
    }

    private Task<LiveServer> StartAsync() =>
        LiveServer.StartAsync(
            LiveServer.Settings with
            {
                RequireKeys = true,
                Data = _folder,
                HeadersTimeout = TimeSpan.FromSeconds(2),
            }
        );

    private async Task ServesAsync(LiveServer service)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/risk?pair=BTC/USDT");
        request.Headers.Authorization = new("Bearer", _secret);
        using var response = await service.Http.SendAsync(request).WaitAsync(Patience);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task<TcpClient> ConnectAsync(LiveServer service)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(service.Http.BaseAddress!.Host, service.Http.BaseAddress.Port);
        return socket;
    }

    /// <summary>
    /// Reads one answer to its end. Returns its status, or 0 if the connection was closed without a
    /// valid HTTP/1.1 answer. Detects a header that the request injected.
    /// </summary>
    private static async Task<int> ReadAnswerAsync(StreamReader reader)
    {
        try
        {
            var line = await reader.ReadLineAsync().WaitAsync(Patience);
            if (line is null || !line.StartsWith("HTTP/1.1 "))
                return 0;
            var status = int.Parse(line.Split(' ')[1]);
            var length = 0;
            while (await reader.ReadLineAsync().WaitAsync(Patience) is { Length: > 0 } header)
            {
                Assert.DoesNotContain("Set-Cookie", header);
                if (header.StartsWith("Content-Length: "))
                    length = int.Parse(header["Content-Length: ".Length..]);
            }
            var body = new char[length];
            await reader.ReadBlockAsync(body).AsTask().WaitAsync(Patience);
            return status;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
