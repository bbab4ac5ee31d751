using System.Text.Json;
using Remora.Client;
using Remora.Server.Tests.OpenApi;

namespace Remora.Cli.Tests.OpenApi;

/// <summary>
/// Sends every request of the OpenAPI document to a real service, and checks the responses against
/// it.
/// </summary>
[Trait("speed", "slow")]
[Collection<RunningSandbox.Tests>]
public sealed class StoredAnswerTests(RunningSandbox service)
{
    private const string Pair = "pair=BTC/USDT";

    private static readonly string[] Answered =
    [
        "/api/v1/risk",
        $"/api/v1/risk?{Pair}",
        $"/api/v1/risk?{Pair}&side=short&policy=aggressive",
        "/api/v1/risk/batch?pairs=BTC/USDT,ETH/USDT",
        $"/api/v1/regime?{Pair}",
        $"/api/v1/volatility?{Pair}",
        $"/api/v1/forecast?{Pair}",
        $"/api/v1/forecast?{Pair}&horizon=4h&fall=0.03",
        $"/api/v1/scorecard?{Pair}",
        $"/api/v1/scorecard?{Pair}&horizon=4h&from=-7d",
        "/api/v1/decisions",
        "/api/v1/decisions?from=-92d&to=now&limit=1000",
        "/api/v1/scorecard/books",
        "/api/v1/scorecard/books?from=-7d",
        "/api/v1/pairs",
        "/api/v1/pairlist",
        "/api/v1/correlations?pairs=BTC/USDT,ETH/USDT",
        "/api/v1/portfolio/books",
        "/api/v1/policies",
        "/api/v1/sources",
        "/api/v1/status",
        "/api/v1/news",
        "/api/v1/store",
        "/api/v1/store/tables",
        $"/api/v1/assessment?{Pair}",
        $"/api/v1/assessment?{Pair}&at=-5m",
        $"/api/v1/candles?{Pair}&from=-7d",
        "/healthz",
        "/readyz",
        "/metrics",
    ];

    private static readonly string[] Bucketed = ["1m", "1h", "6h", "12h", "1d", "each"];

    [Fact]
    public async Task Every_response_matches_the_document()
    {
        string[] addresses =
        [
            .. Answered,
            .. Bucketed.Select(interval => $"/api/v1/history?{Pair}&interval={interval}&from=-7d"),
            .. Bucketed[..4].Select(interval => $"/api/v1/traffic?interval={interval}&from=-7d"),
        ];
        foreach (var address in addresses)
            await service.Schemas.CheckAsync(service.Http, address);
        await service.Schemas.CheckAsync(service.Http, $"/api/v1/assessment?{Pair}&at=1999-01-01", 404);
        Assert.Equal(
            service.Schemas.Paths.Order(),
            addresses.Select(address => address.Split('?')[0]).Append("/api/v1/stream").Distinct().Order()
        ); // the stream has its own test
    }

    /// <summary>
    /// What the record contains is tested with a store of known rows, in ScorecardTests.
    /// </summary>
    [Fact]
    public async Task The_track_record_is_printed()
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync("scorecard", "BTC/USDT", "--url", service.Url);
        Assert.True(exit == 0, errors);
        Assert.StartsWith("BTC/USDT on ", output);
        foreach (var horizon in (string[])["1h", "4h", "24h"])
            Assert.Contains($"\n{horizon} ahead: ", output);
        Assert.Contains("The record does not contradict the claims: evidence ", output);

        (exit, output, errors) = await RemoraProcess.RunAsync([
            "scorecard",
            "BTC/USDT",
            "--horizon",
            "4h",
            "--from",
            "2000-01-01",
            "--json",
            "--url",
            service.Url,
        ]);
        Assert.True(exit == 0, errors);
        var scorecard = JsonElement.Parse(output);
        Assert.Equal(["4h"], scorecard.GetProperty("horizons").EnumerateObject().Select(each => each.Name));

        (exit, output, errors) = await RemoraProcess.RunAsync("scorecard", "books", "--url", service.Url);
        Assert.True(exit == 0, errors);
        Assert.StartsWith("Books, 24h ahead", output);

