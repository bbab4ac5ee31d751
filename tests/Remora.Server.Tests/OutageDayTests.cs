using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;
using Remora.Sandbox.Faults;
using Remora.Server.Settings;

namespace Remora.Server.Tests;

/// <summary>
/// Runs the whole service on the sandbox, with outside values that are held, changed and removed,
/// all through real sockets.
/// </summary>
[Trait("speed", "slow")]
public sealed class OutageDayTests
{
    private const int Speed = 4_000;
    private const string Risk = "/api/v1/risk?pair=BTC/USDT";

    // A Monday, at the opening of New York.
    private static readonly DateTimeOffset Start = new(2025, 3, 10, 13, 45, 0, TimeSpan.Zero);
    private static readonly ServiceSettings Settings = new()
    {
        Port = 0,
        Pairs = [Pair.Parse("BTC/USDT")],
        Policy = "remora-1", // adds up outside values
    };

    /// <summary>The sources that depend on each host of the sandbox.</summary>
    private static readonly (string Exchange, string[] Sources)[] Outages =
    [
        ("alternative.me", ["alternative.me"]),
        ("yahoo", ["yahoo-vix", "yahoo-dollar", "yahoo-sp500-future"]),
        ("coingecko", ["coingecko"]),
        ("deribit", ["deribit-dvol-btc", "deribit-dvol-eth"]),
        ("binance", ["perpetual-BTC", "liquidations"]),
        ("news", ["news"]),
    ];

    /// <summary>
    /// Runs a day or more of sandbox time in which each source fails in turn: every request is
    /// answered, /sources names the outage and the fallback, and all sources recover without a
    /// restart.
    /// </summary>
    [Fact]
    public async Task Each_source_fails_in_turn_and_the_answers_keep_coming()
    {
        await using var rig = await Rig.StartAsync(Settings, new Dictionary<string, double>());
        await rig.UntilAsync(sources => sources.Values.All(health => State(health) == "live"), "all are live");
        foreach (var (exchange, names) in Outages)
        {
            rig.Sandbox.Faults.Add(new(FaultKind.Http5xx) { Exchange = exchange });
            await rig.UntilAsync(
                sources =>
                    names.All(name =>
                        State(sources[name]) is "degraded" or "unreachable"
                        && sources[name].GetProperty("last_error").ValueKind == JsonValueKind.Object
                    ),
                $"{exchange} is named"
            );
            if (exchange == "coingecko")
                await rig.UntilAsync(
                    sources => State(sources["coingecko"].GetProperty("stand_ins")[0]) == "live",
                    "coinpaprika stands in"
                );
            rig.Sandbox.Faults.Clear();
            await rig.UntilAsync(
                sources =>
                    names.All(name =>
                        State(sources[name]) == "live"
                        && sources[name].GetProperty("consecutive_failures").GetInt32() == 0
                    ),
                $"{exchange} is back"
            );
        }
        await rig.UntilAsync(_ => rig.Clock.GetUtcNow() > Start + TimeSpan.FromDays(1), "a day has passed");
        Assert.False(rig.Service.Completion.IsCompleted);
        Assert.True(rig.Answers > 20, $"{rig.Answers} answers");
    }

    /// <summary>
    /// Values of each source over HTTP, together in one answer: 0.175 for fear at 20, 0.075 for the
    /// VIX at 35, 0.05 for funding at 0.001, and the values that are only recorded.
    /// </summary>
    [Fact]
    public async Task Values_on_the_wire_add_up_in_the_answer()
    {
        var held = new Dictionary<string, double>
        {
            ["fear_greed"] = 20,
            ["vix"] = 35,
            ["funding_rate"] = 0.001,
            ["dollar_index"] = 100,
            ["implied_volatility"] = 55.5,
            ["equity_future"] = 5000,
            ["total_market_cap"] = 2e12,
            ["news_sentiment"] = 1,
        };
        await using var rig = await Rig.StartAsync(Settings, held);
        var risk = await rig.RiskUntilAsync(answer => held.Keys.All(Addends(answer).ContainsKey), "all values");
        var addends = Addends(risk);
        Assert.Equal(
            (0.175, 0.075, 0.05, 0.0),
            (addends["fear_greed"], addends["vix"], addends["funding_rate"], addends["dollar_index"])
        );
        Assert.Equal(
            (0.0, 0.0, 0.0),
            (addends["implied_volatility"], addends["equity_future"], addends["total_market_cap"])
        );
        Assert.Equal(
            55.5,
            risk.GetProperty("external").GetProperty("implied_volatility").GetProperty("value").GetDouble()
        );
        Assert.Equal(0.3, risk.GetProperty("risk_breakdown").GetProperty("external").GetDouble());

        // The current price: up 2 % in five days
        rig.Sandbox.World.Signals.Hold("dollar_index", 102, Instant.From(rig.Clock.GetUtcNow()));
        risk = await rig.RiskUntilAsync(
            answer =>
                answer.GetProperty("dxy").ValueKind == JsonValueKind.Number
                && answer.GetProperty("dxy").GetDouble() == 102,
            "the new price"
        );
        Assert.Equal(0.025, Addends(risk)["dollar_index"]);
        Assert.Equal(
            "yahoo-dollar",
            risk.GetProperty("sources").GetProperty("dollar_index").GetProperty("source").GetString()
        );
    }

