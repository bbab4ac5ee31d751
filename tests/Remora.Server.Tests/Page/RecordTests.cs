using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Backtest.Decisions;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Api.Decisions;
using Remora.Server.Api.TrackRecord;
using Remora.Testing;

namespace Remora.Server.Tests.Page;

/// <summary>
/// The track record on the page. The service has no store: the test supplies its answers.
/// </summary>
public sealed class RecordTests(Browser browser) : IClassFixture<Browser>
{
    [Theory]
    [InlineData(1440, false)]
    [InlineData(390, true)]
    public async Task A_record_is_told_in_a_sentence_in_figures_and_as_tables(int width, bool dark)
    {
        await using var service = await LiveServer.StartAsync();
        await OpenAsync(service, Card(Graded), width, dark);
        await browser.UntilAsync("document.querySelector('.stack .answer') !== null");
        Assert.Equal(
            "1\u202f240 forecasts graded: the 95 % line was crossed 4.8 % of the time, error 20 % smaller than that of "
                + "HAR with hour of week",
            await browser.TextAsync(".stack .answer")
        );
        // Each table shows the exact figures of the answer.
        await ShowsAsync("[aria-label='Track record'] .facts data", 1300, 1240, 310);
        await ShowsAsync("[aria-label=Volatility] .scroll data", 0.68, 0.3, 0.6, 0.35, 0.45, 0.41);
        await ShowsAsync("[aria-label=Losses] data", 0.048, 310, 0.87, 0.4, 0.01, 310, 0.99);
        await ShowsAsync("[aria-label='Chances of a fall'] .scroll data", 0.1, 0.11, 0.08, 1240);
        await ShowsAsync("[aria-label='Not graded'] data", 50, 12, 10, 0);
        await browser.UntilAsync("document.querySelector('[aria-label=Books] table') !== null");
        await ShowsAsync("[aria-label=Books] data", 3, 2.5, 50, 0.75, 1.1, 0.04, 0, 0.5, 50, 0.31, 0.04);
        Assert.Contains(
            "does not contradict the claims: evidence 1.4, alarm from 100",
            await browser.TextAsync("section[aria-label='Track record']"),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "Chance of a fall of more than 2 %, predicted and observed: 5 % came as 6 %, 15 % came as 16 %.",
            (
                await browser.AskAsync(
                    "document.querySelector(`[aria-label='Chances of a fall'] .figure`).getAttribute('aria-label')"
                )
            ).GetString()
        );
        await browser.UntilAsync("document.querySelectorAll('.figure circle').length === 4");
        await browser.ClickAsync("details.data summary");
        await browser.UntilAsync("document.querySelectorAll('details.data[open] tbody tr').length === 2");
        const string ledger = "[aria-label='Entries refused and what became of them']";
        await browser.UntilAsync($"document.querySelector(`{ledger}`) !== null");
        Assert.Contains(
            "2 entries were refused: losses of 2.0 % of a stake saved, profits of 1.0 % missed.",
            await browser.TextAsync(ledger),
            StringComparison.Ordinal
        );
        await ShowsAsync($"{ledger} > .scroll data", 2, 2, 1, -0.005, 1, 1, 0, 0.03);
        await browser.HasNoFaultAsync($"record {width}");
        await browser.PictureAsync($"record-{width}-{(dark ? "dark" : "light")}");
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task An_alarm_names_its_days()
    {
        await using var service = await LiveServer.StartAsync();
        var alarm = new RecordAlarm(
            true,
            new(2024, 2, 28),
            120,
            130,
            100,
            0.01,
            [new(new(2024, 2, 27), 14, [new("4h", "0.99", 3, 6)])]
        );
        await OpenAsync(service, Card(Graded) with { Alarm = alarm });
        await browser.UntilAsync("document.querySelector('.alarm') !== null");
        var text = await browser.TextAsync(".alarm");
        Assert.Contains("The record contradicts the claims since 2024-02-28.", text, StringComparison.Ordinal);
        Assert.Contains("4h at 99 %: 3 of 6", text, StringComparison.Ordinal);
        await browser.HasNoFaultAsync("record with an alarm");
    }

    [Fact]
    public async Task Without_a_graded_forecast_or_a_store_it_says_why()
    {
        await using var service = await LiveServer.StartAsync();
        await OpenAsync(service, Card(new(0, 0, 0, 0, Models(), [], Falls(), Hits(), Ungraded(), [])));
        await browser.UntilAsync("document.querySelector('main').textContent.includes('Nothing graded yet')");
        Assert.Contains("when these hours have passed", await browser.TextAsync("main"), StringComparison.Ordinal);
        await browser.HasNoFaultAsync("record without grades");
        await browser.PictureAsync("record-none");

        await browser.OpenAsync($"{service.Host.Url}/#/record");
        await browser.UntilAsync("document.querySelector('main').textContent.includes('runs without a store')");
        await browser.IsQuietAsync(service.Host.Url);
    }

    private static HorizonScorecard Graded { get; } =
        new(
            1300,
            1240,
            310,
            1200,
            Models(("remora-2", 0.68, 0.3), ("har_season", 0.6, 0.35), ("persistence", 0.45, 0.41)),
            [new(0.008, 0.009, 620), new(0.02, 0.019, 620)],
            Falls(("0.02", new(1240, 0.1, 0.11, 0.08, [new(0.05, 0.06, 620), new(0.15, 0.16, 620)]))),
            // Too few hits for the second test of the 99 % line.
            Hits(("0.95", new(15, 310, 0.048, 0.87, 0.4)), ("0.99", new(3, 310, 0.01, 0.99, double.NaN))),
            Ungraded(("outage", new(50, 12)), ("gap", new(10, 0))),
            [new("2024-01-01-14c15103babf", Some.Time - TimeSpan.FromDays(60), Some.Time, 1240, 0.68, 0.3, Hits())]
        );

    private static BookScorecardList Books { get; } =
        new(
            null,
            Some.Time,
            "24h",
            [
                new(
                    "net_long",
                    false,
                    Some.Time - TimeSpan.FromDays(60),
                    1300,
                    1240,
                    50,
                    0.04,
                    new Dictionary<string, BookHitScore>
                    {
                        ["0.95"] = new(3, 2.5, 50, 0.75, 1.1),
                        ["0.99"] = new(0, 0.5, 50, 0.31, double.NaN),
                    },
                    new Dictionary<string, long> { ["gap"] = 60 }
                ),
            ]
        );

    private static Scorecard Card(HorizonScorecard horizon) =>
        new(
            Some.Btc.Pair,
            Some.Btc.Exchange,
            Some.Btc.Timeframe,
            Some.Time - TimeSpan.FromDays(60),
            Instant.MinValue,
            Some.Time,
            new Dictionary<string, HorizonScorecard>
            {
                ["1h"] = horizon,
                ["4h"] = horizon,
                ["24h"] = horizon,
            },
            new(false, null, 1.4, 2, 100, 0.01, [])
        );

    private static Dictionary<string, ModelScore> Models(params (string Name, double R2, double Qlike)[] models) =>
        models.ToDictionary(model => model.Name, model => new ModelScore(model.R2, model.Qlike));

    private static Dictionary<string, DrawdownScore> Falls(params (string Fall, DrawdownScore Score)[] falls) =>
        falls.ToDictionary(fall => fall.Fall, fall => fall.Score);

    private static Dictionary<string, HitScore> Hits(params (string Level, HitScore Score)[] levels) =>
        levels.ToDictionary(level => level.Level, level => level.Score);

    private static Dictionary<string, UngradedHours> Ungraded(params (string Reason, UngradedHours Hours)[] reasons) =>
        reasons.ToDictionary(reason => reason.Reason, reason => reason.Hours);

    private async Task OpenAsync(LiveServer service, Scorecard card, int width = 1440, bool dark = false)
    {
        var status = JsonNode.Parse((await service.GetAsync("/api/v1/status")).GetRawText())!;
        var answer = Decisions(isEmpty: card.Horizons["4h"].Graded == 0);
        status["store"] = JsonNode.Parse("""{"location":"data/store","ready":true,"error":null,"remarks":[]}""");
        await browser.OpenAsync(
            $"{service.Host.Url}/#/record",
            width,
            dark,
            new Dictionary<string, string>
            {
                ["status"] = status.ToJsonString(),
                ["scorecard"] = JsonSerializer.Serialize(card, ServerJson.Shared.Scorecard),
                ["decisions"] = JsonSerializer.Serialize(answer, ServerJson.Shared.DecisionAnswer),
                ["scorecard/books"] = JsonSerializer.Serialize(Books, ServerJson.Shared.BookScorecardList),
            }
        );
    }

    private static DecisionAnswer Decisions(bool isEmpty)
    {
        DecisionReport Report(int i) =>
            new()
            {
                Id = $"{i}",
                Bot = "bot",
                Pair = Some.Btc.Pair,
                Side = Side.Long,
                At = Some.Time + TimeSpan.FromHours(i),
                Verdict = i < 2 ? EntryVerdict.Refused : EntryVerdict.Allowed,
                BlockedBy = i < 2 ? ["risk_score"] : [],
            };
        var entries = new double[] { -0.02, 0.01, 0.03 }.Select(
            (profit, i) =>
                (
                    Report(i),
                    new EntryOutcome
                    {
                        State = EntryState.Ended,
                        EnteredAt = Some.Time + TimeSpan.FromHours(i),
                        ExitedAt = Some.Time + TimeSpan.FromHours(i + 0.5),
                        ExitReason = profit < 0 ? "stop_loss" : "roi",
                        Profit = profit,
                        Excursion = -0.02,
                    }
                )
        );
        (DecisionReport Report, EntryOutcome Outcome)[] all = isEmpty ? [] : [.. entries];
        var summary = DecisionSummary.Of([
            .. all.Select(one =>
                (
                    new WantedEntry
                    {
                        Slot = "bot",
                        Market = Some.Btc,
                        At = one.Report.At!.Value,
                        Side = Side.Long,
                        IsRefused = one.Report.Verdict != EntryVerdict.Allowed,
                    },
                    one.Outcome
                )
            ),
        ]);
        return new(
            Some.Time,
            Some.Time + TimeSpan.FromDays(1),
            Some.Time + TimeSpan.FromDays(1),
            DecisionLedger.Sentence(summary),
            true,
            summary,
            [.. all.Select(one => new FollowedDecision(one.Report, "binance", Some.Btc.Timeframe, one.Outcome))]
        );
    }

    private async Task ShowsAsync(string selector, params double[] expected)
    {
        var shown = await browser.AskAsync(
            $"[...document.querySelectorAll(`{selector}`)].map(element => Number(element.value))"
        );
        Assert.Equal(expected, shown.EnumerateArray().Select(value => value.GetDouble()));
    }
}
