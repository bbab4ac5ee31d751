using System.Collections.Concurrent;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>Tests faults of an open store: the health reports them, and the log once.</summary>
[Trait("speed", "slow")]
public sealed class StoreHealthTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Rows_of_the_future_are_named_until_their_time_has_come()
    {
        var clock = new ManualClock((Some.Time - TimeSpan.FromDays(1)).ToDateTimeOffset());
        await using var open = await Open.StartAsync(_scratch.PathOf("data"), clock);
        foreach (var assessment in Recorded.Assessments(Some.Btc, 20))
            open.Session.Recorder.CandleAndAssessment(assessment);
        await open.Session.Recorder.FlushAsync();
        await Recorded.UntilAsync(() => open.Remarks.Count == 1, "a remark");
        Assert.Contains(
            "rows are dated in the future and are excluded until then (20 of candles up to 2024-03-01T01:35:00Z, 20 "
                + "of assessments up to 2024-03-01T01:40:00Z)",
            open.Remarks[0]
        );
        Assert.Contains("Check this machine's clock", open.Remarks[0]);
        await open.LooksAgainAsync();
        Assert.Single(open.Lines, line => line == open.Remarks[0]);

        clock.Advance(TimeSpan.FromDays(2));
        await Recorded.UntilAsync(() => open.Remarks.Count == 0, "no remark");
        Assert.Single(open.Lines, line => line == "no rows are dated in the future");
    }

    [Fact]
    public async Task A_rollup_that_is_not_filled_is_named_until_it_is_mended()
    {
        await using var open = await Open.StartAsync(_scratch.PathOf("data"), diagnosis: TimeSpan.Zero);
        await Recorded.UntilAsync(() => open.Session.RollupProblems is { Count: 0 }, "no problem");
        var client = open.Session.Store.Client;
        await client.ExecuteAsync("DETACH VIEW traffic_1m_v1_mv");
        await Recorded.UntilAsync(() => open.Remarks.Count == 1, "a remark");
        Assert.StartsWith("the view traffic_1m_v1_mv is detached, so new rows do not reach", open.Remarks[0]);
        Assert.Equal("traffic", Assert.Single(open.Session.RollupProblems!).Rollup.Value);
        await open.LooksAgainAsync();
        Assert.Single(open.Lines, line => line == open.Remarks[0]);
        await client.ExecuteAsync("ATTACH TABLE traffic_1m_v1_mv");
        await Recorded.UntilAsync(() => open.Remarks.Count == 0, "no remark");
        Assert.Single(open.Lines, line => line == "the rollup 'traffic' is filled again: traffic_1m_v1_mv");
    }

    [Fact]
    public async Task A_slow_rollup_is_logged_once()
    {
        await using var open = await Open.StartAsync(
            _scratch.PathOf("data"),
            diagnosis: TimeSpan.Zero,
            slowAfter: TimeSpan.FromTicks(1) // every query is slow
        );
        open.Session.Recorder.Request(Recorded.Request(1));
        await open.Session.Recorder.FlushAsync();
        const string start = "the rollup 'traffic' is slow: its typical query takes ";
        await Recorded.UntilAsync(
            () => open.Lines.Any(line => line.StartsWith(start, StringComparison.Ordinal)),
            "a line about the slow rollup"
        );
        await open.LooksAgainAsync();
        Assert.Single(open.Lines, line => line.StartsWith(start, StringComparison.Ordinal));
        Assert.Empty(open.Remarks); // the store is well
        var speeds = open.Session.RollupSpeeds.ToDictionary(speed => speed.Rollup.Value);
        Assert.True(speeds["traffic"] is { IsSlow: true, Typical.Count: > 0, Clients: null, ClientsUnknown: not null });
        Assert.True(speeds["risk"] is { IsSlow: false, TypicalUnknown: "the rollup is empty" });
    }

    [Fact]
    public void A_slow_rollup_is_reported_after_three_checks_and_when_it_is_fast_again()
    {
        var (begun, ended) = (new List<string>(), new List<string>());
        var slow = new SlowRollups(begun.Add, ended.Add);
        var fast = new RollupSpeed(SqlName.Of("mine"), TimeSpan.FromMilliseconds(200))
        {
            Typical = new(20, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(9)),
            Clients = new(120, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)),
        };
        var typical = fast with { Typical = fast.Typical! with { Median = TimeSpan.FromMilliseconds(350) } };
        var clients = fast with { Clients = fast.Clients! with { P95 = TimeSpan.FromMilliseconds(201) } };
        foreach (var speed in (RollupSpeed[])[typical, clients, fast, clients, clients])
            slow.Update(speed);
        Assert.Empty(begun);
        slow.Update(typical);
        slow.Update(clients); // still slow
        Assert.Equal(
            ["the rollup 'mine' is slow: its typical query takes 350 ms (median); more than 200 ms is slow"],
            begun
        );
        Assert.Empty(ended);
        slow.Update(fast);
        slow.Update(fast);
        Assert.Equal(["the rollup 'mine' is no longer slow"], ended);
        for (var i = 0; i < 3; i++)
            slow.Update(clients);
        Assert.EndsWith(
            "is slow: one in twenty of 120 queries of clients takes 201 ms; more than 200 ms is slow",
            begun[^1]
        );
        Assert.Equal(2, begun.Count);
    }

    [Fact]
    public async Task A_damaged_file_is_named_until_its_part_is_gone()
    {
        await using var open = await Open.StartAsync(_scratch.PathOf("data"));
        open.Session.Recorder.Candles(Some.Btc, Some.Btc.Timeframe, Some.Candles(3, 2000, start: Some.Time));
        await open.Session.Recorder.FlushAsync();
        Damage(FileOfCandles(_scratch.PathOf("data")));
        var error = await Assert.ThrowsAsync<ClickHouseException>(() =>
            open.Session.Store.Candles.Of(Some.Btc).ListAsync()
        );
        Assert.True(StoreFault.IsDamage(error), error.Message);
        Assert.Equal(
            "a file of the store is damaged; see /api/v1/store for the file and the remedy",
            StoreFault.Describe(error)
        );
        await Recorded.UntilAsync(() => open.Remarks.Count == 1, "a remark, though nobody has reported the error");
        Assert.Matches(
            "2000 rows of remora.candles cannot be read.* the part 2024_1_1_1 are damaged. Check the disk.*remora "
                + "store restore FOLDER --replace",
            open.Remarks[0]
        );
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<ClickHouseException>(() => open.Session.Store.Candles.Of(Some.Btc).ListAsync());
        await open.LooksAgainAsync();
        Assert.Single(open.Lines, line => line == open.Remarks[0]);

        await open.Session.Store.Client.ExecuteAsync("ALTER TABLE candles DROP PARTITION 2024");
        await Recorded.UntilAsync(() => open.Remarks.Count == 0, "no remark");
        Assert.Empty(await open.Session.Store.Candles.Of(Some.Btc).ListAsync());
    }

    [Fact]
    public async Task Parts_that_the_engine_leaves_out_because_they_are_damaged_are_named()
    {
        await using (var first = await Open.StartAsync(_scratch.PathOf("data")))
        {
            first.Session.Recorder.Candles(Some.Btc, Some.Btc.Timeframe, Some.Candles(3, 200, start: Some.Time));
            await first.Session.Recorder.FlushAsync();
        }
        File.Delete(FileOfCandles(_scratch.PathOf("data")));
        await using var open = await Open.StartAsync(_scratch.PathOf("data"));
        await Recorded.UntilAsync(() => open.Remarks.Count == 1, "a remark");
        Assert.Contains(
            "the engine found 1 damaged parts when it started and set them aside, so their rows are missing from "
                + "all answers: candles broken-on-start_2024_1_1_1",
            open.Remarks[0]
        );
        Assert.Empty(await open.Session.Store.Candles.Of(Some.Btc).ListAsync());
        Assert.Single(open.Lines, line => line == open.Remarks[0]);
    }

    [Fact]
    public async Task A_data_folder_that_is_removed_is_named_and_the_store_is_there_again_when_the_folder_is()
    {
        var data = _scratch.PathOf("data");
        await using var open = await Open.StartAsync(data);
        open.Session.Recorder.Request(Recorded.Request(1));
        await open.Session.Recorder.FlushAsync();
        Remove(data);
        await Recorded.UntilAsync(() => !open.Session.Health.Ready, "a store that is not ready");
        Assert.Contains(
            $"the folder '{data}' is missing: mount or restore it, or create it for an empty store",
            open.Session.Health.Error
        );
        Assert.False(Directory.Exists(data));
        await Recorded.UntilAsync(
            () => open.Lines.Any(line => line.Contains("nothing is stored: the folder", StringComparison.Ordinal)),
            "a line about the folder"
        );

        Directory.CreateDirectory(data);
        await Recorded.UntilAsync(() => open.Session.Health is { Ready: true, Error: null }, "a store that is ready");
        await Recorded.UntilAsync(() => open.Lines.Contains("the store is open"), "a line about the open store");
        open.Session.Recorder.Request(Recorded.Request(2));
        await open.Session.Recorder.FlushAsync();
        Assert.Equal(1, (await open.Session.Store.Requests.Traffic("1h").ListAsync()).Sum(row => row.Calls));
        Assert.Single(open.Lines, line => line.Contains("nothing is stored: the folder", StringComparison.Ordinal));
        Assert.Single(open.Lines, line => line == "the store is open");
    }

    // Only candles have a column with this name. The folder of a part lists its columns.
    private static string FileOfCandles(string data) =>
        Directory
            .GetDirectories(Path.Combine(data, "clickhouse", "store", "store"), "2024_*", SearchOption.AllDirectories)
            .Where(part =>
                File.Exists(Path.Combine(part, "columns.txt"))
                && File.ReadAllText(Path.Combine(part, "columns.txt")).Contains("`opened`", StringComparison.Ordinal)
            )
            .Select(part => Path.Combine(part, "data.bin"))
            .Single();

    private static void Damage(string file)
    {
        var bytes = File.ReadAllBytes(file);
        for (var i = 20; i < bytes.Length; i += 97)
            bytes[i] ^= 0xff;
        // In place, because the engine has the file open
        using var damaged = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        damaged.Write(bytes);
    }

    // The engine writes to the folder while it is removed.
    private static void Remove(string folder)
    {
        for (var tries = 0; Directory.Exists(folder); tries++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (tries < 100)
            {
                // a file was created meanwhile
            }
        }
    }

    private sealed class Open : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        private readonly CountingClock _clock;

        private Open(StoreSession session, ConcurrentQueue<string> lines, CountingClock clock)
        {
            (Session, Lines, _clock) = (session, lines, clock);
            _running = session.RunAsync(_stop.Token);
        }

        public StoreSession Session { get; }

        public ConcurrentQueue<string> Lines { get; }

        public IReadOnlyList<string> Remarks => Session.Health.Remarks;

        public static async Task<Open> StartAsync(
            string data,
            TimeProvider? clock = null,
            TimeSpan? diagnosis = null,
            TimeSpan? slowAfter = null
        )
        {
            var lines = new ConcurrentQueue<string>();
            var counting = new CountingClock(clock ?? TimeProvider.System);
            var session = new StoreSession(
                new()
                {
                    Location = StoreLocation.InFolder(data),
                    Recorder = Recorded.Options(Path.Combine(data, "journal")),
                    Store = Engine.ForEver with { SlowAfter = slowAfter },
                    Notice = lines.Enqueue,
                    RowClock = counting,
                    InspectionInterval = TimeSpan.FromMilliseconds(50),
                    DiagnosisInterval = diagnosis ?? TimeSpan.FromMinutes(1),
                }
            );
            var open = new Open(session, lines, counting);
            Assert.True(await session.IsReadyWithinAsync(TimeSpan.FromMinutes(2)), session.Health.Error);
            return open;
        }

        /// <summary>Waits until the next inspection, which reads the clock once.</summary>
        public Task LooksAgainAsync()
        {
            var readings = _clock.Readings;
            return Recorded.UntilAsync(() => _clock.Readings >= readings + 2, "another inspection");
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }

    private sealed class CountingClock(TimeProvider inner) : TimeProvider
    {
        private int _readings;

        public int Readings => Volatile.Read(ref _readings);

        public override DateTimeOffset GetUtcNow()
        {
            Interlocked.Increment(ref _readings);
            return inner.GetUtcNow();
        }
    }
}
