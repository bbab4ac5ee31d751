using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Server.Tests.Page;

/// <summary>
/// Tests how the page shows stored history. The service has no store: the test supplies the answers
/// of a store.
/// </summary>
[Trait("speed", "slow")]
public sealed class StoredPastTests(Browser browser) : IClassFixture<Browser>
{
    private const int Buckets = 48;
    private const int BlockedBuckets = 12;

    [Theory]
    [InlineData(1440, false)]
    [InlineData(390, true)]
    public async Task The_past_is_drawn_summed_up_and_told_as_a_table(int width, bool dark)
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var answers = await AnswersAsync(service);
        await browser.OpenAsync(service.Host.Url + "/#/history?span=172800&interval=1h", width, dark, answers);
        await browser.UntilAsync(
            "document.querySelectorAll('.chart canvas').length === 2 && document.querySelector('.facts data') !== null"
        );
        Assert.Equal(
            (double)BlockedBuckets / Buckets,
            (await browser.AskAsync("Number(document.querySelector('.facts data').value)")).GetDouble()
        );
        Assert.Contains(
            "Blocked 25 % of the time",
            (await browser.AskAsync("document.querySelector('.chart').getAttribute('aria-label')")).GetString(),
            StringComparison.Ordinal
        );
        await browser.ClickAsync("details.data summary");
        await browser.UntilAsync($"document.querySelectorAll('details.data tbody tr').length === {Buckets}");
        await browser.HasNoFaultAsync("history");
        await browser.PictureAsync($"stored-history-{width}");

        foreach (
            var (view, sign) in new[] { ("moment", ".hero .answer"), ("traffic", ".chart canvas"), ("store", "table") }
        )
        {
            await browser.OpenAsync($"{service.Host.Url}/#/{view}", width, dark, answers);
            await browser.UntilAsync($"document.querySelector('{sign}') !== null");
            await browser.HasNoFaultAsync(view);
            await browser.PictureAsync($"stored-{view}-{width}");
            await browser.IsQuietAsync(service.Host.Url);
        }
    }

    [Fact]
    public async Task The_first_view_continues_the_stored_past_with_what_it_sees()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await browser.OpenAsync(service.Host.Url, answers: await AnswersAsync(service));
        await browser.UntilAsync("document.querySelector('.chart canvas') !== null");
        Assert.Contains(
            "The last 24 hours, from the store",
            await browser.TextAsync("[aria-label='Price and regime']"),
            StringComparison.Ordinal
        );
        // The first hour that was not blocked.
        await browser.UntilAsync(
            "document.querySelector('.hero .says').textContent.includes('Allowed for 2 days, since 28 Feb 12:00')"
        );
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_named_and_the_verdict_stays()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var answers = new Dictionary<string, string>
        {
            ["status"] = (await AnswersAsync(service, isOpen: false))["status"],
        };
        await browser.OpenAsync(service.Host.Url, answers: answers);
        await browser.UntilAsync(
            "document.querySelector('.hero .answer') !== null && document.querySelector('[aria-label=\"Price and "
                + "regime\"]').textContent.includes('the engine does not start')"
        );
        foreach (var view in new[] { "history", "moment", "traffic", "store" })
        {
            await browser.OpenAsync($"{service.Host.Url}/#/{view}", answers: answers);
            await browser.UntilAsync(
                "document.querySelector('main').textContent.includes('the engine does not start')"
            );
            await browser.IsQuietAsync(service.Host.Url);
        }
    }

    private static async Task<Dictionary<string, string>> AnswersAsync(LiveServer service, bool isOpen = true)
    {
        var status = JsonNode.Parse((await service.GetAsync("/api/v1/status")).GetRawText())!;
        status["store"] = JsonNode.Parse(
            $$$"""
            {"location":"data/store","ready":{{{(
                isOpen ? "true" : "false"
            )}}},"engine":null,"version":"26.7","schema_version":2,"error":{{{(
                isOpen ? "null" : "\"the engine does not start\""
            )}}},"remarks":[],
             "recorder":{"queued_rows":5,"journal_batches":1,"journal_bytes":4096,"written_rows":{},"dropped_rows":0,"set_aside":[],"last_error":null,"last_error_at":null,
             "last_success":"2024-03-01T00:00:00Z","oldest_unwritten":null,"is_well":true}}
            """
        );
        var times = Enumerable
            .Range(0, Buckets)
            .Select(i => (Some.Time - TimeSpan.FromHours(Buckets - i)).ToString())
            .ToList();
        var past = times.Select(
            (time, i) =>
                new
                {
                    time,
                    assessments = 12,
                    blocked = i < BlockedBuckets ? 12 : 0,
                    risk_mean = 0.5,
                    risk_max = 0.6,
                    regime_last = i < BlockedBuckets ? "panic" : "bull",
                    close_last = 100.0 + i,
                    volatility_part = 0.1,
                    regime_part = 0.1,
                    trend_strength_part = 0.1,
                    momentum_part = 0.1,
                    external_part = 0.1,
                }
        );
        var requests = times.Select(
            (time, i) =>
                new
                {
                    time,
                    route = "/api/v1/risk",
                    pair = "BTC/USDT",
                    calls = 100 + i,
                    unchanged = 50,
                    refused = 1,
                    errors = 0,
                    microseconds_mean = 200.0,
                    microseconds_max = 5000,
                    microseconds_p50 = 150.0,
                    microseconds_p95 = 900.0,
                    microseconds_p99 = 2500.0,
                    queries = 3,
                    results = 9,
                }
        );
        var last = times[^1];
        return new()
        {
            ["status"] = status.ToJsonString(),
            ["history"] = JsonSerializer.Serialize(new { rows = past }),
            ["traffic"] = JsonSerializer.Serialize(new { rows = requests }),
            ["assessment"] = (await service.GetAsync("/api/v1/risk?pair=BTC/USDT")).GetRawText(),
            [
                "store/tables"
            ] = $$"""
                {"version":"26.7","database":"remora","schema_version":2,
                 "tables":[{"name":"candles","rollup":null,"rows":1000,"bytes":20000,"uncompressed_bytes":90000,"parts":2,"first":"{{times[
                    0
                ]}}","last":"{{last}}"},
                           {"name":"risk_1h_tt","rollup":"risk","rows":0,"bytes":0,"uncompressed_bytes":0,"parts":0,"first":null,"last":null}]}
                """,
        };
    }
}
