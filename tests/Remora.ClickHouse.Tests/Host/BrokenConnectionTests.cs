using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse.Tests.Host;

/// <summary>
/// Breaks connections in every way. Without its pseudo terminal the engine would end at the first
/// exception that leaves a connection's thread.
/// </summary>
public sealed class BrokenConnectionTests
{
    private static readonly int Rounds = int.Parse(
        Environment.GetEnvironmentVariable("REMORA_BROKEN_CONNECTIONS") ?? "20",
        CultureInfo.InvariantCulture
    );
    private const string Numbers = "SELECT number FROM numbers(100000000)";
    private const string Insert = "INSERT INTO broken FORMAT RowBinary";

    private static readonly Random Random = new(1);
    private static readonly Dictionary<string, Func<Caller, Task>> Ways = new(StringComparer.Ordinal)
    {
        ["reset at once"] = _ => Task.CompletedTask,
        ["leave a stream"] = caller => caller.AskAsync(Numbers),
        ["half an insert"] = caller => caller.SendAsync(caller.Request(Insert, new byte[1000], length: 10_000_000)),
        ["half a header"] = caller => caller.SendAsync(caller.Request("SELECT 1")[..Random.Next(1, 60)]),
        ["garbage"] = caller => caller.SendAsync(Garbage(300)),
        ["TLS"] = caller => caller.SendAsync([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, .. Garbage(200)], isReset: false),
        ["long header"] = caller =>
            caller.SendAsync([.. "GET / HTTP/1.1\r\nX: "u8, .. Enumerable.Repeat((byte)'a', 300_000), .. "\r\n\r\n"u8]),
        ["bad chunk"] = caller =>
            caller.SendAsync(
                Encoding.UTF8.GetBytes(
                    Encoding
                        .UTF8.GetString(caller.Request(Insert))
                        .Replace("Content-Length: 0", "Transfer-Encoding: chunked", StringComparison.Ordinal)
                        + "ZZZ\r\nxx"
                ),
                isReset: false
            ),
        ["leave a sleep"] = caller => caller.SendAsync(caller.Request("SELECT sleep(0.2)"), isReset: false),
        ["expect continue"] = caller =>
            caller.SendAsync(
                caller.Request("SELECT 1", headers: "Expect: 100-continue\r\nConnection: keep-alive\r\n"),
                isAnswered: true
            ),
        ["pipelined"] = caller =>
            caller.SendAsync(
                [.. Enumerable.Repeat(caller.Request("SELECT 1"), 5).SelectMany(bytes => bytes)],
                isAnswered: true
            ),
        ["negative length"] = caller =>
            caller.SendAsync("POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"u8.ToArray(), isReset: false),
        ["error in a stream"] = caller =>
            caller.AskAsync("SELECT throwIf(number = 50000) FROM numbers(100000) FORMAT TSV"),
        ["wrong password"] = caller => caller.AskAsync("SELECT 1", "wrong"),
        ["half a compressed insert"] = caller =>
            caller.SendAsync(
                caller.Request(Insert, Garbage(500), headers: "Content-Encoding: lz4\r\n"),
                isReset: false
            ),
        ["native hello"] = caller => caller.SendAsync(Hello(), isReset: false),
        ["half a native hello"] = caller => caller.SendAsync(Hello()[..Random.Next(1, 15)]),
        ["closed for writing"] = caller => caller.HalfCloseAsync("SELECT 1"),
        ["closed after a header"] = caller => caller.SendAsync(caller.Request(Insert, length: 100), isReset: false),
    };

    [Fact]
    public async Task The_engine_survives_every_broken_connection()
    {
        using var scratch = new Scratch();
        await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder });
        await engine.Client.ExecuteAsync("CREATE TABLE broken (n UInt32) ENGINE = MergeTree ORDER BY n");
        var pid = engine.Endpoint.Pid;
        foreach (var (name, act) in Ways)
        {
            for (var round = 0; round < Rounds; round++)
            {
                using var caller = await Caller.ConnectAsync(engine.Endpoint);
                try
                {
                    await act(caller);
                }
                catch (SocketException)
                {
                    // the engine has closed the connection first
                }
            }
            Assert.True(await engine.Client.PingAsync(), name);
            Assert.Equal(1, await engine.Client.SingleAsync("SELECT 1", row => row.UInt8()));
        }
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            var running = await engine.Client.SingleAsync("SELECT count() FROM system.processes", row => row.UInt64());
            if (running == 1)
                break;
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(2), $"{running} queries still run");
        }
        Assert.Equal((pid, 0), (engine.Endpoint.Pid, engine.Health.Restarts));
        Assert.Equal(0UL, await engine.Client.SingleAsync("SELECT count() FROM broken", row => row.UInt64()));
    }

    private static byte[] Garbage(int length)
    {
        var bytes = new byte[length];
        Random.NextBytes(bytes);
        return bytes;
    }

    // Of ClickHouse's native protocol: 0, name, version, database, user, password
    private static byte[] Hello() => [0, 4, .. "some"u8, 21, 8, 0, 0, 7, .. "default"u8, 0];

    private sealed class Caller(Socket socket, EngineEndpoint endpoint) : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

        public static async Task<Caller> ConnectAsync(EngineEndpoint endpoint)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, endpoint.Port);
            return new(socket, endpoint);
        }

        public byte[] Request(
            string sql,
            byte[]? body = null,
            string headers = "",
            int? length = null,
            string? password = null
        )
        {
            var login = Convert.ToBase64String(
                Encoding.UTF8.GetBytes($"{EngineEndpoint.Owner}:{password ?? endpoint.Password}")
            );
            return
            [
                .. Encoding.UTF8.GetBytes(
                    $"POST /?query={Uri.EscapeDataString(sql)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        + $"Authorization: Basic {login}\r\n"
                        + $"Content-Length: {length ?? body?.Length ?? 0}\r\n{headers}\r\n"
                ),
                .. body ?? [],
            ];
        }

        public Task AskAsync(string sql, string? password = null) =>
            SendAsync(Request(sql + " SETTINGS readonly = 2", password: password), isAnswered: true);

        public async Task SendAsync(byte[] bytes, bool isAnswered = false, bool isReset = true)
        {
            await socket.SendAsync(bytes);
            if (isAnswered)
            {
                using var deadline = new CancellationTokenSource(Patience);
                Assert.True(await socket.ReceiveAsync(new byte[2000], deadline.Token) > 0, "no answer");
            }
            if (isReset)
                socket.LingerState = new(true, 0); // RST instead of FIN
        }

        public async Task HalfCloseAsync(string sql)
        {
            await socket.SendAsync(Request(sql));
            socket.Shutdown(SocketShutdown.Send);
        }

        public void Dispose() => socket.Dispose();
    }
}
