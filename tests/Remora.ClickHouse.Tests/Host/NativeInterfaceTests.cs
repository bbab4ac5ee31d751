using System.Net;
using System.Net.Sockets;
using System.Text;
using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse.Tests.Host;

/// <summary>
/// Tests the native interface of an engine: from a second engine with <c>remote()</c>, and by
/// connections that break.
/// </summary>
public sealed class NativeInterfaceTests(NativeInterfaceTests.Two two) : IClassFixture<NativeInterfaceTests.Two>
{
    private const int Rounds = 20;
    private const string Password = "a 'secret' one";

    private static readonly Random Random = new(1);
    private static readonly Dictionary<string, Func<Caller, Task>> Ways = new(StringComparer.Ordinal)
    {
        ["reset at once"] = _ => Task.CompletedTask,
        ["garbage"] = caller => caller.SendAsync(Garbage(Random.Next(1, 400))),
        ["half a hello"] = caller => caller.SendAsync(caller.Hello[..Random.Next(1, caller.Hello.Length - 1)]),
        ["reset after hello"] = caller => caller.LogInAsync(),
        ["closed after hello"] = async caller =>
        {
            await caller.LogInAsync();
            caller.Close();
        },
        ["garbage after hello"] = async caller =>
        {
            await caller.LogInAsync();
            await caller.SendAsync([.. Text("x"), 1, .. Garbage(50)]);
        },
        ["unknown packet"] = async caller =>
        {
            await caller.LogInAsync();
            await caller.SendAsync([0xff, 0xac, 0xe2, 4]);
            caller.Close();
        },
        ["HTTP"] = async caller =>
        {
            await caller.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            caller.Close();
        },
        ["TLS"] = async caller =>
        {
            await caller.SendAsync([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, .. Garbage(200)]);
            caller.Close();
        },
        ["a long name"] = caller => caller.SendAsync([0, 0xff, 0xff, 0xff, 0xff, 0x7f, .. Garbage(2000)]),
    };

