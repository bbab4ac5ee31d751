using System.Collections.Concurrent;
using System.Diagnostics;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rows;
using Remora.Store.Recording;
using Remora.Store.Tables;
using Remora.Supervision;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>Tests failures between handing over a row and its insert into the store.</summary>
public sealed class JournalTests(Engine engine)
{
    [Fact]
    public async Task The_store_is_away_for_a_while_and_gets_everything_in_order()
    {
        var isThere = false;
        var store = await AwayAsync(engine, () => isThere);
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        for (var i = 0; i < 3000; i++)
        {
            recorded.Recorder.Request(Recorded.Request(i));
            if (i % 500 == 499)
                await Recorded.UntilAsync(
                    () => recorded.Recorder.Health.JournalBatches > i / 500,
                    "a batch in the journal"
                );
        }
        await Recorded.UntilAsync(
            () => recorded.Recorder.Health is { QueuedRows: 0, LastError: not null },
            "everything in the journal, and the reason in the health"
        );
        var away = recorded.Recorder.Health;
        Assert.False(away.IsWell);
        Assert.Contains("the store cannot be opened", away.LastError);
        Assert.NotNull(away.OldestUnwritten);
        Assert.Empty(away.WrittenRows);

        isThere = true;
        await recorded.FlushAsync();
        Assert.Equal(3000, recorded.Recorder.Health.WrittenRows["api_requests"]);
        Assert.True(recorded.Recorder.Health.IsWell);
        var inOrder = await store.Client.SingleAsync(
            "SELECT count(), uniqExact(sequence), arraySort(groupArray((ingested, sequence))) = arraySort(x -> x.2, "
                + "groupArray((ingested, sequence))) FROM api_requests",
            row => (row.UInt64(), row.UInt64(), row.UInt8())
        );
        Assert.Equal((3000UL, 3000UL, (byte)1), inOrder);
        foreach (var rollup in store.Rollups)
            Assert.True((await rollup.VerifyAsync()).IsExact);
    }

    [Fact]
    public async Task A_batch_whose_acknowledgement_was_lost_counts_once()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        var batch = Batch(100);
        // Then the connection broke
        await store.Client.InsertAsync(batch.Table, batch.Columns, batch.Rows, batch.Token);
        batch.WriteTo(scratch.PathOf(JournalFile.NameOf(1, "api_requests", 100, DateTimeOffset.UnixEpoch)));
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        await recorded.FlushAsync();
        Assert.Equal(100UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        Assert.Equal(100, (await store.Requests.Traffic("1h").ListAsync()).Sum(row => row.Calls));
    }

    [Fact]
    public async Task What_a_killed_recorder_left_is_taken_or_set_aside_and_said()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        var cut = scratch.PathOf(JournalFile.NameOf(1, "api_requests", 100, DateTimeOffset.UnixEpoch));
        Batch(100).WriteTo(cut);
        using (var file = File.OpenWrite(cut))
            file.SetLength(file.Length - 1);
        Batch(10).WriteTo(scratch.PathOf(JournalFile.NameOf(2, "api_requests", 10, DateTimeOffset.UnixEpoch)));
        Batch(20)
            // Complete, but not moved yet
            .WriteTo(scratch.PathOf(JournalFile.NameOf(3, "api_requests", 20, DateTimeOffset.UnixEpoch)) + ".part");
        await File.WriteAllTextAsync(
            scratch.PathOf(JournalFile.NameOf(4, "api_requests", 30, DateTimeOffset.UnixEpoch)) + ".part",
            "remora jour"
        );
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        recorded.Recorder.Request(Recorded.Request(1));
        await recorded.FlushAsync();
        Assert.Equal(31UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        var health = recorded.Recorder.Health;
        Assert.Equal(2, health.SetAside.Count);
        Assert.Contains(health.SetAside, text => text.Contains("checksum", StringComparison.Ordinal));
        Assert.Contains("set-aside", health.LastError);
        Assert.Equal(2, Directory.GetFiles(scratch.PathOf("set-aside")).Length);
    }

