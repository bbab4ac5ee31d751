using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;

namespace Remora.Cli.Tests.Store;

/// <summary>
/// Tests access to a running service's engine through its port and through the API.
/// </summary>
[Trait("speed", "slow")]
public sealed class ClickHousePortTests
{
    private const string Password = "of the port, hunter2";

    // Of ClickHouse, for the user 'default', who has no password: SYNTAX_ERROR, TOO_BIG_AST,
    // QUOTA_EXCEEDED, INTO_OUTFILE_NOT_ALLOWED
    private static readonly string[] Refusals = ["62", "168", "201", "327"];

    [Fact]
    public async Task Without_a_password_the_service_does_not_start()
    {
        using var folder = new TemporaryFolder();
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            new Dictionary<string, string> { ["REMORA_STORE"] = "true" },
            "serve",
            "--sandbox",
            "--port",
            "0",
            "--clickhouse-port",
            "0",
            "--data",
            folder.File("data")
        );
        Assert.Equal(2, exit);
        Assert.Contains("clickhouse_port is 0 and has no password", errors);
        Assert.DoesNotContain("answers at", errors);
        Assert.False(Directory.Exists(folder.File("data")));
    }

    [Fact]
    public async Task The_port_gives_read_only_access_to_the_store()
    {
        using var folder = new TemporaryFolder();
        var data = folder.File("data");
        Directory.CreateDirectory(data);
        var keys = Path.Combine(data, "keys.json");
        var written = folder.File("written");
        await using var service = RemoraProcess.Start(
            [
                "serve",
                "--sandbox",
                "--speed",
                "300",
                "--port",
                "0",
                "--pairs",
                "BTC/USDT",
                "--clickhouse-port",
                "0",
                "--clickhouse-native-port",
                "0",
                "--clickhouse-port-password-file",
                folder.Write("password", Password + "\n"),
                "--data",
                data,
            ],
            new Dictionary<string, string> { ["REMORA_STORE"] = "true", ["HOOK_SECRET"] = "hunter2" }
        );
        var url = await service.UrlAsync();
        var store = await StoreTests.UntilAsync(
            url,
            "/api/v1/store",
            answer => answer.GetProperty("ready").GetBoolean(),
            service
        );
        Assert.True(store.GetProperty("engine").TryGetProperty("unconfined", out var unconfined));
        await StoreTests.UntilAsync(
            url,
            "/api/v1/candles?pair=BTC/USDT&limit=1",
            answer => answer.GetProperty("rows").GetArrayLength() == 1,
            service
        );
        await File.WriteAllTextAsync(keys, "[]\n");
        var endpoint = JsonElement.Parse(
            await File.ReadAllTextAsync(Path.Combine(data, "sandbox", "clickhouse", "endpoint"))
        );
        Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync($"/proc/{endpoint.GetProperty("pid")}/environ"));

        string[] attacks =
        [
            "SELECT file('/etc/passwd')",
            "SELECT file('/proc/self/environ')",
            $"SELECT file('{keys}')",
            "DROP TABLE remora.assessments SYNC",
            $"SELECT '[]' /* /* */ ' */ INTO OUTFILE '{keys}' TRUNCATE FORMAT RawBLOB /* /* /* */ ' */ x FORMAT TSV "
                + $"-- */",
            $"SELECT 42 /* /* */ ' */ INTO OUTFILE '{written}' /* /* /* */ ' */ x FORMAT TSV -- */",
            $"INSERT INTO FUNCTION file('{written}', 'CSV', 'n UInt8') SELECT 1",
        ];
        using var reader = new HttpClient { BaseAddress = new($"http://127.0.0.1:{endpoint.GetProperty("port")}") };
        foreach (var sql in attacks.Append("SELECT 1"))
        {
            using var stranger = await reader.GetAsync("/?query=" + Uri.EscapeDataString(sql));
            Assert.False(stranger.IsSuccessStatusCode, sql);
            Assert.Contains(stranger.Headers.GetValues("X-ClickHouse-Exception-Code").Single(), Refusals);
        }
        reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes("remora:" + Password))
        );
        foreach (var sql in attacks)
        {
            using var get = await reader.GetAsync("/?query=" + Uri.EscapeDataString(sql));
            using var post = await reader.PostAsync("/", new StringContent(sql));
            Assert.False(get.IsSuccessStatusCode || post.IsSuccessStatusCode, sql);
        }
        Assert.NotEqual("0\n", await reader.GetStringAsync("/?query=SELECT+count()+FROM+candles"));

        // ClickHouse answers a request by HTTP on its native port with a hint.
        using (var native = new TcpClient("127.0.0.1", endpoint.GetProperty("native_port").GetInt32()))
        {
            await native.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            using var hint = new StreamReader(native.GetStream());
            Assert.Contains("clickhouse-client", await hint.ReadToEndAsync(), StringComparison.Ordinal);
        }

        // 'remora sql' while the service runs, and a client of the port.
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            "sql",
            "SELECT count() > 0 FROM candles",
            "--data",
            Path.Combine(data, "sandbox")
        );
        Assert.True((exit, output) == (0, "1\n"), errors);
        foreach (var sql in attacks)
        {
            (exit, _, errors) = await RemoraProcess.RunAsync("sql", sql, "--data", Path.Combine(data, "sandbox"));
            Assert.Equal(2, exit);
            Assert.Matches(@"\([A-Z_]{2,}\)", errors);
        }
        (exit, output, errors) = await RemoraProcess.RunAsync(
            new Dictionary<string, string> { ["REMORA_CLICKHOUSE_PASSWORD"] = Password },
            "sql",
            "SELECT count() > 0 FROM candles",
            "--clickhouse",
            $"http://remora@127.0.0.1:{endpoint.GetProperty("port")}"
        );
        Assert.True((exit, output) == (0, "1\n"), errors);

        // The API puts no text of a request into SQL.
        using var http = new HttpClient { BaseAddress = new(url) };
        foreach (var sql in attacks)
        {
            foreach (
                var path in new[]
                {
                    "history?pair=",
                    "candles?pair=BTC/USDT&format=",
                    "candles?pair=BTC/USDT&from=",
                    "history?pair=BTC/USDT&policy=",
                    "assessment?pair=BTC/USDT&at=",
                    "traffic?interval=",
                }
            )
            {
                using var refused = await http.GetAsync($"/api/v1/{path}{Uri.EscapeDataString(sql)}");
                Assert.True(
                    refused.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound,
                    $"{path} {sql}: {refused.StatusCode}"
                );
            }
        }

        // Statements of the engine's owner are not checked; the kernel confines them.
        using (var owner = await EngineFolder.TryConnectAsync(Path.Combine(data, "sandbox", "clickhouse")))
        {
            Assert.SkipWhen(unconfined.ValueKind == JsonValueKind.String, "this kernel has no Landlock");
            foreach (var sql in attacks.Where(sql => !sql.StartsWith("DROP", StringComparison.Ordinal)))
            {
                var refused = await Assert.ThrowsAsync<ClickHouseException>(() => owner!.ExecuteAsync(sql));
                Assert.Matches("ermission denied|INTO OUTFILE is not allowed", refused.Message);
            }
        }
        Assert.Equal("[]\n", await File.ReadAllTextAsync(keys));
        Assert.False(File.Exists(written));
    }
}
