using System.Net;
using System.Text.Json;
using Remora.Cli.Tests.Deploy;
using Remora.ClickHouse.Embedded;
using Remora.Testing;

namespace Remora.Cli.Tests;

/// <summary>Tests the history API of the real service with a real store.</summary>
[Trait("speed", "slow")]
public sealed class HistoryApiTests : IDisposable
{
    private static readonly Dictionary<string, string> WithStore = new() { ["REMORA_STORE"] = "true" };

    private readonly string _data = Directory.CreateTempSubdirectory("remora-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task History_has_pages_and_formats_and_treats_hostile_text_as_data()
    {
        await using var service = Serve();
        var url = await service.UrlAsync();
        using var http = new HttpClient { BaseAddress = new(url) };
        await StoreTests.UntilAsync(
            url,
            "/api/v1/history?pair=BTC/USDT&interval=1m&from=-1d",
            answer => answer.GetProperty("rows").GetArrayLength() >= 5,
            service
        );
        await StoreTests.UntilAsync(
            url,
            "/api/v1/traffic?interval=1m&from=-1d",
            answer => answer.GetProperty("rows").GetArrayLength() >= 2,
            service
        );
        var to = JsonElement
            .Parse(await http.GetStringAsync("/api/v1/risk?pair=BTC/USDT"))
            .GetProperty("as_of")
            .GetString()!; // earlier rows do not change, except for those not written yet
        // Candles that closed later are stored, so all earlier rows are too
        await StoreTests.UntilAsync(
            url,
            $"/api/v1/candles?pair=BTC/USDT&from={to}",
            answer => answer.GetProperty("rows").GetArrayLength() >= 3,
            service
        );

        // A span relative to now would move meanwhile
        var from = DateTimeOffset.Parse(to).AddHours(-3).ToString("yyyy-MM-ddTHH:mm:ssZ");
        foreach (
            var (path, time) in new[]
            {
                ($"/api/v1/candles?pair=BTC/USDT&from={from}", "open_time"),
                ($"/api/v1/history?pair=BTC/USDT&interval=1m&from={from}", "time"),
                ($"/api/v1/traffic?interval=1m&from={from}", "time"),
            }
        )
        {
            var asked = $"{path}&to={to}";
            var whole = Rows(JsonElement.Parse(await http.GetStringAsync(asked + "&limit=10000")));
            Assert.True(whole.Count >= 2, asked);
            Assert.Equal(
                whole.Select(row => row.GetProperty(time).GetString()),
                whole.Select(row => row.GetProperty(time).GetString()).Order(StringComparer.Ordinal)
            );
            Assert.Equal(whole.Select(Text), (await PagesAsync(http, path, to, limit: 5)).Select(Text));

            var lines = (await http.GetStringAsync(asked + "&format=csv")).Trim().Split('\n');
            Assert.Equal(whole.Count + 1, lines.Length);
            Assert.Equal(
                whole.Count,
                (await http.GetStringAsync(asked + "&format=jsonl"))
                    .Trim()
                    .Split('\n')
                    .Count(line => JsonElement.Parse(line).ValueKind == JsonValueKind.Object)
            );
            Assert.Equal(3, (await http.GetStringAsync(asked + "&format=csv&limit=2")).Trim().Split('\n').Length);
            using var parquet = await http.GetAsync(asked + "&format=parquet");
            Assert.EndsWith(
                ".parquet",
                parquet.Content.Headers.ContentDisposition!.FileName!.Trim('"'),
                StringComparison.Ordinal
            );
            Assert.Equal(whole.Count, await RowsOfAsync("Parquet", await parquet.Content.ReadAsByteArrayAsync()));
            Assert.Equal(
                whole.Count,
                await RowsOfAsync("Arrow", await http.GetByteArrayAsync(asked + "&format=feather"))
            );
        }

        // Three hours with a candle every five minutes, and half an hour that moves with the clock.
        Assert.Equal(
            36,
            Rows(
                JsonElement.Parse(
                    await http.GetStringAsync($"/api/v1/candles?pair=BTC/USDT&from={from}&to={to}&limit=100")
                )
            ).Count
        );
        Assert.InRange(
            Rows(
                JsonElement.Parse(await http.GetStringAsync("/api/v1/candles?pair=BTC/USDT&from=-1530m&to=-25h"))
            ).Count,
            5,
            7
        );

        string[] hostile =
        [
            "'; DROP TABLE candles; --",
            "' OR 1=1 --",
            "{pair:String}",
            "BTC/USDT\\' UNION SELECT 1 --",
            "1h' OR '1'='1",
            "\0",
            "`x`",
            "1; SELECT sleep(3)",
        ];
        string[] parameters =
        [
            "pair",
            "exchange",
            "timeframe",
            "policy",
            "interval",
            "from",
            "to",
            "limit",
            "format",
            "at",
            "nonsense",
        ];
        foreach (var path in new[] { "history", "candles", "traffic", "assessment", "store", "store/tables" })
        {
            foreach (var parameter in parameters)
            {
                foreach (var text in hostile)
                {
                    var pair =
                        path is "history" or "candles" or "assessment" && parameter != "pair" ? "pair=BTC/USDT&" : "";
                    using var refused = await http.GetAsync(
                        $"/api/v1/{path}?{pair}{parameter}={Uri.EscapeDataString(text)}"
                    );
                    Assert.True(
                        refused.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound,
                        $"{path} {parameter}={text}: {refused.StatusCode}"
                    );
                    Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
                }
            }
        }
        Assert.NotEmpty(Rows(JsonElement.Parse(await http.GetStringAsync("/api/v1/candles?pair=BTC/USDT&from=-3h"))));
    }

    [Fact]
    public async Task The_service_works_with_a_read_only_data_folder_and_reports_it()
    {
        Assert.SkipUnless(
            (await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", "ro", "none", _data])).ExitCode == 0,
            "needs the right to mount a small file system"
        );
        try
        {
            await using var service = Serve();
            var url = await service.UrlAsync();
            using var http = new HttpClient { BaseAddress = new(url) };
            await StoreTests.UntilAsync(
                url,
                "/api/v1/risk?pair=BTC/USDT",
                answer => answer.GetProperty("as_of").ValueKind == JsonValueKind.String,
                service
            );
            var store = await StoreTests.UntilAsync(
                url,
                "/api/v1/store",
                answer => answer.GetProperty("recorder").GetProperty("last_error").ValueKind == JsonValueKind.String,
                service
            );
            Assert.False(store.GetProperty("ready").GetBoolean());
            Assert.Contains("cannot be created", store.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.Contains(
                "cannot be opened",
                store.GetProperty("recorder").GetProperty("last_error").GetString(),
                StringComparison.Ordinal
            );
            using var past = await http.GetAsync("/api/v1/history?pair=BTC/USDT");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, past.StatusCode);
        }
        finally
        {
            await Tool.RunAsync("umount", [_data]);
        }
    }

    private RemoraProcess Serve() =>
        RemoraProcess.Start(
            ["serve", "--sandbox", "--speed", "300", "--port", "0", "--pairs", "BTC/USDT", "--data", _data],
            WithStore
        );

    // Follows 'next' to the last page.
    private static async Task<List<JsonElement>> PagesAsync(HttpClient http, string path, string to, int limit)
    {
        var rows = new List<JsonElement>();
        for (var asked = $"{path}&to={to}&limit={limit}"; ; )
        {
            var page = JsonElement.Parse(await http.GetStringAsync(asked));
            Assert.InRange(page.GetProperty("rows").GetArrayLength(), 0, limit);
            rows.AddRange(Rows(page));
            if (
                page.GetProperty("next").ValueKind == JsonValueKind.Null
                || string.CompareOrdinal(page.GetProperty("next").GetString(), to) >= 0
            )
                return rows;
            asked =
                $"{path[..path.IndexOf("&from=", StringComparison.Ordinal)]}&from={page.GetProperty("next").GetString()}&to={to}&limit={limit}".Replace(
                    "traffic&",
                    "traffic?",
                    StringComparison.Ordinal
                );
        }
    }

    private async Task<long> RowsOfAsync(string format, byte[] file)
    {
        var engine = Path.Combine(_data, "sandbox", "clickhouse");
        var path = Path.Combine(engine, "desk", "file." + format); // a folder that the confined engine can read
        await File.WriteAllBytesAsync(path, file);
        using var client = await EngineFolder.TryConnectAsync(engine);
        return await client!.SingleAsync($"SELECT count()::Int64 FROM file('{path}', {format})", row => row.Int64());
    }

    private static List<JsonElement> Rows(JsonElement page) => [.. page.GetProperty("rows").EnumerateArray()];

    private static string Text(JsonElement row) => row.GetRawText();
}
