using System.Text;
using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Feeds.Tests.StandIn;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Http;

/// <summary>
/// Tests that apply to every HTTP source. A new source is tested by adding its fixture here.
/// </summary>
public sealed class HttpSourceTests
{
    /// <summary>
    /// The fixture of each source, and its last value at the moment at which it was recorded.
    /// </summary>
    private static readonly Dictionary<string, (string Fixture, double Value)> Fixtures = new()
    {
        ["yahoo-vix"] = ("yahoo-chart-vix.json", 27.5),
        ["yahoo-dollar"] = ("yahoo-chart-dollar.json", 103.9),
        ["yahoo-sp500-future"] = ("yahoo-chart-sp500-future.json", 5500),
        ["fred-dollar"] = ("fred-dollar.csv", 128.3619),
        ["coingecko"] = ("coingecko-global.json", 2.7123e12),
        ["coinpaprika"] = ("coinpaprika-global.json", 2_731_840_022_184),
        ["deribit-dvol-btc"] = ("deribit-dvol-btc.json", 60.46),
        ["deribit-dvol-eth"] = ("deribit-dvol-eth.json", 76.46),
        ["coinglass-BTC"] = ("coinglass-liquidations.json", 2_500_000),
    };

    public static TheoryData<string> Faults => [.. HttpFaults.All.Keys];

    public static TheoryData<string> Names => [.. Fixtures.Keys];

    [Fact]
    public void Every_source_has_a_name_of_its_own_and_a_fixture()
    {
        Assert.Equal(HttpSources.All.Count, HttpSources.All.Select(source => source.Name).Distinct().Count());
        Assert.Equal(All.Select(source => source.Name).Except(["alternative.me"]).Order(), Fixtures.Keys.Order());
    }

