using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Bots.Tests;
using Remora.Csv;
using Remora.Feeds;
using Remora.Feeds.Calendar;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests.OpenApi;

/// <summary>
/// Validates real answers against the schemas of the document. Remora.Cli.Tests validates those
/// that need a store.
/// </summary>
public sealed class AnswerSchemaTests
{
    private static readonly string[] WithoutStore =
    [
        "/api/v1/risk",
        "/api/v1/risk?side=short",
        "/api/v1/risk?pair=BTC/USDT",
        "/api/v1/risk?pair=BTC/USDT&side=short&policy=conservative",
        "/api/v1/risk?pair=BTC/USDT&policy=remora-2",
        "/api/v1/risk?policy=remora-2",
        "/api/v1/risk/batch?pairs=BTC/USDT,ETH/USDT,DOGE/EUR",
        "/api/v1/regime?pair=BTC/USDT",
        "/api/v1/volatility?pair=BTC/USDT",
        "/api/v1/forecast?pair=BTC/USDT",
        "/api/v1/forecast?pair=BTC/USDT&horizon=24h&fall=0.03&rise=0.5",
        "/api/v1/pairs",
        "/api/v1/pairlist",
        "/api/v1/pairlist?max_risk=0.9&quote=USDT&side=short",
        "/api/v1/policies",
        "/api/v1/sources",
        "/api/v1/status",
        "/api/v1/news",
        "/healthz",
        "/metrics",
    ];

    [Fact]
    public async Task With_everything_known_and_with_nothing_known()
    {
        using var folder = new TemporaryCalendar();
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings,
            new SandboxNotice("simulated", "http://127.0.0.1:1", 300),
            calendar: clock =>
                new(
                    folder.File,
                    TimeSpan.FromMinutes(120),
                    TimeSpan.FromMinutes(60),
                    clock,
                    dates: new(ShippedCalendar.Dates)
                )
        );
        var schemas = await ApiSchemas.OfAsync(service.Http);
        foreach (var address in WithoutStore)
            await schemas.CheckAsync(service.Http, address);
        await schemas.CheckAsync(service.Http, "/readyz", 503);

