using System.Globalization;
using System.Text.Json.Nodes;
using Remora.Csv;
using Remora.Feeds.History;
using Remora.Feeds.Macro;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.History;

/// <summary>
/// Outside values of the past, from recorded responses over a real socket and from the sandbox's
/// perpetuals.
/// </summary>
public sealed class OutsideHistoryTests(HistoryRig rig) : IClassFixture<HistoryRig>
{
    private const string Fear = "api.alternative.me/fng/",
        Vix = "query1.finance.yahoo.com/v8/finance/chart/^VIX",
        Dollar = "query1.finance.yahoo.com/v8/finance/chart/DX-Y.NYB";

    /// <summary>Thursday and Friday before and Monday after daylight saving time ended.</summary>
    private static readonly string[] Openings =
    [
        "2024-10-31T04:00:00Z",
        "2024-11-01T04:00:00Z",
        "2024-11-04T05:00:00Z",
    ];

    [Fact]
    public async Task Each_value_has_the_time_from_which_it_was_knowable()
    {
        using var data = new DataFolder();
        await using var server = await StandInServer.StartAsync();
        server.Bodies[Fear] = FearOf((66, "2024-11-02"), (70, "2024-11-01"), (72, "2024-10-31"), (69, "2024-10-30"));
        server.Bodies[Vix] = Chart("^VIX", [23.16, 21.88, null], "2024-10-31T13:30:00Z");
        server.Bodies[Dollar] = Chart("DX-Y.NYB", [103.98, 104.28, 103.89], Openings);
        var report = await FetchAsync(data, server);
        Assert.Equal(
            [HistoryState.Fetched, HistoryState.Fetched, HistoryState.Fetched],
            report.Files.Where(file => server.Bodies.Keys.Any(key => HasSource(key, file))).Select(file => file.State)
        );
        Assert.Equal(
            """
            timestamp,date,value,knowable_at
            1730332800000,2024-10-31,72,1730332800000
            1730419200000,2024-11-01,70,1730419200000
            1730505600000,2024-11-02,66,1730505600000

            """,
            HistoryRig.TextOf(data.Path, HistoryLayout.FearGreed)
        );
        // The close of a day, at 21:15 UTC. A day without a close has no row.
        Assert.Equal(
            """
            timestamp,date,close,knowable_at
            1730332800000,2024-10-31,23.16,1730409300000
            1730419200000,2024-11-01,21.88,1730495700000

            """,
            HistoryRig.TextOf(data.Path, HistoryLayout.Vix)
        );
        // The offset in a response is that of its last day, an hour too far for the others.
        Assert.Equal(
            """
            timestamp,date,close,knowable_at
            1730332800000,2024-10-31,103.98,1730409300000
            1730419200000,2024-11-01,104.28,1730495700000
            1730678400000,2024-11-04,103.89,1730754900000

            """,
            HistoryRig.TextOf(data.Path, HistoryLayout.Dollar)
        );
        var dominance = report.Files.Single(file => file.Series == "Bitcoin dominance");
        Assert.Equal(HistoryState.Unavailable, dominance.State);
        Assert.Null(report.Files.Single(file => file.File == HistoryLayout.Vix).Entry!.Missing);
        Assert.Equal(2, report.Files.Single(file => file.File == HistoryLayout.FearGreed).Entry!.Missing);

        static bool HasSource(string key, HistoryOutcome file) =>
            key.Contains(file.Source is "alternative.me" ? "alternative.me" : "yahoo", StringComparison.Ordinal)
            && file.Source is "alternative.me" or "yahoo-vix" or "yahoo-dollar";
    }

    [Theory]
    [InlineData(
        """{"data":[{"value":"60","timestamp":"1730419200"},{"value":"61","timestamp":"1730505600"}]}""",
        "after"
    )]
    [InlineData(
        """{"data":[{"value":"60","timestamp":"1730419200"},{"value":"61","timestamp":"1730419200"}]}""",
        "duplicate"
    )]
    [InlineData("""{"data":[{"value":"60","timestamp":"1830419200"}]}""", "future")]
    [InlineData("""{"data":[{"value":"160","timestamp":"1730419200"}]}""", "0 to 100")]
    [InlineData("<html>", "'<'")]
    public async Task A_wrong_response_is_refused_with_the_reason(string body, string reason)
    {
        using var data = new DataFolder();
        await using var server = await StandInServer.StartAsync();
        server.Bodies[Fear] = body;
        var outcome = (await FetchAsync(data, server)).Files.Single(file => file.File == HistoryLayout.FearGreed);
        Assert.Equal((HistoryState.Failed, "bad_response"), (outcome.State, outcome.Error));
        Assert.Contains(reason, outcome.Problem, StringComparison.Ordinal);
        Assert.False(File.Exists(data.Sub(HistoryLayout.FearGreed)));
    }

    [Fact]
    public async Task A_location_that_is_refused_is_not_asked_again()
    {
        using var data = new DataFolder();
        await using var server = await StandInServer.StartAsync();
        server.FailAll("451");
        var report = await FetchAsync(data, server);
        var vix = report.Files.Single(file => file.File == HistoryLayout.Vix);
        Assert.Equal((HistoryState.Failed, "restricted"), (vix.State, vix.Error));
        Assert.Single(server.Arrivals, arrival => arrival.Path == Vix);
    }