        foreach (
            var (arguments, expected) in new[]
            {
                ("DOGE/EUR", "DOGE/EUR is not tracked"),
                ("BTC/USDT --from 2099-01-01", "The span is empty"),
                ("BTC/USDT --horizon 2h", "2h"),
            }
        )
        {
            (exit, _, errors) = await RemoraProcess.RunAsync([
                "scorecard",
                .. arguments.Split(' '),
                "--url",
                service.Url,
            ]);
            Assert.Equal(2, exit);
            Assert.Contains(expected, errors);
        }
    }

    /// <summary>
    /// The figures are tested with a store of known rows, in DecisionLedgerTests.
    /// </summary>
    [Fact]
    public async Task Reported_entries_are_followed_listed_and_printed()
    {
        var candles = await StoreTests.GetAsync(service.Url, $"/api/v1/candles?{Pair}&from=-2d&limit=1");
        var first = candles.GetProperty("rows")[0].GetProperty("open_time").GetDateTimeOffset();
        using var client = new RemoraClient(new() { Url = service.Url });
        Decision[] entries =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => new Decision(
                    $"entry-{i}",
                    "bot",
                    "BTC/USDT",
                    first + TimeSpan.FromHours(i) + TimeSpan.FromSeconds(1),
                    i == 3 ? "allowed" : "refused"
                )
                {
                    Side = i % 2 == 0 ? "long" : "short",
                    BlockedBy = i == 3 ? null : ["risk_score"],
                    Stake = 100,
                    StopLoss = -0.002,
                    Roi = [new(0, 0.0005)],
                }),
        ];
        Assert.Equal(new(4, 0), await client.ReportDecisionsAsync(entries));
        Assert.Equal(new(0, 4), await client.ReportDecisionsAsync(entries));
        var error = await Assert.ThrowsAsync<RemoraException>(() =>
            client.ReportDecisionsAsync([entries[0], entries[1] with { Side = "up" }])
        );
        Assert.Contains("decisions[1].side: expected long or short", error.Message);

        var ledger = await client.DecisionsAsync(first - TimeSpan.FromHours(1), limit: 1000);
        var own = ledger.Decisions.Where(one => one.Report.Bot == "bot").Reverse().ToList();
        Assert.Equal(entries.Select(entry => entry.Id), own.Select(one => one.Report.Id));
        Assert.Equal(first, own[0].Outcome.EnteredAt - TimeSpan.FromMinutes(5));
        Assert.All(own, one => Assert.NotNull(one.Outcome.Horizons["1h"]));
        Assert.All(own, one => Assert.Contains(one.Outcome.State, new[] { "ended", "open" }));
        var (exit, output, errors) = await RemoraProcess.RunAsync([
            "judge",
            "--live",
            "--from",
            candles.GetProperty("rows")[0].GetProperty("open_time").GetString()!,
            "--url",
            service.Url,
        ]);
        Assert.True(exit == 0, errors);
        Assert.Matches(@"\n\d+ entr(y was|ies were) refused", output);
        Assert.Contains("risk_score", output);
        (exit, output, errors) = await RemoraProcess.RunAsync("judge", "--live", "--json", "--url", service.Url);
        Assert.True(exit == 0, errors);
        Assert.Empty(service.Schemas.FaultsOf("DecisionAnswer", JsonElement.Parse(output)));
        foreach (
            var (arguments, expected) in new[]
            {
                ("--live --from 2099-01-01", "The span is empty"),
                ("--live --from 2020-01-01", "expected at most 92"),
                ("--live trades.csv", "name either TRADES, or --live"),
                ("--policy remora-1", "name either TRADES, or --live"),
            }
        )
        {
            (exit, _, errors) = await RemoraProcess.RunAsync(["judge", .. arguments.Split(' '), "--url", service.Url]);
            Assert.Equal(2, exit);
            Assert.Contains(expected, errors);
        }
    }

    [Theory]
    [InlineData($"/api/v1/history?{Pair}&interval=1h&from=-7d", "buckets")]
    [InlineData($"/api/v1/history?{Pair}&interval=each&from=-7d", "each")]
    [InlineData($"/api/v1/candles?{Pair}&from=-7d", "candles")]
    [InlineData("/api/v1/traffic?interval=1m&from=-7d", "buckets")]
    public async Task Files_have_the_columns_of_the_document(string address, string rows)
    {
        foreach (var format in new[] { "parquet", "feather" })
            await service.Schemas.CheckAsync(service.Http, $"{address}&format={format}");
        var document = JsonElement.Parse(await service.Http.GetStringAsync("/openapi/v1.json"));
        var columns = document
            .GetProperty("paths")
            .GetProperty(address.Split('?')[0])
            .GetProperty("get")
            .GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty("text/csv")
            .GetProperty("examples")
            .GetProperty(rows)
            .GetProperty("value")
            .GetString()!
            .TrimEnd();
        var csv = (await service.Schemas.CheckAsync(service.Http, address + "&format=csv")).Split('\n');
        Assert.True(csv.Length > 1, address);
        Assert.Equal(columns, csv[0].Replace("\"", "", StringComparison.Ordinal));
        foreach (
            var line in (await service.Schemas.CheckAsync(service.Http, address + "&format=jsonl")).Trim().Split('\n')
        )
            Assert.Equal(
                columns,
                string.Join(',', JsonElement.Parse(line).EnumerateObject().Select(property => property.Name))
            );
    }
}
