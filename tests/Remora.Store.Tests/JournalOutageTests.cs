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

/// <summary>Tests removed folders, full disks and kills while rows wait in the journal.</summary>
[Trait("speed", "slow")]
public sealed class JournalOutageTests(Engine engine)
{
    [Fact]
    public async Task A_folder_that_is_removed_is_told_and_recording_goes_on_when_it_is_back()
    {
        var isThere = false;
        var store = await JournalTests.AwayAsync(engine, () => isThere);
        using var scratch = new Scratch();
        var data = Directory.CreateDirectory(scratch.PathOf("data")).FullName;
        var lines = new ConcurrentQueue<string>();
        await using var recorded = new Recorded(
            store,
            Recorded.Options(Path.Combine(data, "journal")) with
            {
                Notice = lines.Enqueue,
            }
        );
        recorded.Recorder.Request(Recorded.Request(1));
        await Recorded.UntilAsync(() => recorded.Recorder.Health.JournalBatches == 1, "a batch in the journal");
        Directory.Delete(data, recursive: true);
        recorded.Recorder.Request(Recorded.Request(2));
        await Recorded.UntilAsync(
            () => lines.Any(line => line.Contains("is missing", StringComparison.Ordinal)),
            "a line about the folder"
        );
        Assert.False(Directory.Exists(data)); // the folder of an unmounted disk is not created
        Assert.Equal(
            (1L, 1L, false),
            (recorded.Recorder.Health.DroppedRows, recorded.Recorder.Health.QueuedRows, recorded.Recorder.Health.IsWell)
        );

        Directory.CreateDirectory(data);
        isThere = true;
        await recorded.FlushAsync();
        Assert.Equal(1UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        Assert.Single(
            lines,
            line =>
                line.Contains(
                    "was removed while the service was running: 1 rows in it are lost",
                    StringComparison.Ordinal
                )
        );
        Assert.Single(lines, line => line.Contains($"the folder '{data}' is missing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(
        "size=256k",
        "cannot be written, and rows wait in memory until then: the disk is full",
        "the journal can be written again"
    )]
    [InlineData(
        "ro",
        "cannot be opened, and nothing is recorded until then: the file system is read-only",
        "the journal is open"
    )]
    public async Task A_full_disk_and_a_read_only_one_are_told_once_and_recording_goes_on(
        string mount,
        string error,
        string end
    )
    {
        using var scratch = new Scratch();
        Assert.SkipUnless(
            Run("mount", "-t", "tmpfs", "-o", mount, "none", scratch.Folder),
            "needs the right to mount a small file system"
        );
        try
        {
            var isThere = false;
            var store = await JournalTests.AwayAsync(engine, () => isThere);
            var lines = new ConcurrentQueue<string>();
            await using var recorded = new Recorded(
                store,
                Recorded.Options(scratch.Folder) with
                {
                    BatchRows = 500,
                    Notice = lines.Enqueue,
                }
            );
            for (var i = 0; i < 20_000; i++)
                recorded.Recorder.Request(Recorded.Request(i));
            await Recorded.UntilAsync(
                () => recorded.Recorder.Health.LastError?.Contains(error, StringComparison.Ordinal) == true,
                error
            );
            isThere = true;
            if (mount == "ro")
                Assert.True(Run("mount", "-o", "remount,rw", scratch.Folder));
            await recorded.FlushAsync(); // the store is back: the journal is sent, then the waiting rows
            Assert.Equal(
                20_000UL,
                await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64())
            );
            Assert.Equal(0, recorded.Recorder.Health.DroppedRows);
            Assert.Single(lines, line => line.Contains(error, StringComparison.Ordinal));
            Assert.Single(lines, line => line == end);
        }
        finally
        {
            Run("umount", scratch.Folder);
        }
    }

    /// <summary>Five kills by default; REMORA_STORE_KILLS sets another number.</summary>
    [Fact]
    public async Task Kills_at_random_moments_lose_nothing_and_double_nothing()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("REMORA_STORE_KILLS"), out var asked) ? asked : 5;
        using var scratch = new Scratch();
        await using var own = await Engine.StartAsync(scratch.PathOf("store"));
        var store = new MarketStore(own.Client, Engine.ForEver);
        var accepted = 0;
        await using (var recorded = new Recorded(store, Recorded.Options(scratch.PathOf("journal"))))
        {
            var assessments = Recorded.Assessments(Some.Btc, 2000);
            var random = new Random(11);
            for (var kill = 1; kill <= kills; kill++)
            {
                var load = Stopwatch.StartNew();
                for (var until = random.Next(50, 600); load.ElapsedMilliseconds < until; )
                {
                    for (var i = 0; i < 200; i++)
                        recorded.Recorder.Request(Recorded.Request(accepted++));
                    recorded.Recorder.Assessment(assessments[accepted / 200 % assessments.Count]);
                    await Task.Delay(5, CancellationToken.None);
                }
                Engine.Kill(own);
                await Recorded.UntilAsync(() => own.Health.Restarts >= kill, "the engine is started again");
            }
            await recorded.FlushAsync();
            Assert.Equal((0L, 0), (recorded.Recorder.Health.DroppedRows, recorded.Recorder.Health.SetAside.Count));
        }
        Assert.Equal(kills, own.Health.Restarts);
        Assert.Equal(
            ((ulong)accepted, (ulong)accepted),
            await own.Client.SingleAsync(
                "SELECT count(), uniqExact(sequence) FROM api_requests",
                row => (row.UInt64(), row.UInt64())
            )
        );
        Assert.Equal(
            (ulong)(accepted / 200),
            await own.Client.SingleAsync("SELECT count() FROM assessments", row => row.UInt64())
        );
        Assert.Equal(accepted, (await store.Requests.Traffic("12h").ListAsync()).Sum(row => row.Calls));
        foreach (var rollup in store.Rollups)
            Assert.True((await rollup.VerifyAsync()).IsExact);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{kills} kills, {accepted} requests and {accepted / 200} assessments, each there once"
        );
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true }
            )!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
