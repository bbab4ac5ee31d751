using System.Text.Json;
using Remora.Csv;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>
/// Every outside value through a running service over HTTP. While fresh, it adds what the model
/// specifies, exact to a millionth. After it expires, it adds nothing, is listed as missing, and
/// lowers the confidence by its weight. The requests are for ETH/USDT, because Bitcoin dominance is
/// no risk to Bitcoin.
/// </summary>
public sealed class AddendTests
{
    private const string Risk = "/api/v1/risk?pair=ETH/USDT";
    private static readonly Instant Now = Some.Time;
    private static readonly Signal[] All =
    [
        .. Enum.GetValues<Signal>().Where(signal => SignalTable.Of(signal).Weight(RiskPolicy.Default.External) > 0),
    ];

    /// <summary>The signal, its measure, the resulting part of the score, and its weight.</summary>
    [Theory]
    [
        InlineData("fear_greed", 18, 0.245, 0.35),
        InlineData("fear_greed", 93, 0.08, 0.35),
        InlineData("funding_rate", -0.0009, 0.04, 0.10),
        InlineData("vix", 33, 0.06, 0.15)
    ]
    [
        InlineData("dollar_index", 0.018, 0.02, 0.05),
        InlineData("liquidations", 1.6, 0.09, 0.15),
        InlineData("open_interest", -0.16, 0.02, 0.05),
        InlineData("news_sentiment", -0.5, 0.06, 0.15)
    ]
    [InlineData("btc_dominance", 3.2, 0.02, 0.05)]
    public async Task A_fresh_value_adds_what_the_model_says_and_an_expired_one_nothing(
        string name,
        double measure,
        double addend,
        double weight
    )
    {
        var signal = All.Single(signal => RemoraJson.NameOf(signal) == name);
        await using var service = await LiveServer.StartAsync(signals: All);
        await service.WarmAsync(feed: 1);
        var before = await service.GetAsync(Risk);
        foreach (var observation in Observations(signal, measure))
            await service.ObserveAsync(observation);
        var fresh = await service.GetAsync(Risk);

        Assert.Equal(addend, Number(fresh, "risk_breakdown", "external"), 1e-9);
        Assert.Equal(addend, Number(fresh, "external", name, "addend"), 1e-9);
        Assert.Equal(measure, Number(fresh, "external", name, "measure"), 1e-9);
        Assert.Equal("fresh", Text(fresh, "sources", name, "state"));
        Assert.Equal(Math.Min(1, Number(before, "risk_score") + addend), Number(fresh, "risk_score"), 1e-9);
        // 1.05 is the total weight; no value was available before.
        Assert.Equal(Confidence(before) * Math.Max(0.5, weight / 1.05) / 0.5, Confidence(fresh), 2e-6);

        service.Clock.Advance(TimeSpan.FromMinutes(6)); // the validity is five minutes; the candle is still fresh
        var stale = await service.GetAsync(Risk);
        Assert.Equal(0, Number(stale, "risk_breakdown", "external"));
        Assert.Equal(Number(before, "risk_score"), Number(stale, "risk_score"));
        Assert.Equal(Confidence(before), Confidence(stale), 1e-9);
        Assert.Equal("stale", Text(stale, "sources", name, "state"));
        Assert.False(stale.GetProperty("external").TryGetProperty(name, out _));
        Assert.Contains(
            stale.GetProperty("reasoning").EnumerateArray(),
            line => line.GetString()!.Contains($"{SignalTable.Of(signal).Label} (stale)", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task All_together_add_the_cap_and_confidence_is_whole_while_all_are_fresh()
    {
        await using var service = await LiveServer.StartAsync(signals: All);
        await service.WarmAsync(feed: 1);
        (Signal Signal, double Measure)[] worst =
        [
            (Signal.FearGreed, 20),
            (Signal.FundingRate, 0.0015),
            (Signal.Vix, 45),
            (Signal.DollarIndex, 0.03),
            (Signal.Liquidations, 2),
            (Signal.OpenInterest, -0.25),
            (Signal.NewsSentiment, -0.8),
            (Signal.BtcDominance, 5),
        ];
        var bare = Confidence(await service.GetAsync(Risk)) / 0.5;
        var known = 0.0;
        foreach (var (signal, measure) in worst)
        {
            foreach (var observation in Observations(signal, measure))
                await service.ObserveAsync(observation);
            known += SignalTable.Of(signal).Weight(RiskPolicy.Default.External);
            Assert.Equal(bare * Math.Max(0.5, known / 1.05), Confidence(await service.GetAsync(Risk)), 2e-6);
        }
        var risk = await service.GetAsync(Risk);
        Assert.Equal(0.35, Number(risk, "risk_breakdown", "external"));
        Assert.Equal(1.05, known, 1e-9);
    }

    [Fact]
    public async Task A_scheduled_event_raises_its_flag_by_the_clock_and_says_which_and_when()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("remora-calendar-").FullName, "calendar.csv");
        await File.WriteAllTextAsync(file, $"time,announced,name\n{Now + TimeSpan.FromMinutes(8)},,rate decision\n");
        await using var service = await LiveServer.StartAsync(calendar: clock =>
            new(file, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1), clock, dates: new(ShippedCalendar.Dates))
        );
        await service.WarmAsync();
        await LiveServer.UntilAsync(() =>
            service.Host.Board.Latest(Some.Btc).EventFlags[RiskFlag.ScheduledEvent] == false
        );
        service.Clock.Advance(TimeSpan.FromMinutes(3));
        var near = await service.GetAsync("/api/v1/risk?pair=BTC/USDT");
        Assert.True(near.GetProperty("event_flags").GetProperty("flag_scheduled_event").GetBoolean());
        Assert.Contains(
            "Caution: scheduled event, rate decision at 2024-03-01T00:08:00Z.",
            near.GetProperty("reasoning").EnumerateArray().Select(line => line.GetString())
        );
        Assert.Equal("caution", near.GetProperty("recommendation").GetString());
        var shown = (await service.GetAsync("/api/v1/sources")).GetProperty("calendar");
        Assert.Equal(
            ("live", "rate decision"),
            (Text(shown, "state"), shown.GetProperty("upcoming")[0].GetProperty("name").GetString())
        );
        // What forecasts know is that of the kind that is known for the shortest time.
        var known = shown.GetProperty("forecasts");
        Assert.Equal("2026-12-31", Text(known, "known_until"));
        Assert.Equal("2027-12-31", Text(known.GetProperty("kinds"), "fomc"));
        Assert.Equal(JsonValueKind.Null, known.GetProperty("problem").ValueKind);
        Assert.Equal("2026-12-31", Text(await service.GetAsync("/api/v1/status"), "calendar_known_until"));
        service.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.False(
            (await service.GetAsync("/api/v1/risk?pair=BTC/USDT"))
                .GetProperty("event_flags")
                .GetProperty("flag_scheduled_event")
                .GetBoolean()
        );

        await File.WriteAllTextAsync(
            file,
            $"time,announced,name\n{Now + TimeSpan.FromMinutes(9)},,inflation figures\n"
        );
        // Without a restart.
        await LiveServer.UntilAsync(() =>
            service.Host.Board.Latest(Some.Eth).EventFlags[RiskFlag.ScheduledEvent] == true
        );
    }

