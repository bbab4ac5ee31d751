using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Remora.Cli.Tests;

/// <summary>Tests the service with its own store, in processes that may be killed.</summary>
[Trait("speed", "slow")]
public sealed class StoreTests : IDisposable
{
    private static readonly Dictionary<string, string> WithStore = new() { ["REMORA_STORE"] = "true" };

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _data = Directory.CreateTempSubdirectory("remora-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_killed_service_loses_nothing_and_starts_from_its_store_without_exchanges()
    {
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--speed", "300"]);
        var world = await sandbox.UrlAsync();
        string asOf;
        {
            await using var service = Serve(world);
            await UntilAsync(
                await service.UrlAsync(),
                "/api/v1/history?pair=BTC/USDT&interval=1m&from=-1d",
                answer => answer.GetProperty("rows").GetArrayLength() >= 3,
                service
            );
            await EventuallyAsync(
                async () =>
                    long.Parse(await SqlAsync("SELECT count() FROM candles"), CultureInfo.InvariantCulture) > 8_000,
                () => "the history is not stored"
            );
            asOf = (await GetAsync(await service.UrlAsync(), "/api/v1/risk?pair=BTC/USDT"))
                .GetProperty("as_of")
                .GetString()!;
            service.Kill();
        }

        using (var http = new HttpClient())
        {
            using var fault = new StringContent("""{"kind":"http_5xx","exchange":"binance"}""");
            using var accepted = await http.PostAsync(world + "/sandbox/faults", fault);
            Assert.True(accepted.IsSuccessStatusCode, await accepted.Content.ReadAsStringAsync());
        }
        await using (var again = Serve(world))
        {
            var url = await again.UrlAsync();
            var answer = await UntilAsync(
                url,
                "/api/v1/risk?pair=BTC/USDT",
                risk => risk.GetProperty("as_of").ValueKind == JsonValueKind.String,
                again
            );
            Assert.True(
                string.CompareOrdinal(answer.GetProperty("as_of").GetString(), asOf) <= 0,
                "from what was kept"
            ); // the last second before the kill may be missing
            Assert.True(answer.GetProperty("volatility").ValueKind == JsonValueKind.Number, "warmed up from the store");

            // Each candle once, and each assessment of a policy once.
            Assert.Equal(
                "0",
                await SqlAsync("SELECT count() - uniqExact(exchange, pair, timeframe, opened) FROM candles FINAL")
            );
            // Two observations in one millisecond make two assessments that may be equal. Repeated
            // ones after a start come seconds later.
            Assert.Equal(
                "0",
                await SqlAsync(
                    "SELECT count() FROM (SELECT 1 FROM assessments GROUP BY pair, policy, assessed_at, answer "
                        + "HAVING max(sequence) - min(sequence) > 1000000)"
                )
            );
            // Journal batches may still be inserted, and the two counts are not simultaneous
            await EventuallyAsync(
                async () =>
                    await SqlAsync("SELECT (SELECT count() FROM assessments) - (SELECT sum(assessments) FROM risk_1h)")
                    == "0",
                () => "the rollup has not what the table has"
            );
            again.Terminate();
            Assert.Equal(0, await again.ExitAsync());
        }

        var (exit, output, errors) = await RemoraProcess.RunAsync(
            "store",
            "status",
            "--data",
            Path.Combine(_data, "sandbox"),
            "--json"
        );
        Assert.True(exit == 0, errors);
        Assert.True(JsonElement.Parse(output).GetProperty("tables")[0].GetProperty("rows").GetInt64() > 8_000, output);
    }

    [Fact]
    public async Task Live_assessments_do_not_depend_on_the_store()
    {
        var (_, key, _) = await RemoraProcess.RunAsync("keys", "add", "bot", "--data", _data);
        await using var service = RemoraProcess.Start(
            ["serve", "--sandbox", "--speed", "300", "--port", "0", "--pairs", "BTC/USDT", "--data", _data],
            WithStore
        );
        var url = await service.UrlAsync();
        await UntilAsync(
            url,
            "/api/v1/candles?pair=BTC/USDT&limit=1",
            answer => answer.GetProperty("rows").GetArrayLength() == 1,
            service
        );

        using var http = new HttpClient { BaseAddress = new(url) };
        foreach (
            var wrong in new[]
            {
                "interval=7m",
                "from=yesterday",
                "to=-3x",
                "limit=0",
                "limit=10001",
                "format=xml",
                "from=-1h&to=-2h",
                "nonsense=1",
            }
        )
        {
            using var refused = await http.GetAsync("/api/v1/history?pair=BTC/USDT&" + wrong);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal(
                wrong.Split('=')[0],
                JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("parameter").GetString()
            );
        }
        Assert.Equal(
            JsonValueKind.Null,
            (await GetAsync(url, "/api/v1/store")).GetProperty("recorder").GetProperty("last_error").ValueKind
        ); // a first start is not a fault
        var csv = await http.GetStringAsync("/api/v1/candles?pair=BTC/USDT&format=csv&limit=2");
        Assert.Equal(3, csv.Trim().Split('\n').Length);
        Assert.Equal(
            "PAR1"u8.ToArray(),
            (await http.GetByteArrayAsync("/api/v1/candles?pair=BTC/USDT&format=parquet&limit=2"))[..4]
        );
        // Candles may be stored a moment earlier
        var past = await UntilAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=now", _ => true, service);
        Assert.Equal("BTC/USDT", past.GetProperty("pair").GetString());

        KillTheEngine();
        for (var i = 0; i < 20; i++)
        {
            using var answer = await http.GetAsync("/api/v1/risk?pair=BTC/USDT");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        await UntilAsync(
            url,
            "/api/v1/store",
            store => store.GetProperty("engine").GetProperty("restarts").GetInt32() >= 1,
            service
        );
        await EventuallyAsync(
            () =>
                Task.FromResult(
                    service.LinesWith("the ClickHouse engine was restarted: the engine ended with exit code 137") == 1
                ),
            () => service.Errors
        );
        await UntilAsync(
            url,
            "/api/v1/candles?pair=BTC/USDT&limit=1",
            answer => answer.GetProperty("rows").GetArrayLength() == 1,
            service
        );
        var requests = await UntilAsync(
            url,
            "/api/v1/traffic?interval=1m&from=-30d",
            traffic =>
                traffic
                    .GetProperty("rows")
                    .EnumerateArray()
                    .Any(row => row.GetProperty("route").GetString() == "/api/v1/risk"),
            service
        );
        Assert.All(
            requests.GetProperty("rows").EnumerateArray(),
            row => Assert.StartsWith("/", row.GetProperty("route").GetString())
        );

        // One request with a key and one that is refused. Stored by the name of the key, never the
        // key, and by the route template.
        using var named = new HttpRequestMessage(HttpMethod.Get, "/api/v1/risk?pair=DOGE/EUR")
        {
            Headers = { { "Authorization", "Bearer " + key.Trim() } },
        };
        using (var unknown = await http.SendAsync(named))
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        await EventuallyAsync(
            async () => await SqlAsync("SELECT DISTINCT client FROM api_requests WHERE client IS NOT NULL") == "bot",
            () => "the key's name was not recorded"
        );
        requests = await GetAsync(url, "/api/v1/traffic?interval=1m&from=-30d");
        Assert.All(
            requests.GetProperty("rows").EnumerateArray(),
            row => Assert.False(row.GetProperty("route").GetString()!.EndsWith('/'), row.ToString())
        );
    }

    [Fact]
    public async Task A_service_that_stops_under_load_loses_nothing()
    {
        const int callers = 8;
        var answered = 0;
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--speed", "300"]);
        var world = await sandbox.UrlAsync();
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await UntilAsync(url, "/api/v1/store", store => store.GetProperty("ready").GetBoolean(), service);
            var calling = Enumerable
                .Range(0, callers)
                .Select(async _ =>
                {
                    using var http = new HttpClient { BaseAddress = new(url) };
                    try
                    {
                        while (true)
                        {
                            using var answer = await http.GetAsync("/api/v1/risk?pair=BTC/USDT");
                            if (answer.IsSuccessStatusCode)
                                Interlocked.Increment(ref answered);
                        }
                    }
                    catch (HttpRequestException)
                    {
                        // the process has ended
                    }
                })
                .ToList();
            while (Volatile.Read(ref answered) < 2000)
                await Task.Delay(20);
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
            await Task.WhenAll(calling);
        }

        // Rows that could not be inserted in time are in the journal. More batches come all the
        // time.
        var left = BatchesOf(_data);
        await using var again = Serve(world);
        await UntilAsync(
            await again.UrlAsync(),
            "/api/v1/store",
            store => store.GetProperty("ready").GetBoolean() && !left.Any(File.Exists),
            again
        );
        var stored = int.Parse(
            await SqlAsync("SELECT count() FROM api_requests WHERE route = '/api/v1/risk'"),
            CultureInfo.InvariantCulture
        );
        Assert.InRange(stored, answered, answered + callers); // the last responses may have been truncated
        Assert.Equal("0", await SqlAsync("SELECT count() - uniqExact(sequence) FROM assessments"));
    }

    [Fact]
    public async Task Without_a_store_history_requests_are_refused()
    {
        await using var service = RemoraProcess.Start(["serve", "--sandbox", "--port", "0", "--store", "false"]);
        using var http = new HttpClient { BaseAddress = new(await service.UrlAsync()) };
        using var answer = await http.GetAsync("/api/v1/history?pair=BTC/USDT");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("without a store", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_survive_import_and_export()
    {
        var csv = Path.Combine(_data, "candles.csv");
        await File.WriteAllLinesAsync(
            csv,
            [
                "timestamp,open,high,low,close,volume",
                .. Enumerable
                    .Range(0, 50)
                    .Select(i =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{1_700_000_100_000L + (i * 300_000L)},{100 + i},{102 + i},{99 + i},{101 + i},5"
                        )
                    ),
            ]
        );
        await RunAsync("history", "import", "--candles", "BTC/USDT=" + csv);
        var feather = Path.Combine(_data, "candles.feather");
        await RunAsync("history", "export", "--pair", "BTC/USDT", "--what", "candles", "--to", feather);
        await RunAsync("history", "import", "--candles", "ETH/USDT=" + feather);
        await RunAsync("store", "backup", Path.Combine(_data, "copy"));
        await RunAsync("store", "restore", Path.Combine(_data, "copy"), "--replace");
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            "sql",
            "SELECT pair, count(), sum(close) FROM candles GROUP BY pair ORDER BY pair",
            "--data",
            _data
        );
        Assert.True(exit == 0, errors);
        Assert.Equal("BTC/USDT\t50\t6275\nETH/USDT\t50\t6275\n", output);

        (exit, _, errors) = await RemoraProcess.RunAsync(
            "history",
            "export",
            "--pair",
            "BTC/USDT",
            "--to",
            Path.Combine(_data, "x.xls"),
            "--data",
            _data
        );
        Assert.Equal(2, exit);
        Assert.Contains(".parquet", errors, StringComparison.Ordinal);
    }

    private async Task RunAsync(params string[] arguments)
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync([.. arguments, "--data", _data]);
        Assert.True(exit == 0, errors);
    }