    /// <summary>
    /// Simulates a process without free file descriptors: recording continues when one is free.
    /// </summary>
    [Fact]
    public async Task A_file_that_cannot_be_read_for_a_while_is_read_later_and_told_once()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        var waiting = scratch.PathOf(JournalFile.NameOf(1, "api_requests", 10, DateTimeOffset.UnixEpoch));
        Batch(10).WriteTo(waiting);
        // Prevents other readers
        await using var busy = new FileStream(waiting, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var (lines, recoveries) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        await using var recorded = new Recorded(
            store,
            Recorded.Options(scratch.Folder) with
            {
                Notice = lines.Enqueue,
                Recovery = recoveries.Enqueue,
                LongestRetryDelay = TimeSpan.FromMilliseconds(40),
            }
        );
        recorded.Recorder.Request(Recorded.Request(1));
        await Recorded.UntilAsync(
            () => !lines.IsEmpty && recorded.Recorder.Health.JournalBatches == 2,
            "a line that says so"
        );
        Assert.False(recorded.Recorder.Health.IsWell);
        await busy.DisposeAsync();
        await recorded.FlushAsync();
        Assert.Equal(11UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        Assert.True(recorded.Recorder.Health.IsWell);
        Assert.StartsWith("10 rows of api_requests wait in the journal", Assert.Single(lines));
        Assert.Equal("the store accepts rows again", Assert.Single(recoveries));
        Assert.Empty(recorded.Recorder.Health.SetAside);
    }

    [Fact]
    public async Task A_file_that_can_never_be_read_is_set_aside()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs symbolic links");
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        var circle = scratch.PathOf(JournalFile.NameOf(1, "api_requests", 10, DateTimeOffset.UnixEpoch));
        File.CreateSymbolicLink(circle, circle);
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        recorded.Recorder.Request(Recorded.Request(1));
        await recorded.FlushAsync();
        Assert.Equal(1UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        Assert.Contains("it cannot be read", Assert.Single(recorded.Recorder.Health.SetAside));
    }

    [Fact]
    public async Task A_file_that_is_removed_while_it_waits_is_named_and_the_next_are_sent()
    {
        var isThere = false;
        var store = await AwayAsync(engine, () => isThere);
        using var scratch = new Scratch();
        var lines = new ConcurrentQueue<string>();
        await using var recorded = new Recorded(
            store,
            Recorded.Options(scratch.Folder) with
            {
                Notice = lines.Enqueue,
            }
        );
        recorded.Recorder.Request(Recorded.Request(1));
        await Recorded.UntilAsync(() => recorded.Recorder.Health.JournalBatches == 1, "a batch in the journal");
        File.Delete(Assert.Single(Directory.GetFiles(scratch.Folder, "*.batch")));
        isThere = true;
        recorded.Recorder.Request(Recorded.Request(2));
        recorded.Recorder.Request(Recorded.Request(3));
        await recorded.FlushAsync();
        Assert.Equal(2UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        var health = recorded.Recorder.Health;
        Assert.Equal((1L, 0), (health.DroppedRows, health.JournalBatches));
        Assert.Contains("was removed before its rows were stored: 1 rows of api_requests are lost", health.LastError);
        Assert.Single(lines, line => line == health.LastError);
    }

    [Fact]
    public async Task A_recorder_whose_task_dies_says_so_and_goes_on()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        var failures = new ConcurrentQueue<SupervisedTask>();
        var supervisor = new Supervisor(
            new() { Backoff = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30)), Failed = failures.Enqueue }
        );
        for (var i = 1; i <= 3; i++)
            Batch(5).WriteTo(scratch.PathOf(JournalFile.NameOf(i, "api_requests", 5, DateTimeOffset.UnixEpoch)));
        // The clock fails when the first batch is recorded as written, when that failure is
        // recorded, and at the second batch.
        await using var recorded = new Recorded(
            store,
            Recorded.Options(scratch.Folder) with
            {
                Supervisor = supervisor,
            },
            new FailingClock { Failures = 3 }
        );
        await recorded.FlushAsync();
        Assert.Equal(15UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        var failure = Assert.Single(failures);
        Assert.Equal(
            ("recorder: journal to store", "InvalidOperationException: a bug"),
            (failure.Name, failure.LastError)
        );
        Assert.Equal(2, Assert.Single(supervisor.Tasks, task => task.Name == failure.Name).Restarts);
        Assert.Contains("a bug", recorded.Recorder.Health.LastError);
        Assert.True(recorded.Recorder.Health.IsWell); // a batch was sent since the failure
    }

