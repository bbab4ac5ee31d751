using System.Net;
using System.Text.Json;
using Remora.Markets;
using Remora.Risk;
using Remora.Sandbox;

namespace Remora.Cli.Tests;

/// <summary>
/// Runs one hour of sandbox time (one minute of real time) under random faults of all kinds. Each
/// response either equals that of an engine with the correct candles, or follows a gap that the
/// feed's health reports.
/// </summary>
[Trait("speed", "slow")]
public sealed class FaultStormTests(ITestOutputHelper output)
{
    private const int Speed = 60;
    private static readonly Instant Start = Instant.TryParse("2025-05-20T12:01:00Z", out var start) ? start : default;
    private static readonly Pair[] Pairs = [Pair.Parse("BTC/USDT"), Pair.Parse("ETH/USDT"), Pair.Parse("SOL/USDT")];

    [Fact]
    public async Task No_wrong_answer_no_crash_and_recovery_after_each()
    {
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--seed",
            "5",
            "--speed",
            $"{Speed}",
            "--start",
            Start.ToString(),
            "--sources",
            "false",
            "--port",
            "0",
        ]);
        using var http = new HttpClient { BaseAddress = new(await service.UrlAsync()) };
        await ServeCommandTests.ReadyAsync(http.BaseAddress.ToString());
        var sandbox = (await StatusAsync(http)).GetProperty("sandbox").GetProperty("url").GetString()!;
        using (
            var storm = await http.PostAsync(
                sandbox + "/sandbox/faults",
                new StringContent(
                    """{"kind":"random","seed":3,"mean_quiet_seconds":1.5,"mean_fault_seconds":2}""",
                    null,
                    "application/json"
                )
            )
        )
            Assert.Equal(HttpStatusCode.OK, storm.StatusCode);

        var answers = await ListenAsync(http, service, until: Start + TimeSpan.FromMinutes(65));
        (await http.DeleteAsync(sandbox + "/sandbox/faults")).EnsureSuccessStatusCode();
        await ServeCommandTests.EventuallyAsync(
            async () => (await MarketsAsync(http)).All(market => market.GetProperty("state").GetString() == "live"),
            () => "not every market recovered"
        );

        var compared = 0;
        foreach (var market in await MarketsAsync(http))
        {
            var pair = Pair.Parse(market.GetProperty("market").GetProperty("pair").GetString()!);
            var hole =
                market
                    .GetProperty("gaps")
                    .EnumerateArray()
                    .Select(gap => (Instant?)At(gap.GetProperty("from").GetString()))
                    .FirstOrDefault()
                ?? Instant.MaxValue;
            var truth = Truth(pair);
            foreach (
                var (asOf, score) in answers[pair].Where(answer => answer.Key <= hole && truth.ContainsKey(answer.Key))
            )
            {
                Assert.Equal(truth[asOf], score);
                compared++;
            }
            output.WriteLine(
                $"{pair}: {answers[pair].Count} candles answered, first hole "
                    + $"{(hole == Instant.MaxValue ? "none" : hole)}, refused {market.GetProperty("refused")}, last "
                    + $"error "
                    + $"{market.GetProperty("last_error")}"
            );
        }
        output.WriteLine($"{compared} answers compared with the truth");
        Assert.True(compared > 12, $"only {compared} answers could be compared");
        Assert.False(service.HasExited);
    }

    /// <summary>
    /// Requests every pair ten times a second, and records the score of each candle.
    /// </summary>
    private static async Task<Dictionary<Pair, Dictionary<Instant, string>>> ListenAsync(
        HttpClient http,
        RemoraProcess service,
        Instant until
    )
    {
        var answers = Pairs.ToDictionary(pair => pair, _ => new Dictionary<Instant, string>());
        var now = Start;
        while (now < until)
        {
            foreach (var pair in Pairs)
            {
                using var response = await http.GetAsync($"/api/v1/risk?pair={pair}");
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
                now = At(answer.RootElement.GetProperty("assessed_at").GetString());
                if (answer.RootElement.GetProperty("warm_up").GetDouble() == 1)
                    answers[pair][At(answer.RootElement.GetProperty("as_of").GetString())] =
                        $"{answer.RootElement.GetProperty("risk_breakdown")} "
                        + $"{answer.RootElement.GetProperty("regime")}";
            }
            Assert.False(service.HasExited, service.Errors);
            await Task.Delay(100);
        }
        return answers;
    }

    /// <summary>Returns the engine's score of each candle without faults.</summary>
    private static Dictionary<Instant, string> Truth(Pair pair)
    {
        var world = new SandboxWorld(
            new()
            {
                Seed = 5,
                Start = Start,
                Pairs = Pairs,
            },
            Start
        );
        var series = world.Markets[pair];
        var from = (Start - TimeSpan.FromDays(30)).Floor(TimeSpan.FromDays(1));
        var end = Start + TimeSpan.FromHours(3);
        var daily = series.Read(
            Timeframe.OneDay,
            (Start - TimeSpan.FromDays(220)).Floor(TimeSpan.FromDays(1)),
            from,
            end
        );
        var candles = series.Read(Timeframe.FiveMinutes, from, end, end);
        var market = new MarketId("binance", pair, Timeframe.FiveMinutes);
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        engine.Apply(MarketEvent.Recovered(market, new(daily, [], candles[..1])));
        return candles
            .Skip(1)
            .Select(candle =>
                JsonSerializer.SerializeToElement(engine.Apply(MarketEvent.Closed(market, candle)), RemoraJson.Options)
            )
            .ToDictionary(
                a => At(a.GetProperty("as_of").GetString()),
                a => $"{a.GetProperty("risk_breakdown")} {a.GetProperty("regime")}"
            );
    }

    private static async Task<JsonElement> StatusAsync(HttpClient http) =>
        JsonElement.Parse(await http.GetStringAsync("/api/v1/status"));

    private static async Task<List<JsonElement>> MarketsAsync(HttpClient http) =>
        [.. (await StatusAsync(http)).GetProperty("markets").EnumerateArray()];

    private static Instant At(string? text) =>
        Instant.TryParse(text, out var time) ? time : throw new FormatException($"'{text}' is not a time");
}