        await service.WarmAsync();
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 12, Some.Time));
        service.Feeds[0].Health = service.Feeds[0].Health with
        {
            State = FeedState.Unreachable,
            LastError = new("network", "no route", Some.Time),
            NextTry = Some.Time + TimeSpan.FromMinutes(1),
            ConsecutiveFailures = 4,
            LastCandleClose = Some.Time,
            HistoryFrom = Some.Time,
            Refused = new Dictionary<CandleFault, long> { [CandleFault.NotPositive] = 2 },
            Gaps = [new(Some.Time, Some.Time + TimeSpan.FromMinutes(5), 1)],
        };
        foreach (var address in WithoutStore.Append("/readyz"))
            await schemas.CheckAsync(service.Http, address);

        service.Clock.Advance(TimeSpan.FromDays(3)); // everything is stale
        foreach (var address in WithoutStore)
            await schemas.CheckAsync(service.Http, address);
    }

    [Fact]
    public async Task What_is_refused()
    {
        await using var service = await LiveServer.StartAsync();
        var schemas = await ApiSchemas.OfAsync(service.Http);
        foreach (
            var (address, status) in new[]
            {
                ("/api/v1/risk?pair=nonsense", 400),
                ("/api/v1/risk?side=up", 400),
                ("/api/v1/risk?x=1", 400),
                ("/api/v1/risk?exchange=binance", 400),
                ("/api/v1/risk?pair=DOGE/EUR", 404),
                ("/api/v1/risk/batch?pairs=DOGE/EUR", 404),
                ("/api/v1/risk/batch", 400),
                ("/api/v1/regime?pair=DOGE/EUR", 404),
                ("/api/v1/stream?pair=DOGE/EUR", 404),
                ("/api/v1/history?pair=BTC/USDT&interval=7m", 400),
                ("/api/v1/history?pair=BTC/USDT", 503),
                ("/api/v1/candles?pair=BTC/USDT", 503),
                ("/api/v1/assessment?pair=BTC/USDT", 503),
                ("/api/v1/traffic", 503),
                ("/api/v1/store", 503),
                ("/api/v1/store/tables", 503),
                ("/api/v1/policies?x=1", 400),
                ("/api/v1/pairlist?max_risk=2", 400),
            }
        )
            await schemas.CheckAsync(service.Http, address, status);
        foreach (var (query, status) in new[] { ("", 400), ("?pair=DOGE/EUR", 404), ("?pair=BTC/USDT", 409) })
            await schemas.CheckAsync(service.Http, "/api/v1/pairs/accept" + query, status, "post");
        foreach (var (query, status) in new[] { ("", 400), ("?pairs=x", 400), ("?pairs=DOGE/EUR", 409) })
            await schemas.CheckAsync(service.Http, "/api/v1/pairs" + query, status, "post");
        foreach (var (query, status) in new[] { ("", 400), ("?pair=DOGE/EUR", 404), ("?pair=BTC/USDT", 409) })
            await schemas.CheckAsync(service.Http, "/api/v1/pairs" + query, status, "delete");
        await schemas.CheckAsync(service.Http, "/api/v1/reload", 409, "post"); // it has no settings to read
        await schemas.CheckAsync(service.Http, "/api/v1/reload?x=1", 400, "post");
        await schemas.CheckAsync(service.Http, "/api/v1/pairs?pairs=BTC/USDT", 200, "post");
        await schemas.CheckAsync(service.Http, "/api/v1/status"); // with a refused pair
    }

    [Theory]
    [InlineData(UntrackedRule.Unknown)]
    [InlineData(UntrackedRule.WholeMarket)]
    public async Task For_an_untracked_pair(UntrackedRule rule)
    {
        await using var service = await LiveServer.StartAsync(LiveServer.Settings with { Untracked = rule });
        var schemas = await ApiSchemas.OfAsync(service.Http);
        await schemas.CheckAsync(service.Http, "/api/v1/risk?pair=DOGE/EUR");
    }

    [Fact]
    public async Task Without_a_key_and_beyond_the_limit()
    {
        using var folder = new TemporaryCalendar();
        var secret = ApiKey.NewSecret();
        new KeyFile(folder.Path).Change(keys =>
            [.. keys, new("bot", ApiKey.HashOf(secret), Some.Time, null, null, null)]
        );
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                RequireKeys = true,
                Data = folder.Path,
                AnonymousPerMinute = 1000,
            }
        );
        using var known = new HttpClient
        {
            BaseAddress = service.Http.BaseAddress,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", secret) },
        };
        var schemas = await ApiSchemas.OfAsync(known);
        foreach (var path in schemas.Paths.Except(["/healthz", "/readyz"]))
        {
            using var refused = await service.Http.GetAsync(path);
            Assert.True(refused.Headers.Contains("WWW-Authenticate"));
            await schemas.CheckAsync(service.Http, path, 401);
        }

        await using var busy = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                RequireKeys = true,
                Data = folder.Path,
                AnonymousPerMinute = 1,
            }
        );
        await busy.Http.GetAsync("/metrics");
        foreach (var path in schemas.Paths.Except(["/healthz", "/readyz"]))
            await schemas.CheckAsync(busy.Http, path, 429);
    }

    [Fact]
    public async Task What_the_stream_and_webhooks_say()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Webhooks = [new(receiver.Url, "secret")],
            }
        );
        var schemas = await ApiSchemas.OfAsync(service.Http);
        await using var stream = await EventStream.OpenAsync(service.Http);
        await service.WarmAsync();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await stream.UntilAsync(next =>
        {
            if (next.Name == "comment")
                return false;
            var whole = new JsonObject
            {
                ["event"] = next.Name,
                ["id"] = next.Id,
                ["data"] = next.Data,
            };
            Assert.Empty(schemas.FaultsOf("StreamEvent", JsonElement.Parse(whole.ToJsonString())));
            Assert.Empty(
                schemas.FaultsOf(
                    next.Name == "market" ? "WholeMarketAssessment" : "Assessment",
                    JsonElement.Parse(next.Data)
                )
            );
            seen.Add(next.Name);
            return seen.Count == 2;
        });

        await Eventually.TrueAsync(() => !receiver.Taken.IsEmpty, () => "no webhook came");
        Assert.All(receiver.Taken, taken => Assert.Empty(schemas.FaultsOf("WebhookEvent", taken.Json)));
    }

    /// <summary>Tests that the check itself detects errors.</summary>
    [Fact]
    public async Task A_wrong_answer_is_found()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var schemas = await ApiSchemas.OfAsync(service.Http);
        var text = await service.Http.GetStringAsync("/api/v1/risk?pair=BTC/USDT");
        foreach (
            var (name, wrong) in new (string, string?)[]
            {
                ("safe_to_trade", "\"true\""),
                ("risk_score", null),
                ("regime", "\"boom\""),
                ("reasoning", "null"),
                ("as_of", "\"yesterday\""),
                ("surprise", "1"),
                ("risk_breakdown", "{}"),
                ("stale", "null"),
            }
        )
        {
            var answer = JsonNode.Parse(text)!.AsObject();
            if (wrong is null)
                answer.Remove(name);
            else
                answer[name] = JsonNode.Parse(wrong);
            Assert.NotEmpty(schemas.FaultsOf("Assessment", JsonElement.Parse(answer.ToJsonString())));
        }
        Assert.Empty(schemas.FaultsOf("Assessment", JsonElement.Parse(text)));
    }

    /// <summary>A folder with a calendar of one event.</summary>
    private sealed class TemporaryCalendar : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("remora-openapi").FullName;

        public string File
        {
            get
            {
                var file = System.IO.Path.Combine(Path, "calendar.csv");
                System.IO.File.WriteAllText(
                    file,
                    $"time,announced,name\n{Some.Time + TimeSpan.FromHours(1)},,Rate decision\n"
                );
                return file;
            }
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
