using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests faults around a running service: health and log report each once, with advice, and
/// responses contain no path of this machine.
/// </summary>
[Trait("speed", "slow")]
public sealed class ServiceFaultTests : IDisposable
{
    private static readonly Dictionary<string, string> WithStore = new() { ["REMORA_STORE"] = "true" };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Data => _folder.File("data");

    [Fact]
    public async Task Connections_leave_enough_files_for_the_service()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs ulimit");
        await using var service = RemoraProcess.Start(Serve("--speed", "300"), WithStore, before: "ulimit -n 420");
        var url = await service.UrlAsync();
        await StoreTests.UntilAsync(
            url,
            "/api/v1/candles?pair=BTC/USDT&limit=1",
            answer => answer.GetProperty("rows").GetArrayLength() == 1,
            service
        );
        using var http = new HttpClient { BaseAddress = new(url), Timeout = TimeSpan.FromMinutes(1) };
        (await http.GetAsync("/api/v1/store")).Dispose(); // keeps a connection open
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < 400; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, new Uri(url).Port);
            }
            await ServeCommandTests.EventuallyAsync(
                () =>
                    Task.FromResult(
                        service.LinesWith(
                            "the limit of open files (420, room for 36 connections) is reached: refusing connections"
                        ) == 1
                    ),
                () => service.Errors
            );
            var written = await WrittenAsync();
            await UntilAsync(
                http,
                "/api/v1/store",
                store =>
                    store.GetProperty("recorder").GetProperty("written_rows").GetProperty("candles").GetInt64()
                    > written,
                service
            );
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
        Assert.Equal(
            1,
            service.LinesWith(
                "the limit of open files (420) leaves room for 36 connections, fewer than max_connections (10000)"
            )
        );
        Assert.Equal(0, service.LinesWith("too many files are open"));

        async Task<long> WrittenAsync() =>
            JsonElement
                .Parse(await http.GetStringAsync("/api/v1/store"))
                .GetProperty("recorder")
                .GetProperty("written_rows")
                .GetProperty("candles")
                .GetInt64();
    }

    [Fact]
    public async Task Without_nodejs_log_and_health_contain_advice()
    {
        await using var service = RemoraProcess.Start(
            ["serve", "--sandbox", "--port", "0", "--pairs", "BTC/USDT,ETH/USDT"],
            new Dictionary<string, string> { ["PATH"] = _folder.Path }
        );
        var url = await service.UrlAsync();
        var status = await StoreTests.UntilAsync(
            url,
            "/api/v1/status",
            answer =>
                answer
                    .GetProperty("markets")
                    .EnumerateArray()
                    .All(market => market.GetProperty("state").GetString() == "unreachable"),
            service
        );
        Assert.All(
            status.GetProperty("markets").EnumerateArray(),
            market =>
                Assert.Contains(
                    "install Node.js 20 or later",
                    market.GetProperty("last_error").GetProperty("message").GetString()
                )
        );
        Assert.Contains(
            "Node.js was not found as 'node'",
            status.GetProperty("bridge").GetProperty("last_failure").GetString()
        );
        await ServeCommandTests.EventuallyAsync(
            () => Task.FromResult(service.LinesWith("install Node.js 20 or later") > 0),
            () => service.Errors
        );
        await StoreTests.UntilAsync(
            url,
            "/api/v1/status",
            answer => answer.GetProperty("markets")[0].GetProperty("consecutive_failures").GetInt32() >= 4,
            service
        ); // tried again meanwhile
        Assert.Equal(1, service.LinesWith("Node.js"));
        Assert.DoesNotContain("BTC/USDT 5m is unreachable", service.Errors);
        await NamesNoPathAsync(url);
    }

    [Fact]
    public async Task A_second_service_on_a_folder_reports_it_and_continues_after_the_first_ends()
    {
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--speed", "300"]);
        var world = await sandbox.UrlAsync();
        await using var first = RemoraProcess.Start(ServeOn(world), WithStore);
        await StoreTests.UntilAsync(
            await first.UrlAsync(),
            "/api/v1/store",
            store => store.GetProperty("ready").GetBoolean(),
            first
        );
        await using var second = RemoraProcess.Start(ServeOn(world), WithStore);
        var url = await second.UrlAsync();
        var health = await StoreTests.UntilAsync(
            url,
            "/api/v1/store",
            store =>
                store.GetProperty("ready").GetBoolean()
                && store.GetProperty("recorder").GetProperty("last_error").ValueKind == JsonValueKind.String,
            second
        );
        Assert.False(health.GetProperty("recorder").GetProperty("is_well").GetBoolean());
        Assert.Contains(
            "another service uses it: stop that service, or give this one its own folder with --data",
            health.GetProperty("recorder").GetProperty("last_error").GetString()
        );
        await NamesNoPathAsync(url);
        first.Kill();
        await first.ExitAsync();
        await StoreTests.UntilAsync(
            url,
            "/api/v1/store",
            store =>
                store.GetProperty("recorder") is var recorder
                && recorder.GetProperty("is_well").GetBoolean()
                && recorder.GetProperty("written_rows").TryGetProperty("candles", out _),
            second
        );
        Assert.Equal(1, second.LinesWith("another service uses it"));
        Assert.Equal(1, second.LinesWith("the journal is open"));
        Assert.Equal(0, first.LinesWith("another service uses it"));
    }

    [Fact]
    public async Task Damaged_store_files_appear_in_health_log_and_responses()
    {
        await using var service = RemoraProcess.Start(Serve("--speed", "300"), WithStore);
        var url = await service.UrlAsync();
        await StoreTests.UntilAsync(
            url,
            "/api/v1/candles?pair=BTC/USDT&from=-20d&limit=5000",
            answer => answer.GetProperty("rows").GetArrayLength() > 4000,
            service
        );
        await StoreTests.UntilAsync(
            url,
            "/api/v1/store",
            store => store.GetProperty("recorder").GetProperty("journal_batches").GetInt32() == 0,
            service
        );
        foreach (
            var file in Directory
                .GetFiles(
                    Path.Combine(Data, "sandbox", "clickhouse", "store", "store"),
                    "data.bin",
                    SearchOption.AllDirectories
                )
                .Where(IsOfCandles)
        )
            Damage(file);
        using var http = new HttpClient { BaseAddress = new(url) };
        using var refused = await http.GetAsync("/api/v1/candles?pair=BTC/USDT&from=-20d&limit=5000");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var detail = JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("detail").GetString();
        Assert.Equal(
            "The store does not answer: a file of the store is damaged; see /api/v1/store for the file and the "
                + "remedy. Current assessments are not affected.",
            detail
        );
        var health = await StoreTests.UntilAsync(
            url,
            "/api/v1/store",
            store => store.GetProperty("remarks").GetArrayLength() > 0,
            service
        );
        Assert.All(
            health.GetProperty("remarks").EnumerateArray(),
            remark =>
                Assert.Matches(
                    "rows of remora.candles cannot be read.*remora store restore FOLDER --replace",
                    remark.GetString()
                )
        );
        Assert.Equal(
            health.GetProperty("remarks").EnumerateArray().Select(remark => remark.GetString()).Distinct().Count(),
            service.LinesWith("of remora.candles cannot be read")
        );
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/risk?pair=BTC/USDT")).StatusCode);
        await NamesNoPathAsync(url);

        // The folder of a merge can disappear at any moment
        static bool IsOfCandles(string file) =>
            !file.Contains("/tmp_", StringComparison.Ordinal)
            && File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "columns.txt"))
                .Contains("`opened`", StringComparison.Ordinal);
    }

    private string[] Serve(params string[] options) =>
        ["serve", "--sandbox", "--port", "0", "--pairs", "BTC/USDT", "--data", Data, .. options];

    private string[] ServeOn(string world) =>
        ["serve", "--sandbox", world, "--port", "0", "--pairs", "BTC/USDT", "--data", Data];

    private static void Damage(string file)
    {
        var bytes = File.ReadAllBytes(file);
        for (var i = 20; i < bytes.Length; i += 97)
            bytes[i] ^= 0xff;
        using var damaged = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        damaged.Write(bytes);
    }

    private async Task NamesNoPathAsync(string url)
    {
        using var http = new HttpClient { BaseAddress = new(url) };
        foreach (
            var path in new[]
            {
                "/api/v1/status",
                "/api/v1/sources",
                "/api/v1/store",
                "/api/v1/store/tables",
                "/api/v1/candles?pair=BTC/USDT",
                "/metrics",
                "/readyz",
                "/healthz",
            }
        )
        {
            using var answer = await http.GetAsync(path);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain(_folder.Path, text, StringComparison.Ordinal);
            Assert.DoesNotContain(AppContext.BaseDirectory.TrimEnd('/'), text, StringComparison.Ordinal);
            Assert.DoesNotContain(Environment.CurrentDirectory + "/", text, StringComparison.Ordinal);
        }
    }

    private static async Task UntilAsync(
        HttpClient http,
        string path,
        Func<JsonElement, bool> holds,
        RemoraProcess service
    )
    {
        var last = default(JsonElement);
        await ServeCommandTests.EventuallyAsync(
            async () => holds(last = JsonElement.Parse(await http.GetStringAsync(path))),
            () => $"{last}\n{service.Errors}"
        );
    }
}