    [Fact]
    public async Task It_is_closed_by_default()
    {
        await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = two.NewFolder() });
        Assert.Null(engine.Endpoint.NativePort);
    }

    [Fact]
    public async Task A_second_engine_reads_with_remote()
    {
        Assert.Equal(
            (3UL, "three"),
            await two.Second.Client.SingleAsync(
                $"SELECT count(), argMax(s, n) FROM {Remote("remora.t")}",
                row => (row.UInt64(), row.String())
            )
        );
        Assert.Equal(
            1_000_000UL,
            await two.Second.Client.SingleAsync(
                $"SELECT count() FROM {Remote("numbers(1000000)")}",
                row => row.UInt64()
            )
        );
    }

    [Theory]
    [InlineData("INSERT INTO FUNCTION remote(remora.t, USER) VALUES (4, 'four')", 497)]
    [InlineData("SELECT * FROM remote(private.t, USER)", 497)]
    [InlineData("SELECT * FROM remote(system.processes, USER)", 497)]
    [InlineData("SELECT * FROM remote(remora.t, 'remora', '')", 516)]
    [InlineData("SELECT * FROM remote(remora.t, 'service', '')", 516)]
    [InlineData("SELECT * FROM remote(remora.t, 'admin', '')", 516)]
    [InlineData("SELECT * FROM remote(remora.t, 'default', '')", 201)]
    [InlineData("SELECT * FROM remote(system.one, 'default')", 201)]
    [InlineData("INSERT INTO FUNCTION remote(remora.t, 'default') VALUES (4, 'four')", 201)]
    public async Task A_second_engine_cannot_write_and_not_log_in_without_the_password(string sql, int code)
    {
        var statement = sql.Replace("remote(", $"remote('{two.Address}', ", StringComparison.Ordinal)
            .Replace("USER", Login, StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ClickHouseException>(() => two.Second.Client.ExecuteAsync(statement));
        Assert.True(
            error.Code == code || error.Message.Contains($"Code: {code}.", StringComparison.Ordinal),
            $"{error.Code} {error.Message}"
        );
        Assert.Equal(3UL, await two.First.Client.SingleAsync("SELECT count() FROM remora.t", row => row.UInt64()));
    }

    [Fact]
    public async Task The_engine_survives_every_broken_connection()
    {
        var pid = two.First.Endpoint.Pid;
        foreach (var (name, act) in Ways)
        {
            for (var round = 0; round < Rounds; round++)
            {
                using var caller = await Caller.ConnectAsync(two.First.Endpoint);
                try
                {
                    await act(caller);
                }
                catch (SocketException)
                {
                    // the engine has closed the connection first
                }
            }
            Assert.True(await two.First.Client.PingAsync(), name);
            Assert.Equal(1, await two.First.Client.SingleAsync("SELECT 1", row => row.UInt8()));
        }
        Assert.Equal(
            3UL,
            await two.Second.Client.SingleAsync($"SELECT count() FROM {Remote("remora.t")}", row => row.UInt64())
        );
        Assert.Equal((pid, 0), (two.First.Endpoint.Pid, two.First.Health.Restarts));
    }

    private static string Login => $"'remora', '{Password.Replace("'", "\\'", StringComparison.Ordinal)}'";

    private string Remote(string table) => $"remote('{two.Address}', {table}, {Login})";

    private static byte[] Garbage(int length)
    {
        var bytes = new byte[length];
        Random.NextBytes(bytes);
        return bytes;
    }

    // A short text of the native protocol: its length and its bytes
    private static byte[] Text(string text) =>
        [(byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text)];

    private sealed class Caller(Socket socket, EngineEndpoint endpoint) : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
        private bool _isClosed;

        // 0, name, version 21.8, revision 54460, database, user, password
        public byte[] Hello =>
            [0, .. Text("test"), 21, 8, 0xbc, 0xa9, 3, .. Text(""), .. Text("service"), .. Text(endpoint.Password)];

        public static async Task<Caller> ConnectAsync(EngineEndpoint endpoint)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, endpoint.NativePort!.Value);
            return new(socket, endpoint);
        }

        public Task SendAsync(byte[] bytes) => socket.SendAsync(bytes);

        public async Task LogInAsync()
        {
            await socket.SendAsync(Hello);
            using var deadline = new CancellationTokenSource(Patience);
            var answer = new byte[1000];
            Assert.True(await socket.ReceiveAsync(answer, deadline.Token) > 0, "no answer");
            Assert.Equal(0, answer[0]); // hello, not an exception
        }

        public void Close() => _isClosed = true;

        public void Dispose()
        {
            if (!_isClosed)
                socket.LingerState = new(true, 0); // RST instead of FIN
            socket.Dispose();
        }
    }

    /// <summary>An engine with a native interface, and one that may connect to it.</summary>
    public sealed class Two : IAsyncLifetime
    {
        private readonly Scratch _scratch = new();
        private EmbeddedEngine? _first;
        private EmbeddedEngine? _second;

        public EmbeddedEngine First => _first!;

        public EmbeddedEngine Second => _second!;

        public string Address => $"127.0.0.1:{First.Endpoint.NativePort}";

        public string NewFolder() => Path.Combine(_scratch.Folder, Path.GetRandomFileName());

        public async ValueTask InitializeAsync()
        {
            _first = await EmbeddedEngine.StartAsync(
                new()
                {
                    Folder = NewFolder(),
                    NativePort = 0,
                    PortPassword = Password,
                }
            );
            foreach (
                var sql in new[]
                {
                    "CREATE DATABASE remora",
                    "CREATE TABLE remora.t (n UInt32, s String) ENGINE = MergeTree ORDER BY n",
                    "INSERT INTO remora.t VALUES (1, 'one'), (2, 'two'), (3, 'three')",
                    "CREATE DATABASE private",
                    "CREATE TABLE private.t (n UInt32) ENGINE = MergeTree ORDER BY n",
                }
            )
                await First.Client.ExecuteAsync(sql);
            _second = await EmbeddedEngine.StartAsync(
                new() { Folder = NewFolder(), ConnectPorts = [First.Endpoint.NativePort!.Value] }
            );
        }

        public async ValueTask DisposeAsync()
        {
            if (_second is not null)
                await _second.DisposeAsync();
            if (_first is not null)
                await _first.DisposeAsync();
            _scratch.Dispose();
        }
    }
}
