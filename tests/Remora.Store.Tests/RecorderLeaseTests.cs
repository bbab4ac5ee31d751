using Remora.ClickHouse;
using Remora.Markets;
using Remora.Store.Recording;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>Of several recorders on one store, one records. Nothing is lost or doubled.</summary>
public sealed class RecorderLeaseTests(Engine engine)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly LeaseOptions Long = new()
    {
        Length = TimeSpan.FromHours(1),
        Renewal = TimeSpan.FromMilliseconds(300),
        Look = TimeSpan.FromMilliseconds(50),
    };

    [Fact]
    public async Task Of_those_who_take_a_lease_at_once_one_gets_it()
    {
        using var client = await engine.NewDatabaseAsync();
        var table = new LeaseTable(new(client, Engine.ForEver));
        await table.CreateAsync(CancellationToken.None);

        for (ulong epoch = 1; epoch <= 5; epoch++)
        {
            await Task.WhenAll(
                Enumerable
                    .Range(0, 8)
                    .Select(i => table.TakeAsync(Held(epoch, $"holder {i}"), Some.Time, Some.Time, default))
            );
            var newest = await table.ReadAsync(default);
            await table.TakeAsync(Held(epoch, "late"), Some.Time, Some.Time, default);
            await table.TakeAsync(Held(epoch - 1, "later"), Some.Time, Some.Time, default);

            Assert.Equal(
                (epoch, 1UL),
                (newest!.Epoch, await CountAsync(client, $"recorder_lease WHERE epoch = {epoch}"))
            );
            Assert.Equal(newest.Holder, (await table.ReadAsync(default))!.Holder);
        }
    }

    [Fact]
    public async Task Of_recorders_that_start_together_one_records_and_the_next_one_takes_over_at_its_end()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        var running = Enumerable.Range(0, 3).Select(i => Start(store, scratch, $"journal {i}", Long)).ToList();
        var assessments = Recorded.Assessments(Some.Btc, 60);
        foreach (var assessment in assessments[..30])
        foreach (var each in running)
            each.Recorder.CandleAndAssessment(assessment);
        await UntilAsync(() => running.Count(each => each.Recorder.Recording.Here) == 1);
        var first = running.Single(each => each.Recorder.Recording.Here);
        await first.FlushAsync();
        await UntilAsync(() => running.All(each => each.Recorder.Recording is { By: not null, Lease: 1 }));

        running.Remove(first);
        await first.DisposeAsync(); // it gives its lease back
        foreach (var assessment in assessments[30..])
        foreach (var each in running)
            each.Recorder.CandleAndAssessment(assessment);
        await UntilAsync(() => running.Any(each => each.Recorder.Recording is { Here: true, Lease: 2 }));
        foreach (var each in running)
            each.Recorder.Request(Recorded.Request(1)); // both record their own
        await UntilAsync(async () => await CountAsync(store.Client, "api_requests") == 2);

        await OnceAsync(store, assessments);
        foreach (var each in running)
            await each.DisposeAsync();
    }

    // It does not renew its lease, as if it were paused, and goes on recording.
    [Fact]
    public async Task Inserts_of_a_holder_whose_lease_ran_out_are_refused_and_what_is_missing_is_added()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        var assessments = Recorded.Assessments(Some.Btc, 90);
        await using var paused = Start(
            store,
            scratch,
            "paused",
            new()
            {
                Length = TimeSpan.FromSeconds(1),
                Renewal = TimeSpan.FromHours(1),
                Look = TimeSpan.FromMilliseconds(50),
            }
        );
        await UntilAsync(() => paused.Recorder.Recording.Here);
        foreach (var assessment in assessments[..30])
            paused.Recorder.CandleAndAssessment(assessment);
        await paused.FlushAsync();
        await using var next = Start(store, scratch, "next", Long);
        foreach (var assessment in assessments[..60]) // both watch the exchange
            next.Recorder.CandleAndAssessment(assessment);
        await UntilAsync(() => next.Recorder.Recording.Here);

        foreach (var assessment in assessments[30..])
            paused.Recorder.CandleAndAssessment(assessment);
        await UntilAsync(() => !paused.Recorder.Recording.Here);
        foreach (var assessment in assessments[60..])
            next.Recorder.CandleAndAssessment(assessment);
        await next.FlushAsync();
        await UntilAsync(() => paused.Recorder.Health.JournalBatches == 0);

        await OnceAsync(store, assessments);
        Assert.Equal(2, next.Recorder.Recording.Lease);
        Assert.Equal(next.Recorder.Recording.By, paused.Recorder.Recording.By);
        Assert.Equal(0, paused.Recorder.Health.DroppedRows);
    }

    [Fact]
    public async Task Of_a_journal_left_by_a_killed_holder_the_rows_that_nobody_recorded_since_are_added()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        var table = new LeaseTable(store);
        await table.CreateAsync(default);
        var assessments = Recorded.Assessments(Some.Btc, 120);
        // The killed one had sent 40 to 50, and others not
        await StoreAsync(store, assessments[40..50], 1);
        using (var journal = Journal.Open(scratch.PathOf("killed"), 1 << 30))
            journal.Append(Batch(assessments[..100], 1), 100, DateTimeOffset.UtcNow);
        // Its successor was there from 60 on
        await table.TakeAsync(Held(1, "killed"), assessments[0].AssessedAt, assessments[50].AssessedAt, default);
        var successor = Held(2, "successor") with { IsSettled = true };
        await table.TakeAsync(successor, assessments[60].AssessedAt, assessments[119].AssessedAt, default);
        await StoreAsync(store, [.. assessments[60..80], .. assessments[81..]], 2);

        await using var again = Start(store, scratch, "killed", Long);
        await UntilAsync(() => again.Recorder.Health is { JournalBatches: 0, WrittenRows.Count: > 0 });

        Assert.Equal((false, 2L), (again.Recorder.Recording.Here, again.Recorder.Recording.Lease));
        // The successor published nothing at 80: what the other would have said is not added
        await OnceAsync(store, [.. assessments[..80], .. assessments[81..]]);
    }

    [Fact]
    public async Task A_service_that_is_started_again_goes_on_with_its_lease()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        var table = new LeaseTable(store);
        await table.CreateAsync(default);
        var assessments = Recorded.Assessments(Some.Btc, 20);
        string id;
        using (var journal = Journal.Open(scratch.PathOf("own"), 1 << 30))
        {
            id = journal.Id;
            journal.Append(Batch(assessments[..10], 1), 10, DateTimeOffset.UtcNow);
        }
        await table.TakeAsync(Held(1, id), assessments[0].AssessedAt, assessments[9].AssessedAt, default);

        await using var again = Start(store, scratch, "own", Long);
        foreach (var assessment in assessments[10..])
            again.Recorder.CandleAndAssessment(assessment);
        await UntilAsync(() => again.Recorder.Recording.Here);
        await again.FlushAsync();

        Assert.Equal(1, again.Recorder.Recording.Lease);
        await OnceAsync(store, assessments);
    }

    [Fact]
    public async Task A_lease_whose_row_was_lost_is_skipped()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        var table = new LeaseTable(store);
        await table.CreateAsync(default);
        // The server knows the token of lease 1, and has no row of it
        await store.Client.ExecuteAsync(
            "INSERT INTO recorder_lease (epoch, holder) SELECT 0, 'lost'",
            new QueryOptions { Settings = InsertToken.Settings("lease-1") }
        );

        await using var recorded = Start(store, scratch, "journal", Long);
        await UntilAsync(() => recorded.Recorder.Recording is { Here: true, Lease: 2 });
    }

    private static Recorded Start(MarketStore store, Scratch scratch, string journal, LeaseOptions lease) =>
        new(
            store,
            Recorded.Options(scratch.PathOf(journal)) with
            {
                Lease = lease with { RowClock = new ManualClock(Some.Time.ToDateTimeOffset()) },
            }
        );

    private static Lease Held(ulong epoch, string holder) =>
        new(epoch, holder, holder, IsSettled: false, 0, TimeSpan.Zero, TimeSpan.FromHours(1), Some.Time);

    private static JournalBatch Batch(IEnumerable<Assessment> assessments, ulong epoch)
    {
        var batches = new OpenBatches(TimeProvider.System, TimeSpan.Zero);
        foreach (var assessment in assessments)
            Assert.Equal(0, batches.Write(new AssessmentEntry(assessment, WithCandle: false, null), out _));
        var closed = batches.OfMarkets.Single(batch => batch.Rows > 0).Close(epoch);
        return closed with { Rows = closed.Rows.ToArray() };
    }

    private static async Task StoreAsync(MarketStore store, IEnumerable<Assessment> assessments, ulong epoch)
    {
        var batch = Batch(assessments, epoch);
        await store.Client.InsertAsync(batch.Table, batch.Columns, batch.Rows, batch.Token);
    }

    private static async Task OnceAsync(MarketStore store, IReadOnlyList<Assessment> assessments)
    {
        await UntilAsync(async () => await CountAsync(store.Client, "assessments") >= (ulong)assessments.Count);
        var stored = await store.Assessments.Of(Some.Btc, assessments[0].Policy).ListAsync();
        Assert.Equal(
            assessments.Select(assessment => assessment.AssessedAt),
            stored.Select(assessment => assessment.AssessedAt)
        );
    }

    private static Task<ulong> CountAsync(ClickHouseClient client, string from) =>
        client.SingleAsync($"SELECT count() FROM {from}", row => row.UInt64());

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
            await Task.Delay(20, patience.Token);
    }
}
