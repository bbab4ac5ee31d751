using Microsoft.Extensions.Logging.Abstractions;
using Remora.Backtest.Decisions;
using Remora.Backtest.Strategies;
using Remora.ClickHouse;
using Remora.Markets;
using Remora.Notify;
using Remora.Risk;
using Remora.Server;
using Remora.Server.Answers;
using Remora.Server.Api.Decisions;
using Remora.Server.Notify;
using Remora.Store.Recording;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>Entries that bots report are stored once, and followed on the stored candles.</summary>
[Trait("speed", "slow")]
public sealed class DecisionLedgerTests(Engine engine)
{
    private static readonly Candle[] Candles = Some.Candles(9, 20 * 288, start: Some.Time);
    private static readonly Instant Now = Some.Time + TimeSpan.FromDays(20);
    private static readonly AssessmentBoard Board = new([Some.Btc], [BuiltInPolicies.Default], TimeProvider.System);

    [Fact]
    public async Task Repeated_reports_are_stored_once_and_outcomes_are_those_of_the_candles()
    {
        var store = await engine.NewTablesAsync();
        await AddAsync(store, Candles);
        DecisionReport[] reports = [.. Enumerable.Range(0, 60).Select(Report)];
        Assert.Equal(new(40, 0), await ReportAsync(store, reports[..40]));
        Assert.Equal(new(20, 30), await ReportAsync(store, reports[10..])); // as after a restart of the bot
        Assert.Equal(new(0, 60), await ReportAsync(store, reports));
        Assert.Equal(new(1, 1), await ReportAsync(store, [Untracked, Untracked])); // twice in one report

        var answer = await FollowAsync(store, 1000);
        Assert.Equal(61, answer.Decisions.Count);
        Assert.True(answer.IsComplete);
        var follower = new EntryFollower(new(Some.Btc.Timeframe, Candles, 0));
        var entries = new List<(WantedEntry, EntryOutcome)>();
        foreach (var (report, decision) in reports.Zip(answer.Decisions.Reverse()))
        {
            Assert.Equal((report.Id, "binance"), (decision.Report.Id, decision.Exchange));
            var entry = EntryOf(report);
            var direct = follower.Follow(entry);
            Assert.Equal(direct.Horizons, decision.Outcome.Horizons);
            Assert.Equal(direct with { Horizons = decision.Outcome.Horizons }, decision.Outcome);
            entries.Add((entry, direct));
        }
        var unknown = answer.Decisions[0];
        Assert.Equal((null, EntryState.Unknown), (unknown.Exchange, unknown.Outcome.State));
        var summary = DecisionSummary.Of(entries);
        Assert.Equal(summary.Saved, answer.Summary.Saved);
        Assert.Equal(summary.Money, answer.Summary.Money);
        Assert.Equal(summary.EqualCount, answer.Summary.EqualCount);
        Assert.True(summary.Refused.Ended > 5, answer.Sentence);
        Assert.Contains("USDT saved", answer.Sentence);
        Assert.Equal(3, (await FollowAsync(store, 3)).Decisions.Count);
        Assert.Equal(summary.Saved, (await FollowAsync(store, 3)).Summary.Saved);

        // Another process reads the same; a revised candle changes what became of an entry
        var restarted = new MarketStore(store.Client, Engine.ForEver);
        await restarted.Client.ExecuteAsync("OPTIMIZE TABLE decisions FINAL");
        Assert.Equal(answer.Sentence, (await FollowAsync(restarted, 1)).Sentence);
        var revised = Candles[answer.Decisions.Count..].Select(candle => candle with { Low = candle.Low * 0.5 });
        await AddAsync(store, [.. revised], sequence: 2);
        Assert.NotEqual(answer.Sentence, (await FollowAsync(restarted, 1)).Sentence);
    }

