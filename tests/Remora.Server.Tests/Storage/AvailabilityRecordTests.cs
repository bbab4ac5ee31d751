using Remora.ClickHouse;
using Remora.Server.Storage;
using Remora.Store;
using Remora.Supervision;
using Remora.Testing;

namespace Remora.Server.Tests.Storage;

/// <summary>Heartbeats of a service whose store opens late.</summary>
[Trait("speed", "slow")]
public sealed class AvailabilityRecordTests
{
    [Fact]
    public async Task Heartbeats_wait_for_the_store_and_what_is_missing_counts()
    {
        var folder = Directory.CreateTempSubdirectory("remora-test-");
        var clock = new ManualClock(Some.Time.ToDateTimeOffset());
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
        var isReady = false;
        var record = new AvailabilityRecord(session, () => isReady, clock);
        var recording = record.RunAsync(stop.Token).UntilCancelledAsync(stop.Token);
        await DueAsync(); // after 00:00, not ready
        isReady = true;
        clock.Advance(TimeSpan.FromMinutes(1));
        await DueAsync(); // after 00:01, while the store is not open
        Assert.Null(record.Current);

        var running = session.RunAsync(stop.Token);
        Assert.True(await session.IsReadyWithinAsync(TimeSpan.FromMinutes(2)));
        for (var i = 0; i < 120 && record.Current is null; i++)
        {
            await DueAsync();
            clock.Advance(TimeSpan.FromMinutes(1));
            await DueAsync();
        }
        var current = record.Current!;
        Assert.Equal((1, Some.Time), (current.DownMinutes, current.Since));
        Assert.True(current.Minutes >= 2);
        Assert.Equal(1 - (1.0 / current.Minutes), current.Ratio, 12);

        await stop.CancelAsync();
        await recording;
        await running;
        folder.Delete(recursive: true);

        async Task DueAsync()
        {
            for (var i = 0; i < 6000 && clock.NextDue is null; i++)
                await Task.Delay(10);
            Assert.NotNull(clock.NextDue);
        }
    }
}
