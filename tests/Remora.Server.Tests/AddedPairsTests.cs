using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Remora.Bots.Tests;
using Remora.Feeds;
using Remora.Feeds.Exchanges;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Pairs;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>Pairs that are added and dropped while the service runs.</summary>
public sealed class AddedPairsTests : IDisposable
{
    private readonly FakeMarkets _markets = new();
    private readonly ManualClock _real = new(Some.Time.ToDateTimeOffset());
    private readonly LogLines _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_pair_is_added_assessed_streamed_and_dropped_without_a_restart()
    {
        await using var service = await StartAsync();
        await service.GetAsync("/api/v1/risk?pair=XRP/USDT", HttpStatusCode.NotFound);
        await using var all = await EventStream.OpenAsync(service.Http);

        var asked = await PostAsync(service.Http, "XRP/USDT,ADA/USDT,BTC/USDT,NONE/USDT");
        Assert.Equal(
            ["XRP/USDT True ", "ADA/USDT True ", "BTC/USDT True ", "NONE/USDT False not listed on binance"],
            asked
                .GetProperty("pairs")
                .EnumerateArray()
                .Select(p => $"{p.GetProperty("pair")} {p.GetProperty("tracked")} {p.GetProperty("reason")}")
        );
        Assert.Equal("unknown", (await RiskAsync(service, "XRP/USDT")).GetProperty("state").GetString());

        // Named streams and all earlier ones get the new pair.
        await using var named = await EventStream.OpenAsync(service.Http, "?pair=XRP/USDT");
        var now = Instant.From(service.Clock.GetUtcNow());
        await _markets
            .Feeds["XRP/USDT"]
            .SendAsync(MarketEvent.Recovered(Some.MarketOf("XRP/USDT"), Some.History(3000, now, seed: 7)));
        foreach (var stream in new[] { all, named })
            await UntilAsync(stream, "XRP/USDT", risk => risk.GetProperty("as_of").ValueKind != JsonValueKind.Null);
        var listed = (await service.GetAsync("/api/v1/pairs")).GetProperty("pairs").EnumerateArray().ToList();
        Assert.Equal(
            ["BTC/USDT False", "ETH/USDT False", "XRP/USDT True", "ADA/USDT True"],
            listed.Select(pair => $"{pair.GetProperty("pair")} {pair.GetProperty("added")}")
        );
        var metrics = await service.Http.GetStringAsync("/metrics");
        Assert.Contains("remora_added_pairs 2", metrics, StringComparison.Ordinal);
        Assert.Contains("pair=\"XRP/USDT\"", metrics, StringComparison.Ordinal);

        // The verdict of the whole market remains that of the configured pairs.
        var whole = await service.GetAsync("/api/v1/risk");
        Assert.Equal(2, whole.GetProperty("pairs").GetArrayLength());

        using var dropped = await service.Http.DeleteAsync("/api/v1/pairs?pair=XRP/USDT");
        Assert.Equal(HttpStatusCode.OK, dropped.StatusCode);
        await service.GetAsync("/api/v1/risk?pair=XRP/USDT", HttpStatusCode.NotFound);
        Assert.Null(service.Supervisor.Tasks.FirstOrDefault(task => task.Name.Contains("XRP/USDT")));
        using var configured = await service.Http.DeleteAsync("/api/v1/pairs?pair=BTC/USDT");
        Assert.Equal(HttpStatusCode.Conflict, configured.StatusCode);

        // Added again, it begins anew.
        await PostAsync(service.Http, "XRP/USDT");
        Assert.Equal("unknown", (await RiskAsync(service, "XRP/USDT")).GetProperty("state").GetString());
        Assert.False(service.Host.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_pair_that_nobody_asks_for_is_dropped_after_a_day()
    {
        await using var service = await StartAsync();
        await PostAsync(service.Http, "XRP/USDT,ADA/USDT,DOGE/USDT");
        await using var named = await EventStream.OpenAsync(service.Http, "?pair=DOGE/USDT");
        for (var hour = 0; hour < 20; hour++)
            _real.Advance(TimeSpan.FromHours(1));
        await RiskAsync(service, "ADA/USDT");
        await UntilAsync(() =>
        {
            _real.Advance(TimeSpan.FromSeconds(10));
            return Added(service).All(pair => pair.Pair.Base == "XRP" || _real.GetUtcNow() - pair.AskedAt < AnHour);
        });
        for (var hour = 0; hour < 6; hour++)
            _real.Advance(TimeSpan.FromHours(1));
        await UntilAsync(() =>
        {
            _real.Advance(TimeSpan.FromSeconds(10));
            return Added(service) is [{ Pair.Base: "ADA" }, { Pair.Base: "DOGE" }];
        });
        await service.GetAsync("/api/v1/risk?pair=XRP/USDT", HttpStatusCode.NotFound);
        Assert.Single(_log.All, line => line.Contains("Nobody asked for a day: XRP/USDT dropped"));
        await RiskAsync(service, "BTC/USDT"); // configured pairs stay
    }

    [Fact]
    public async Task The_limit_names_who_is_refused_until_a_pair_is_idle()
    {
        await using var service = await StartAsync(Settings with { MaxAddedPairs = 2 });
        await PostAsync(service.Http, "XRP/USDT,ADA/USDT");
        var problem = await PostAsync(service.Http, "DOGE/USDT", HttpStatusCode.Conflict);
        Assert.Equal(
            "DOGE/USDT cannot be tracked: the limit of 2 added pairs is reached (max_added_pairs).",
            problem.GetProperty("detail").GetString()
        );
        var status = (await service.GetAsync("/api/v1/status")).GetProperty("added");
        var refused = Assert.Single(status.GetProperty("refused").EnumerateArray());
        Assert.Equal(
            ("DOGE/USDT", "a caller without a key", 2),
            (
                refused.GetProperty("pair").GetString(),
                refused.GetProperty("by").GetString(),
                status.GetProperty("limit").GetInt32()
            )
        );
        Assert.Single(_log.All, line => line.Contains("DOGE/USDT"));

        _real.Advance(AddedPairs.IdleAfter);
        await RiskAsync(service, "ADA/USDT");
        await PostAsync(service.Http, "DOGE/USDT");
        Assert.Equal(["ADA/USDT", "DOGE/USDT"], Added(service).Select(pair => pair.Pair.ToString()));
        Assert.Empty(
            (await service.GetAsync("/api/v1/status")).GetProperty("added").GetProperty("refused").EnumerateArray()
        );
    }

    [Fact]
    public async Task The_whitelists_of_followed_bots_are_tracked_and_their_outages_told_once()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.Whitelist = ["BTC/USDT", "XRP/USDT", "nonsense"];
        await using var service = await StartAsync(
            Settings with
            {
                Freqtrade =
                [
                    new(bot.Url, FreqtradeStandIn.User, FreqtradeStandIn.Password)
                    {
                        Lock = false,
                        Follow = true,
                        FollowEvery = TimeSpan.FromMilliseconds(50),
                    },
                ],
            }
        );
        await UntilAsync(() => Added(service) is [{ Pair.Base: "XRP" }]);
        bot.Whitelist = ["XRP/USDT", "ADA/USDT"];
        await UntilAsync(() => Added(service) is [{ Pair.Base: "XRP" }, { Pair.Base: "ADA" }]);
        Assert.Single(_log.All, line => line.Contains("nonsense"));
        Assert.Single(_log.All, line => line.Contains("added ADA/USDT"));
        using var dropped = await service.Http.DeleteAsync("/api/v1/pairs?pair=ADA/USDT");
        Assert.Equal(HttpStatusCode.Conflict, dropped.StatusCode);
        Assert.DoesNotContain(bot.Calls, call => call.Contains("locks"));

        bot.Mode = "500";
        await UntilAsync(() => _log.All.Any(line => line.Contains("Cannot follow")));
        var health = Assert.Single(
            (await service.GetAsync("/api/v1/status")).GetProperty("added").GetProperty("bots").EnumerateArray()
        );
        Assert.Contains("returned 500", health.GetProperty("last_error").GetString());
        Assert.Equal(2, health.GetProperty("pairs").GetArrayLength());
        await RiskAsync(service, "ADA/USDT"); // stays
        bot.Mode = "well";
        await UntilAsync(() => _log.All.Any(line => line.Contains("followed again")));
        Assert.Single(_log.All, line => line.Contains("Cannot follow"));
        Assert.Contains("remora_follow_up", await service.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_exchange_does_not_answer_a_request_is_not_refused_for_good()
    {
        await using var service = await StartAsync();
        _markets.IsDown = true;
        var problem = await PostAsync(service.Http, "XRP/USDT", HttpStatusCode.ServiceUnavailable);
        Assert.Contains("no route", problem.GetProperty("detail").GetString());
        _markets.IsDown = false;
        await PostAsync(service.Http, "XRP/USDT");
    }

    [Fact]
    public async Task A_guarded_service_wants_a_key_with_the_scope()
    {
        var folder = Directory.CreateTempSubdirectory("remora-scopes").FullName;
        string without = ApiKey.NewSecret(),
            with = ApiKey.NewSecret();
        new KeyFile(folder).Change(keys =>
            [
                .. keys,
                new("reader", ApiKey.HashOf(without), Some.Time),
                new("guard", ApiKey.HashOf(with), Some.Time, Scopes: [KeyScopes.Pairs]),
            ]
        );
        await using var service = await StartAsync(Settings with { RequireKeys = true, Data = folder });
        foreach (var (key, status) in new[] { (without, HttpStatusCode.Forbidden), (with, HttpStatusCode.OK) })
        {
            using var http = new HttpClient
            {
                BaseAddress = service.Http.BaseAddress,
                DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
            };
            await PostAsync(http, "XRP/USDT", status);
        }
        await PostAsync(service.Http, "XRP/USDT", HttpStatusCode.Unauthorized);
        Directory.Delete(folder, recursive: true);
        Assert.Equal("guard", Assert.Single(Added(service)).By);
    }

    [Theory]
    [InlineData(UntrackedRule.Unknown, "unknown")]
    [InlineData(UntrackedRule.WholeMarket, "whole_market")]
    public async Task An_untracked_pair_is_answered_by_the_rule_which_the_answer_names(UntrackedRule rule, string name)
    {
        await using var service = await StartAsync(Settings with { Untracked = rule });
        await service.WarmAsync(feed: 0);
        await service.WarmAsync(feed: 1);
        var whole = await service.GetAsync("/api/v1/risk");
        var batch = await service.GetAsync("/api/v1/risk/batch?pairs=BTC/USDT,DOGE/EUR");
        Assert.Equal("DOGE/EUR", batch.GetProperty("unknown")[0].GetProperty("pair").GetString());
        foreach (
            var answer in new[]
            {
                await service.GetAsync("/api/v1/risk?pair=DOGE/EUR"),
                batch.GetProperty("assessments")[1],
            }
        )
        {
            Assert.Equal(
                ("DOGE/EUR", name),
                (answer.GetProperty("pair").GetString(), answer.GetProperty("untracked").GetString())
            );
            Assert.Equal(
                rule == UntrackedRule.Unknown ? "unknown" : whole.GetProperty("state").GetString(),
                answer.GetProperty("state").GetString()
            );
            Assert.Equal(
                rule == UntrackedRule.Unknown ? JsonValueKind.Null : JsonValueKind.Number,
                answer.GetProperty("risk_score").ValueKind
            );
        }
        Assert.False((await RiskAsync(service, "BTC/USDT")).TryGetProperty("untracked", out _));
        await service.GetAsync("/api/v1/risk?pair=nonsense", HttpStatusCode.BadRequest);
        await service.GetAsync("/api/v1/regime?pair=DOGE/EUR", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_pairlist_has_the_safe_pairs_with_the_lowest_score_first()
    {
        await using var service = await StartAsync();
        Assert.Empty((await service.GetAsync("/api/v1/pairlist")).GetProperty("pairs").EnumerateArray());
        await service.WarmAsync(feed: 0);
        await service.WarmAsync(feed: 1);
        var answers = new List<JsonElement>();
        foreach (var pair in new[] { "BTC/USDT", "ETH/USDT" })
            answers.Add(await RiskAsync(service, pair));
        var safe = answers
            .Where(answer => answer.GetProperty("safe_to_trade").GetBoolean())
            .OrderBy(answer => answer.GetProperty("risk_score").GetDouble())
            .ToList();
        Assert.NotEmpty(safe);
        var list = await service.GetAsync("/api/v1/pairlist");
        Assert.Equal(60, list.GetProperty("refresh_period").GetInt32());
        Assert.Equal(safe.Select(answer => answer.GetProperty("pair").GetString()), PairsOf(list));
        var lowest = safe[0].GetProperty("risk_score").GetRawText();
        Assert.Equal(
            [safe[0].GetProperty("pair").GetString()],
            PairsOf(await service.GetAsync($"/api/v1/pairlist?max_risk={lowest}&quote=usdt"))
        );
        Assert.Empty(PairsOf(await service.GetAsync("/api/v1/pairlist?max_risk=0")));
        Assert.Empty(PairsOf(await service.GetAsync("/api/v1/pairlist?quote=EUR")));
        foreach (var wrong in new[] { "max_risk=1.1", "max_risk=-1", "max_risk=x", "policy=x" })
            await service.GetAsync("/api/v1/pairlist?" + wrong, HttpStatusCode.BadRequest);

        static IEnumerable<string?> PairsOf(JsonElement list) =>
            list.GetProperty("pairs").EnumerateArray().Select(pair => pair.GetString());
    }

    private static TimeSpan AnHour => TimeSpan.FromHours(1);

    private static ServiceSettings Settings => LiveServer.Settings;

    private Task<LiveServer> StartAsync(ServiceSettings? settings = null) =>
        LiveServer.StartAsync((settings ?? Settings) with { RealClock = _real }, log: _log, more: _markets);

    private static IReadOnlyList<AddedPair> Added(LiveServer service) => service.Host.Added.Pairs;

    private static Task<JsonElement> RiskAsync(LiveServer service, string pair) =>
        service.GetAsync("/api/v1/risk?pair=" + pair);

    private static async Task<JsonElement> PostAsync(
        HttpClient http,
        string pairs,
        HttpStatusCode status = HttpStatusCode.OK
    )
    {
        using var response = await http.PostAsync("/api/v1/pairs?pairs=" + pairs, null);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode} {body}");
        return JsonElement.Parse(body);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; i < 9000 && !holds(); i++)
            await Task.Delay(10);
        Assert.True(holds(), "it did not come about within 90 seconds");
    }

    private static Task UntilAsync(EventStream stream, string pair, Func<JsonElement, bool> holds) =>
        stream.UntilAsync(next =>
            next.Name == "assessment"
            && JsonElement.Parse(next.Data) is var risk
            && risk.GetProperty("pair").GetString() == pair
            && holds(risk)
        );

    /// <summary>An exchange that lists all pairs in USDT except NONE/USDT.</summary>
    private sealed class FakeMarkets : IMarketSource
    {
        public ConcurrentDictionary<string, FakeFeed> Feeds { get; } = new();

        public bool IsDown { get; set; }

        public Task<bool> ListsAsync(MarketId market, CancellationToken cancellation) =>
            IsDown
                ? throw new ExchangeException(ExchangeErrorKind.Network, "no route")
                : Task.FromResult(market.Pair is { Quote: "USDT", Base: not "NONE" });

        public IMarketFeed FeedOf(TrackedMarketSettings market) =>
            Feeds[market.Id.Pair.ToString()] = new FakeFeed(market.Id);
    }
}