    /// <summary>
    /// Returns the observations that give a signal this measure now: the value, and past values if
    /// its change or its usual size matters. They are valid for five minutes.
    /// </summary>
    private static IEnumerable<Observation> Observations(Signal signal, double measure)
    {
        Observation At(double value, TimeSpan ago) =>
            new(
                signal,
                signal is Signal.FundingRate or Signal.OpenInterest or Signal.Liquidations ? "ETH" : null,
                value,
                Now - ago,
                Now - ago,
                ago + TimeSpan.FromMinutes(5),
                "test"
            );
        return signal switch
        {
            Signal.DollarIndex => [At(100, TimeSpan.FromDays(5)), At(100 * (1 + measure), TimeSpan.Zero)],
            Signal.OpenInterest => [At(100, TimeSpan.FromHours(24)), At(100 * (1 + measure), TimeSpan.Zero)],
            Signal.BtcDominance => [At(50, TimeSpan.FromDays(7)), At(50 + measure, TimeSpan.Zero)],
            Signal.Liquidations =>
            [
                .. Enumerable.Range(1, 150).Reverse().Select(hours => At(1e6, TimeSpan.FromHours(hours))),
                At(1e6 * measure, TimeSpan.Zero),
            ],
            _ => [At(measure, TimeSpan.Zero)],
        };
    }

    private static JsonElement Of(JsonElement answer, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            answer = answer.GetProperty(name);
        return answer;
    }

    private static double Number(JsonElement answer, params ReadOnlySpan<string> path) => Of(answer, path).GetDouble();

    private static string? Text(JsonElement answer, params ReadOnlySpan<string> path) => Of(answer, path).GetString();

    private static double Confidence(JsonElement answer) => Number(answer, "risk_confidence");
}