    private RemoraProcess Serve(string world) =>
        RemoraProcess.Start(
            ["serve", "--sandbox", world, "--port", "0", "--pairs", "BTC/USDT", "--data", _data],
            WithStore
        );

    private async Task<string> SqlAsync(string sql)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync("sql", sql, "--data", Path.Combine(_data, "sandbox"));
        Assert.True(exit == 0, errors);
        return output.Trim();
    }

    /// <summary>Returns the files of batches in the journal of a sandbox's store.</summary>
    internal static IReadOnlyList<string> BatchesOf(string data) =>
        Directory.GetFiles(Path.Combine(data, "sandbox", "journal"), "*.batch");

    /// <summary>Returns the engine process of a sandbox's store.</summary>
    internal static Process EngineOf(string data) =>
        Process.GetProcessById(
            JsonElement
                .Parse(File.ReadAllText(Path.Combine(data, "sandbox", "clickhouse", "endpoint")))
                .GetProperty("pid")
                .GetInt32()
        );

    private void KillTheEngine()
    {
        using var engine = EngineOf(_data);
        engine.Kill();
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(100))
            Assert.True(waited.Elapsed < Patience, otherwise());
    }

    internal static async Task<JsonElement> GetAsync(string url, string path)
    {
        using var http = new HttpClient();
        return JsonElement.Parse(await http.GetStringAsync(url + path));
    }

    internal static async Task<JsonElement> UntilAsync(
        string url,
        string path,
        Func<JsonElement, bool> isThere,
        RemoraProcess service
    )
    {
        using var http = new HttpClient();
        var last = "";
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Patience; )
        {
            using var answer = await http.GetAsync(url + path);
            last = await answer.Content.ReadAsStringAsync();
            if (answer.IsSuccessStatusCode && JsonElement.Parse(last) is var json && isThere(json))
                return json;
            await Task.Delay(100);
        }
        throw new TimeoutException(
            $"{path} did not come to say it: {last[..Math.Min(last.Length, 500)]}\n{service.Errors}"
        );
    }
}
