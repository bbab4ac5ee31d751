using System.Text;
using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;
using Remora.Feeds.Macro;
using Remora.Feeds.Tests.StandIn;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Http;

/// <summary>
/// The weekly dollar index: a week's values are known when the week has been released, and not
/// earlier.
/// </summary>
public sealed class FredTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Values_of_the_first_answer_were_knowable_on_the_Wednesday_after_their_week_or_when_seen()
    {
        await using var rig = await SourceRig.StartAsync(
            Fred.Dollar,
            SourceRig.Fixture("fred-dollar.csv"),
            start: Some.At("2025-03-03T22:30:00Z")
        );
        await Eventually.True(() => rig.Received.Count == 10, "all but the holiday");
        var known = rig.Received.ToDictionary(o => o.HeldAt.ToString()[..10], o => o.KnowableAt);
        Assert.Equal(Some.At("2025-02-19T00:00:00Z"), known["2025-02-14"]);
        Assert.Equal(Some.At("2025-02-26T00:00:00Z"), known["2025-02-18"]);
        Assert.Equal(Some.At("2025-02-26T00:00:00Z"), known["2025-02-21"]);
        // Read before that Wednesday.
        Assert.InRange(
            known["2025-02-28"].UnixMilliseconds,
            Some.At("2025-03-03T22:30:00Z").UnixMilliseconds,
            Some.At("2025-03-05T00:00:00Z").UnixMilliseconds
        );
        Assert.Equal("?id=DTWEXBGS&cosd=2025-01-02", rig.Server.Arrivals.First().Query);
    }

    [Fact]
    public void A_week_is_good_until_the_release_after_the_next_is_late()
    {
        Assert.Equal(Some.At("2025-03-13T00:00:00Z"), Fred.Dollar.GoodUntil!(Some.At("2025-02-28T17:00:00Z")));
        Assert.Equal(Some.At("2025-03-13T00:00:00Z"), Fred.Dollar.GoodUntil!(Some.At("2025-02-24T17:00:00Z")));
    }

    [Fact]
    public async Task With_a_key_the_API_is_asked_and_the_key_shows_nowhere()
    {
        Assert.True(SourceKey.TryParse(Secret, out var key));
        var source = HttpSources.WithKey(Fred.Dollar, SourceKeys.None with { Fred = key });
        await using var rig = await SourceRig.StartAsync(source, SourceRig.Fixture("fred-observations.json"));
        await Eventually.True(() => rig.Received.Count == 3, "all but the holiday");
        Assert.Equal(128.3619, rig.Received[^1].Value);
        Assert.Contains("observation_start=2025-01-09", rig.Server.Arrivals.First().Query, StringComparison.Ordinal);
        Assert.Contains("api_key=" + Secret, rig.Server.Arrivals.First().Query, StringComparison.Ordinal);
        rig.Server.FailAll("html 403");
        await Eventually.True(() => rig.Feed.Health.LastError is not null, "a failure");
        Assert.DoesNotContain(
            Secret,
            JsonSerializer.Serialize(rig.Feed.Health, ReflectedJson.Options),
            StringComparison.Ordinal
        );
        Assert.Equal("fred-dollar", rig.Received[^1].Source);
    }

    [Fact]
    public void The_dollar_is_told_by_the_one_that_was_chosen()
    {
        string[] Names(DollarSource dollar) =>
            [
                .. HttpSources
                    .Chains(dollar, SourceKeys.None)
                    .Select(chain => string.Join('>', chain.Select(source => source.Name))),
            ];
        Assert.Contains("yahoo-dollar", Names(DollarSource.Yahoo));
        Assert.DoesNotContain("fred-dollar", Names(DollarSource.Yahoo));
        Assert.Contains("fred-dollar", Names(DollarSource.Fred));
        Assert.DoesNotContain("yahoo-dollar", Names(DollarSource.Fred));
        Assert.Contains("coingecko>coinpaprika", Names(DollarSource.Yahoo));
        Assert.DoesNotContain("coinpaprika", Names(DollarSource.Yahoo));
    }

    [Theory]
    [
        InlineData("DATE,DEXUSEU\n2025-02-28,1.04\n"),
        InlineData("<html>busy</html>"),
        InlineData(""),
        InlineData("observation_date,DTWEXBGS\n"),
        InlineData("observation_date,DTWEXBGS\n2025-02-28\n")
    ]
    [
        InlineData("observation_date,DTWEXBGS\n2025-02-28,1e2\n"),
        InlineData("observation_date,DTWEXBGS\n2025-02-28,-128\n"),
        InlineData("observation_date,DTWEXBGS\n28.02.2025,128\n")
    ]
    [InlineData("observation_date,DTWEXBGS\n2025-02-28,128\n2025-02-27,127\n")]
    public void What_is_not_the_series_is_refused(string csv) =>
        Assert.Throws<FormatException>(() =>
            Fred.Dollar.Read(Fred.Dollar.Decode!(Encoding.UTF8.GetBytes(csv)), SourceRig.Recorded)
        );

    [Fact]
    public async Task The_volatility_of_options_is_that_of_whole_hours()
    {
        await using var rig = await SourceRig.StartAsync(
            HttpSourceTests.SourceOf("deribit-dvol-btc"),
            SourceRig.Fixture("deribit-dvol-btc.json"),
            start: Some.At("2025-03-10T14:30:00Z")
        );
        await Eventually.True(() => rig.Received.Count == 3, "the hour that runs at first is told when it is over");
        Assert.All(rig.Received, o => Assert.Equal((Signal.ImpliedVolatility, "BTC"), (o.Signal, o.Base)));
        Assert.Equal([58.6, 60.03, 60.46], rig.Received.Select(o => o.Value));
        Assert.Equal(Some.At("2025-03-10T14:00:00Z"), rig.Received[1].HeldAt);
        Assert.True(rig.Received[2].KnowableAt >= Some.At("2025-03-10T15:00:00Z"));
        var query = rig.Server.Arrivals.First().Query;
        Assert.StartsWith("?currency=BTC&resolution=3600&start_timestamp=", query, StringComparison.Ordinal);
        Assert.NotEqual(query, rig.Server.Arrivals.Last().Query);
    }
}