    [Fact]
    public async Task A_week_is_told_once_also_after_a_restart_and_a_week_without_refusals_is_not()
    {
        var folder = Directory.CreateTempSubdirectory("remora-test-");
        var session = new StoreSession(
            new()
            {
                Location = StoreLocation.InFolder(Path.Combine(folder.FullName, "data")),
                Recorder = new()
                {
                    JournalFolder = Path.Combine(folder.FullName, "journal"),
                    StopTimeout = TimeSpan.Zero,
                },
            }
        );
        using var stop = new CancellationTokenSource();
        var notices = new List<Notice>();
        WeeklyDecisions Start() => new(session, folder.FullName, notices.Add, NullLogger.Instance);
        var running = Start();
        await running.TellAsync(Now, stop.Token); // the store is not open
        Assert.Empty(notices);
        var run = session.RunAsync(stop.Token);
        Assert.True(await session.IsReadyWithinAsync(TimeSpan.FromMinutes(2)));
        await AddAsync(session.Store, Candles);
        await ReportAsync(session.Store, [.. Enumerable.Range(0, 60).Select(Report)]);

        // 2024-03-01 is a Friday: the first week ends on the 4th and is told from the 5th on
        await running.TellAsync(Some.At("2024-03-04T23:59:00Z"), stop.Token);
        Assert.Empty(notices);
        await running.TellAsync(Some.At("2024-03-05T00:00:00Z"), stop.Token);
        await running.TellAsync(Some.At("2024-03-05T00:15:00Z"), stop.Token);
        await Start().TellAsync(Some.At("2024-03-09T00:00:00Z"), stop.Token);
        var notice = Assert.Single(notices);
        Assert.Equal(NoticeKind.Decisions, notice.Kind);
        Assert.StartsWith("Week of 2024-02-26: ", notice.Text);
        Assert.Contains(" entries were refused", notice.Text);
        await Start().TellAsync(Some.At("2024-03-12T00:00:00Z"), stop.Token);
        Assert.Equal(2, notices.Count);
        await Start().TellAsync(Some.At("2024-05-14T00:00:00Z"), stop.Token);
        Assert.Equal(2, notices.Count);

        await stop.CancelAsync();
        await run;
        folder.Delete(recursive: true);
    }

    private static DecisionReport Untracked =>
        Report(0) with
        {
            Id = "untracked",
            Pair = Pair.Parse("DOGE/EUR"),
            At = Some.Time + TimeSpan.FromDays(19),
        };

    private static DecisionReport Report(int i) =>
        new()
        {
            Id = $"test-{i}",
            Bot = i % 2 == 0 ? "one" : "two",
            Strategy = "Tick",
            Pair = Some.Btc.Pair,
            Side = i % 3 == 0 ? Side.Short : Side.Long,
            At = Some.Time + TimeSpan.FromSeconds((i * 9000) + 2),
            Verdict = (EntryVerdict)(i % 3),
            BlockedBy = ["risk_score"],
            Price = 100,
            Stake = 50,
            Leverage = 1,
            Fee = 0.001,
            StopLoss = -0.02,
            Roi = [new(0, 0.03), new(240, 0.01)],
        };

    private static WantedEntry EntryOf(DecisionReport report) =>
        new()
        {
            Slot = report.Bot!,
            Market = Some.Btc,
            At = report.At!.Value,
            Side = report.Side!.Value,
            IsRefused = report.Verdict != EntryVerdict.Allowed,
            Stake = 50,
            StopLoss = -0.02,
            Roi = [new(TimeSpan.Zero, 0.03), new(TimeSpan.FromHours(4), 0.01)],
        };

    private static Task<DecisionReceipt> ReportAsync(MarketStore store, IReadOnlyList<DecisionReport> reports) =>
        DecisionLedger.AddAsync(store, Board, reports, CancellationToken.None);

    private static Task<DecisionAnswer> FollowAsync(MarketStore store, int limit) =>
        DecisionLedger.FollowAsync(store, Some.Time, Now, Now, limit, CancellationToken.None);

    private static Task AddAsync(MarketStore store, IReadOnlyList<Candle> candles, ulong sequence = 1) =>
        store.Client.InsertAsync(
            StoreTable.Candles.Name,
            StoreTable.Candles.Columns,
            candles,
            (row, candle) =>
                StoreTable.Candles.Write(
                    row,
                    StoredCandle.Of(Some.Btc.Exchange, Some.Btc.Pair, Some.Btc.Timeframe, candle),
                    sequence
                )
        );
}