    [Fact]
    public async Task A_file_with_a_wrong_name_is_set_aside_and_recording_goes_on()
    {
        string[] names =
        [
            "9223372036854775807-api_requests-10-1.batch", // the number of the next batch would overflow
            "1-api_requests-10-9223372036854775807.batch", // an invalid time
            "1-api_requests-99999999999-1.batch",
            "anything.batch",
        ];
        var store = await engine.NewStoreAsync();
        for (var i = 0; i < names.Length; i++)
        {
            using var scratch = new Scratch();
            Batch(10).WriteTo(scratch.PathOf(names[i]));
            await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
            recorded.Recorder.Request(Recorded.Request(i));
            await recorded.FlushAsync();
            Assert.Equal(
                (ulong)i + 1,
                await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64())
            );
            Assert.StartsWith(names[i], Assert.Single(recorded.Recorder.Health.SetAside), StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(scratch.PathOf("set-aside"), names[i])));
            Assert.Null(recorded.Recorder.Health.OldestUnwritten);
        }
    }

    [Fact]
    public async Task Only_the_owner_can_read_the_journal()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix file modes");
        var store = await AwayAsync(engine, () => false);
        using var scratch = new Scratch();
        var folder = scratch.PathOf("journal");
        Directory.CreateDirectory(folder, (UnixFileMode)Convert.ToInt32("755", 8)); // as earlier versions created it
        await File.WriteAllTextAsync(Path.Combine(folder, "cut.batch.part"), "x");
        await using (var recorded = new Recorded(store, Recorded.Options(folder)))
        {
            recorded.Recorder.Request(Recorded.Request(1));
            await Recorded.UntilAsync(() => recorded.Recorder.Health.JournalBatches == 1, "a batch in the journal");
        }
        Assert.Equal("700", ModeOf(folder));
        Assert.Equal("700", ModeOf(Path.Combine(folder, "set-aside")));
        Assert.All(
            [Path.Combine(folder, "lock"), Assert.Single(Directory.GetFiles(folder, "*.batch"))],
            file => Assert.Equal("600", ModeOf(file))
        );
    }

    [Fact]
    public async Task A_batch_that_is_refused_for_ever_blocks_nobody()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        (Batch(5) with { Columns = [SqlName.Of("no_such_column")] }).WriteTo(
            scratch.PathOf(JournalFile.NameOf(1, "api_requests", 5, DateTimeOffset.UnixEpoch))
        );
        (Batch(5) with { Rows = new byte[] { 1, 2, 3 } }).WriteTo(
            scratch.PathOf(JournalFile.NameOf(2, "api_requests", 5, DateTimeOffset.UnixEpoch))
        );
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        recorded.Recorder.Request(Recorded.Request(1));
        await recorded.FlushAsync();
        Assert.Equal(1UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        Assert.Equal(2, recorded.Recorder.Health.SetAside.Count);
        Assert.Contains(
            recorded.Recorder.Health.SetAside,
            text => text.Contains("no_such_column", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_full_journal_lets_the_oldest_go_and_counts_them()
    {
        var isThere = false;
        var store = await AwayAsync(engine, () => isThere);
        using var scratch = new Scratch();
        await using var recorded = new Recorded(
            store,
            Recorded.Options(scratch.Folder) with
            {
                JournalBytes = 20_000,
                BatchRows = 100,
            }
        );
        for (var i = 0; i < 2000; i++)
            recorded.Recorder.Request(Recorded.Request(i));
        await Recorded.UntilAsync(() => recorded.Recorder.Health.QueuedRows == 0, "everything in the journal");
        var health = recorded.Recorder.Health;
        Assert.InRange(health.JournalBytes, 1, 20_000);
        Assert.InRange(health.DroppedRows, 100, 1999);
        isThere = true;
        await recorded.FlushAsync();
        var (rows, newest) = await store.Client.SingleAsync(
            "SELECT count(), max(at) FROM api_requests",
            row => (row.UInt64(), row.DateTime64())
        );
        Assert.Equal((ulong)(2000 - health.DroppedRows), rows);
        Assert.Equal(Recorded.Request(1999).At.ToDateTimeOffset(), newest);
    }

    [Fact]
    public async Task Requests_wait_longer_than_market_data_for_a_larger_batch()
    {
        var store = await AwayAsync(engine, () => true);
        using var scratch = new Scratch();
        await using var recorded = new Recorded(
            store,
            Recorded.Options(scratch.Folder) with
            {
                RequestDelay = TimeSpan.FromHours(1),
            }
        );
        var recorder = recorded.Recorder;
        for (var i = 0; i < 100; i++)
        {
            recorder.Request(Recorded.Request(i));
            recorder.Candle(Some.Btc, Some.Flat(Some.Time + (i * Some.Btc.Timeframe.Length)));
            await Task.Yield();
        }
        await Recorded.UntilAsync(() => recorder.Health.WrittenRows.GetValueOrDefault("candles") == 100, "candles");
        Assert.Equal(100, recorder.Health.QueuedRows);
        Assert.Equal(0, recorder.Health.WrittenRows.GetValueOrDefault("api_requests"));

        await recorded.FlushAsync();
        Assert.Equal(0, recorder.Health.QueuedRows);
        Assert.Equal(100, recorder.Health.WrittenRows["api_requests"]);
    }

    [Fact]
    public void A_full_queue_drops_and_counts_and_never_waits()
    {
        using var client = new ClickHouseClient(new() { Url = new("http://localhost:1") });
        var recorder = new Recorder(new MarketStore(client), new() { JournalFolder = "unused", QueueRows = 16 });
        var candle = Some.Flat(Some.Time);
        for (var i = 0; i < 20; i++)
            recorder.Candle(Some.Btc, candle);
        recorder.CandleAndAssessment(Recorded.Assessments(Some.Btc, 1)[0]);
        recorder.Candles(Some.Btc, Some.Btc.Timeframe, [candle, candle, candle]);
        for (var i = 0; i < 30; i++)
            recorder.Request(Recorded.Request(i));
        Assert.Equal((32L, 23L), (recorder.Health.QueuedRows, recorder.Health.DroppedRows));
    }

    [Fact]
    public async Task An_end_without_a_store_leaves_everything_in_the_journal_for_the_next_start()
    {
        using var scratch = new Scratch();
        var away = await AwayAsync(engine, () => false);
        await using (var first = new Recorded(away, Recorded.Options(scratch.Folder)))
        {
            for (var i = 0; i < 700; i++)
                first.Recorder.Request(Recorded.Request(i));
        }
        var store = await engine.NewStoreAsync();
        await using var second = new Recorded(store, Recorded.Options(scratch.Folder));
        await second.FlushAsync();
        Assert.Equal(700UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_said_and_nothing_else_happens()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch.PathOf("file"), "");
        await using var recorded = new Recorded(
            store,
            Recorded.Options(Path.Combine(scratch.PathOf("file"), "journal"))
        );
        recorded.Recorder.Request(Recorded.Request(1));
        await Recorded.UntilAsync(() => recorded.Recorder.Health.LastError is not null, "an error");
        Assert.Contains("cannot be opened", recorded.Recorder.Health.LastError);
        File.Delete(scratch.PathOf("file")); // the fault ends
        await recorded.FlushAsync();
        Assert.Equal(1UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
    }

    [Fact]
    public void Two_recorders_do_not_share_a_journal()
    {
        using var scratch = new Scratch();
        using var first = Journal.Open(scratch.Folder, 1 << 20);
        Assert.Contains(
            "another service uses it: stop that service",
            Assert.ThrowsAny<IOException>(() => Journal.Open(scratch.Folder, 1 << 20)).Message
        );
    }

    // Returns a store whose engine is unreachable until a condition holds.
    internal static async Task<MarketStore> AwayAsync(Engine engine, Func<bool> isThere)
    {
        using var client = await engine.NewDatabaseAsync();
        return new(
            new ClickHouseClient(
                new()
                {
                    Engine = () => isThere() ? engine.Embedded.Endpoint : throw new IOException("no engine"),
                    Database = client.Database,
                    Retries = 1,
                    RetryDelay = TimeSpan.FromMilliseconds(10),
                }
            ),
            Engine.ForEver
        );
    }

    private sealed class FailingClock : TimeProvider
    {
        private int _failures;

        public int Failures
        {
            init => _failures = value;
        }

        public override DateTimeOffset GetUtcNow() =>
            Interlocked.Decrement(ref _failures) >= 0 ? throw new InvalidOperationException("a bug") : base.GetUtcNow();
    }

    private static JournalBatch Batch(int rows)
    {
        var writer = new RowWriter();
        for (var i = 0; i < rows; i++)
            StoreTable.Requests.Write(writer, Recorded.Request(i), (ulong)i);
        return new(StoreTable.Requests.Name, StoreTable.Requests.Columns, Guid.NewGuid().ToString("N"), writer.Written);
    }

    internal static string ModeOf(string path) =>
        OperatingSystem.IsWindows() ? "" : Convert.ToString((int)File.GetUnixFileMode(path), 8);
}
