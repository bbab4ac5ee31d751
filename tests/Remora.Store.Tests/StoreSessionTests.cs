using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;

namespace Remora.Store.Tests;

/// <summary>Tests a store that opens in the background.</summary>
[Trait("speed", "slow")]
public sealed class StoreSessionTests
{
    /// <summary>
    /// Simulates <c>remora rollup verify</c> with the folder open while the service starts.
    /// </summary>
    [Fact]
    public async Task An_engine_that_was_another_process_s_is_succeeded_by_one_of_its_own()
    {
        using var scratch = new Scratch();
        var location = StoreLocation.InFolder(scratch.Folder);
        var other = await ClickHouseConnection.OpenAsync(location);
        var notices = new List<string>();
        var session = new StoreSession(
            new()
            {
                Location = location,
                Recorder = Recorded.Options(scratch.PathOf("journal")),
                Store = Engine.ForEver,
                Notice = notices.Add,
            }
        );
        using var stop = new CancellationTokenSource();
        var running = session.RunAsync(stop.Token);
        Assert.True(await session.IsReadyWithinAsync(TimeSpan.FromMinutes(1)));
        Assert.Null(session.Health.Engine);
        session.Recorder.Request(Recorded.Request(1));
        await session.Recorder.FlushAsync();

        await other.DisposeAsync();
        session.Recorder.Request(Recorded.Request(2));
        await Recorded.UntilAsync(
            () => session.Health.Engine is { State: EngineState.Running } && notices.Any(IsOfItsOwn),
            "an engine of its own"
        );
        session.Recorder.Request(Recorded.Request(3));
        await session.Recorder.FlushAsync();
        Assert.Single(notices, IsOfItsOwn);
        Assert.Equal(3, (await session.Store.Requests.Traffic("1h").ListAsync()).Sum(row => row.Calls));
        await stop.CancelAsync();
        await running;
        Assert.Equal(0, session.Recorder.Health.DroppedRows);

        static bool IsOfItsOwn(string notice) =>
            notice.Contains("has started its own engine", StringComparison.Ordinal);
    }
}