    [Fact]
    public async Task Funding_and_open_interest_are_those_of_the_exchanges()
    {
        using var data = new DataFolder();
        var options = Outside(data) with
        {
            Pairs = [Pair.Parse("ETH/USDT")],
            From = Some.At("2025-02-20"),
            Until = null,
        };
        var report = await rig.FetchAsync(options);
        Assert.DoesNotContain(report.Files, file => file.State == HistoryState.Failed);
        var funding = HistoryRig.TextOf(data.Path, HistoryLayout.Funding("ETH")).TrimEnd().Split('\n')[1..];
        var expected = (int)((Some.At("2025-03-13T08:00:00Z") - Some.At("2025-02-20")) / TimeSpan.FromHours(8)) + 1;
        Assert.Equal(expected, funding.Length);
        Assert.All(
            funding.Select(line => line.Split(',')),
            cells =>
                Assert.True(
                    cells[0] == cells[2] && Math.Abs(double.Parse(cells[1], CultureInfo.InvariantCulture)) < 0.01
                )
        );
        var interest = HistoryRig.TextOf(data.Path, HistoryLayout.OpenInterest("ETH")).TrimEnd().Split('\n')[1..];
        Assert.Equal(21, interest.Length); // until yesterday
        Assert.All(
            interest.Select(line => line.Split(',')),
            cells =>
                Assert.Equal(
                    86_400_000,
                    long.Parse(cells[3], CultureInfo.InvariantCulture)
                        - long.Parse(cells[0], CultureInfo.InvariantCulture)
                )
        );
        Assert.Equal(0, report.Files.Single(file => file.File == HistoryLayout.Funding("ETH")).Entry!.Missing);
        Assert.Equal(0, report.Files.Single(file => file.File == HistoryLayout.OpenInterest("ETH")).Entry!.Missing);

        // The same in pieces.
        var pieces = options with
        {
            Folder = data.Sub("pieces"),
        };
        await rig.FetchAsync(pieces with { From = Some.At("2025-03-01"), Until = Some.At("2025-03-04T05:00:00Z") });
        await rig.FetchAsync(pieces);
        foreach (var file in report.Files.Where(file => file.State == HistoryState.Fetched))
            Assert.Equal(HistoryRig.BytesOf(options.Folder, file.File), HistoryRig.BytesOf(pieces.Folder, file.File));
    }

    [Fact]
    public async Task A_currency_without_a_perpetual_has_no_file_and_is_no_failure()
    {
        using var data = new DataFolder();
        var report = await rig.FetchAsync(
            Outside(data) with
            {
                Pairs = [Pair.Parse("NOPE/USDT")],
                From = Some.At("2025-02-20"),
            }
        );
        Assert.Equal(
            [HistoryState.Unavailable, HistoryState.Unavailable],
            report.Files.Take(2).Select(file => file.State)
        );
        Assert.Contains("NOPE/USDT", report.Files[0].Problem, StringComparison.Ordinal);
    }

    /// <summary>
    /// The live feed has the same offset: a close of October must not be knowable a day early in
    /// November.
    /// </summary>
    [Fact]
    public void A_change_of_daylight_saving_time_moves_no_close_to_the_day_before()
    {
        var answer = System.Text.Json.JsonElement.Parse(Chart("DX-Y.NYB", [103.98, 104.28, 103.89], Openings));
        Assert.Equal(
            ["2024-10-31T21:15:00Z", "2024-11-01T21:15:00Z", "2024-11-04T21:15:00Z"],
            YahooChart
                .DollarIndex.Read(answer, Some.At("2024-11-05"))
                .Where(reading => !reading.IsLive)
                .Select(reading => reading.HeldAt.ToString())
        );
    }

    private static HistoryFetchOptions Outside(DataFolder data) =>
        HistoryRig.Candles(data.Path) with
        {
            Candles = false,
            Outside = true,
        };

    private async Task<HistoryReport> FetchAsync(DataFolder data, StandInServer server) =>
        await rig.FetchAsync(
            Outside(data) with
            {
                BaseUrl = server.BaseUrl,
                From = Some.At("2024-10-31"),
                Until = Some.At("2024-11-05"),
            }
        );

    private static string FearOf(params (int Value, string Day)[] days) =>
        new JsonObject
        {
            ["data"] = new JsonArray([
                .. days.Select(day => new JsonObject
                {
                    ["value"] = $"{day.Value}",
                    ["timestamp"] = $"{Some.At(day.Day).UnixMilliseconds / 1000}",
                }),
            ]),
        }.ToJsonString();

    /// <summary>A chart as it is received in winter.</summary>
    private static string Chart(string symbol, double?[] closes, params string[] openings)
    {
        var first = Some.At(openings[0]);
        var times = closes.Select((_, i) => i < openings.Length ? Some.At(openings[i]) : first + TimeSpan.FromDays(i));
        return new JsonObject
        {
            ["chart"] = new JsonObject
            {
                ["result"] = new JsonArray(
                    new JsonObject
                    {
                        ["meta"] = new JsonObject
                        {
                            ["symbol"] = symbol,
                            ["dataGranularity"] = "1d",
                            ["gmtoffset"] = -18_000,
                            ["regularMarketPrice"] = closes[0],
                            ["regularMarketTime"] = (first + TimeSpan.FromDays(4)).UnixMilliseconds / 1000,
                        },
                        ["timestamp"] = new JsonArray([
                            .. times.Select(time => (JsonNode)(time.UnixMilliseconds / 1000)),
                        ]),
                        ["indicators"] = new JsonObject
                        {
                            ["quote"] = new JsonArray(
                                new JsonObject
                                {
                                    ["close"] = new JsonArray([.. closes.Select(close => (JsonNode?)close)]),
                                }
                            ),
                        },
                    }
                ),
                ["error"] = null,
            },
        }.ToJsonString();
    }
}