    [Fact]
    public async Task The_interval_can_be_set_and_polls_are_counted()
    {
        await using var server = await StandInServer.StartAsync();
        using var http = new HttpClient();
        var source = SourceOf("coinpaprika");
        server.Bodies[source.Url.Host + source.Url.AbsolutePath] = SourceRig.Fixture(Fixtures[source.Name].Fixture);
        var clock = new ManualClock(SourceRig.Recorded.ToDateTimeOffset());
        var feed = new HttpSourceFeed(
            source,
            http,
            new()
            {
                BaseUrl = server.BaseUrl,
                Deadline = TimeSpan.FromMinutes(1),
                Interval = TimeSpan.FromMinutes(40),
            },
            clock
        );
        var events = System.Threading.Channels.Channel.CreateUnbounded<MarketEvent>();
        var next = await feed.StepAsync(events.Writer, CancellationToken.None);
        Assert.InRange((next - SourceRig.Recorded).TotalMinutes, 40, 42);
        server.FailAll("html 502");
        await feed.StepAsync(events.Writer, CancellationToken.None);
        await feed.StepAsync(events.Writer, CancellationToken.None);
        Assert.Equal(3, feed.Health.Requests);
        Assert.Equal([new("unavailable", 2L)], feed.Health.Errors);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_recorded_answer_becomes_observations_once(string name)
    {
        await using var rig = await SourceRig.StartAsync(SourceOf(name), SourceRig.Fixture(Fixtures[name].Fixture));
        await Eventually.True(() => rig.Server.Arrivals.Count >= 3, "asked again");
        Assert.Equal(Fixtures[name].Value, rig.Received[^1].Value);
        Assert.All(
            rig.Received,
            observation => Assert.True(observation.KnowableAt >= observation.HeldAt, $"{observation}")
        );
        Assert.Equal(
            rig.Received.Count,
            rig.Received.Select(observation => (observation.Signal, observation.Base, observation.HeldAt))
                .Distinct()
                .Count()
        );
        Assert.Equal(
            SourceOf(name).Signals.Order(),
            rig.Received.Select(observation => observation.Signal).Distinct().Order()
        );
        Assert.Equal(0, rig.Feed.Health.ConsecutiveFailures);
        Assert.Null(rig.Feed.Health.LastError);
    }

    [Theory, MemberData(nameof(Faults))]
    public Task A_fault_gives_no_value_and_passes(string fault) =>
        Task.WhenAll(Fixtures.Keys.Select(name => FailAndHealAsync(name, fault)));

    private static async Task FailAndHealAsync(string name, string fault)
    {
        var whole = SourceRig.Fixture(Fixtures[name].Fixture);
        await using var rig = await SourceRig.StartAsync(SourceOf(name), whole, fault);
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Unreachable, LastError: not null, NextTry: not null },
            $"{name} is unreachable",
            60
        );
        Assert.Empty(rig.Received);
        rig.Server.Heal();
        await Eventually.True(
            () =>
                rig.Feed.Health.ConsecutiveFailures == 0
                && rig.Feed.Health.LastSuccess is not null
                && rig.Received.Count > 0,
            $"{name} is well again",
            60
        );
        Assert.Equal(Fixtures[name].Value, rig.Received[^1].Value);
    }

    /// <summary>
    /// Every part of the response in turn is missing, null, text, negative or huge. No value is out
    /// of range, and no other exception is thrown.
    /// </summary>
    [Theory, MemberData(nameof(Names))]
    public void A_damaged_answer_is_refused_or_its_values_are_still_plausible(string name)
    {
        var source = SourceOf(name);
        var whole = Json(source, SourceRig.Fixture(Fixtures[name].Fixture));
        var known = source.Read(whole, SourceRig.Recorded).Select(reading => reading.Value).ToHashSet();
        var refused = 0;
        foreach (var damaged in Damage.Of(whole))
        {
            try
            {
                Assert.All(
                    source.Read(JsonElement.Parse(damaged), SourceRig.Recorded),
                    reading => Assert.Contains(reading.Value, known)
                );
            }
            catch (FormatException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 5, int.MaxValue);
    }

    [Fact]
    public void An_answer_recorded_from_CoinGecko_is_read()
    {
        var answer = JsonElement.Parse(File.ReadAllText(SharedData.Require("recorded/coingecko-global.json")));
        var readings = SourceOf("coingecko").Read(answer, Instant.MaxValue);
        Assert.Equal([Signal.BtcDominance, Signal.TotalMarketCap], readings.Select(reading => reading.Signal));
        Assert.InRange(readings[0].Value, 30, 80);
        Assert.InRange(readings[1].Value, 1e12, 1e13);
    }

    [Fact]
    public void A_chart_recorded_from_Yahoo_is_read_once_it_is_the_asked_for_index()
    {
        var text = File.ReadAllText(SharedData.Require("recorded/yahoo-v8-chart-equity.json"));
        var refusal = Assert.Throws<FormatException>(() =>
            SourceOf("yahoo-vix").Read(JsonElement.Parse(text), Instant.MaxValue)
        );
        Assert.Contains("MOWI.OL", refusal.Message, StringComparison.Ordinal);
        // The same structure with the dollar's name and prices: the day without a close is left
        // out.
        var dollar = text.Replace("MOWI.OL", "DX-Y.NYB", StringComparison.Ordinal)
            .Replace("20", "10", StringComparison.Ordinal);
        Assert.All(
            SourceOf("yahoo-dollar").Read(JsonElement.Parse(dollar), Instant.MaxValue),
            reading => Assert.InRange(reading.Value, 100, 110)
        );
    }

    [Fact]
    public async Task What_has_not_changed_is_not_sent_again()
    {
        await using var rig = await SourceRig.StartAsync(
            SourceOf("coingecko"),
            SourceRig.Fixture("coingecko-global.json")
        );
        rig.Server.Tag = "\"first\"";
        await Eventually.True(() => rig.Server.NotModified >= 3, "answered 304");
        Assert.Equal(2, rig.Received.Count);
        var kept = Assert.Single(rig.Feed.Health.Latest, observation => observation.Signal == Signal.BtcDominance);
        // As old as the value, not as old as the last request.
        Assert.Equal((Some.At("2025-03-10T14:55:00Z"), 0), (kept.HeldAt, rig.Feed.Health.ConsecutiveFailures));
        rig.Answer(
            SourceRig.Fixture("coingecko-global.json").Replace("1741618500", "1741619100", StringComparison.Ordinal)
        );
        rig.Server.Tag = "\"second\"";
        await Eventually.True(() => rig.Received.Count == 4, "the new values");
    }

    private static JsonElement Json(HttpSource source, string body) =>
        source.Decode?.Invoke(Encoding.UTF8.GetBytes(body)) ?? JsonElement.Parse(body);

    internal static HttpSource SourceOf(string name) => All.Single(source => source.Name == name);

    private static IEnumerable<HttpSource> All =>
        HttpSources.All.Append(Feeds.Derivatives.Coinglass.Source("BTC", Keys.SomeKey.Of("key-of-the-tests")));
}