    [Fact]
    public async Task The_dollar_can_be_the_Federal_Reserves_and_the_answer_says_so()
    {
        await using var rig = await Rig.StartAsync(
            Settings with
            {
                DollarSource = Feeds.Http.DollarSource.Fred,
            },
            new Dictionary<string, double> { ["dollar_index"] = 120 }
        );
        var risk = await rig.RiskUntilAsync(
            answer => answer.GetProperty("dxy").ValueKind == JsonValueKind.Number,
            "the dollar"
        );
        Assert.Equal(120, risk.GetProperty("dxy").GetDouble());
        Assert.Equal(
            "fred-dollar",
            risk.GetProperty("sources").GetProperty("dollar_index").GetProperty("source").GetString()
        );
        Assert.Equal(0, Addends(risk)["dollar_index"]); // the change is included from the first answer on
    }

    private static string? State(JsonElement health) => health.GetProperty("state").GetString();

    private static Dictionary<string, double> Addends(JsonElement risk) =>
        risk.GetProperty("external")
            .EnumerateObject()
            .Where(value => value.Value.GetProperty("addend").ValueKind == JsonValueKind.Number)
            .ToDictionary(value => value.Name, value => value.Value.GetProperty("addend").GetDouble());

    private sealed class Rig : IAsyncDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
        private OutsideWorld _world = null!;
        private HttpClient _http = null!;

        public ScaledClock Clock { get; } = new(Start, Speed);

        public SandboxServer Sandbox { get; private set; } = null!;

        public ServiceHost Service { get; private set; } = null!;

        public int Answers { get; private set; }

        public static async Task<Rig> StartAsync(ServiceSettings settings, IReadOnlyDictionary<string, double> held)
        {
            var rig = new Rig();
            rig.Sandbox = await SandboxServer.StartAsync(new() { Speed = Speed, Held = held }, rig.Clock);
            rig._world = OutsideWorld.Connect(
                settings,
                rig.Clock,
                new("simulated", rig.Sandbox.Url, Speed),
                null,
                NullLoggerFactory.Instance
            );
            rig.Service = await ServiceHost.StartAsync(settings, rig._world.Parts, rig.Clock);
            rig._http = new() { BaseAddress = new(rig.Service.Url) };
            return rig;
        }

        /// <summary>
        /// Requests the risk and then the sources until the sources meet the condition. Every
        /// request on the way must be answered.
        /// </summary>
        public async Task UntilAsync(Func<IReadOnlyDictionary<string, JsonElement>, bool> holds, string what)
        {
            for (var started = TimeProvider.System.GetTimestamp(); ; )
            {
                await GetAsync(Risk);
                Answers++;
                var sources = (await GetAsync("/api/v1/sources"))
                    .GetProperty("sources")
                    .EnumerateArray()
                    .Select(source => source.GetProperty("health"))
                    .ToDictionary(health => health.GetProperty("name").GetString()!);
                if (holds(sources))
                    return;
                Assert.True(
                    TimeProvider.System.GetElapsedTime(started) < Patience,
                    $"not in time: {what}: "
                        + $"{string.Join(", ", sources.Select(source => $"{source.Key} {source.Value}"))}"
                );
                await Task.Delay(50);
            }
        }

        public async Task<JsonElement> RiskUntilAsync(Func<JsonElement, bool> holds, string what)
        {
            for (var started = TimeProvider.System.GetTimestamp(); ; )
            {
                var answer = await GetAsync(Risk);
                if (holds(answer))
                    return answer;
                Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"not in time: {what}: {answer}");
                await Task.Delay(50);
            }
        }

        private async Task<JsonElement> GetAsync(string path)
        {
            using var response = await _http.GetAsync(path);
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK, body);
            return JsonElement.Parse(body);
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await Service.DisposeAsync();
            await _world.DisposeAsync();
            await Sandbox.DisposeAsync();
        }
    }
}
