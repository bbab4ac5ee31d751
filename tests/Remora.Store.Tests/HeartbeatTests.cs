using Remora.Markets;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>Availability from stored heartbeats.</summary>
[Trait("speed", "slow")]
public sealed class HeartbeatTests(Engine engine)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Minutes_without_a_heartbeat_or_without_an_answer_are_down()
    {
        var table = (await engine.NewTablesAsync()).Heartbeats;
        Assert.Null(await table.AvailabilityAsync(Some.Time - TimeSpan.FromDays(30), Some.Time));
        // Of ten minutes, 3 and 4 are missing, and 7 has no answer
        await table.AddAsync([.. Beats(0, 3), .. Beats(5, 7), new(Some.Time + (7 * Minute), false), .. Beats(8, 10)]);
        await table.AddAsync([.. Beats(0, 2)]); // stored twice
        Assert.Equal(
            new Availability(0.7, 10, 3, Some.Time),
            await table.AvailabilityAsync(Some.Time - TimeSpan.FromDays(30), Some.Time + (10 * Minute))
        );
        // A later window begins at its own start, and its end is exclusive
        Assert.Equal(
            new Availability(0.5, 4, 2, Some.Time + (2 * Minute)),
            await table.AvailabilityAsync(
                Some.Time + (2 * Minute) + TimeSpan.FromSeconds(59),
                Some.Time + (6 * Minute) + TimeSpan.FromSeconds(59)
            )
        );
        Assert.Equal(
            new Availability(0, 5, 5, Some.Time + (20 * Minute)),
            await table.AvailabilityAsync(Some.Time + (20 * Minute), Some.Time + (25 * Minute))
        );
        Assert.Null(await table.AvailabilityAsync(Some.Time, Some.Time));
    }

    [Fact]
    public async Task Of_two_services_one_that_cannot_answer_does_not_hide_the_other()
    {
        var store = await engine.NewTablesAsync();
        await store.Heartbeats.AddAsync([.. Beats(0, 4)]);
        await store.Heartbeats.AddAsync([.. Beats(1, 3).Select(beat => beat with { Ready = false })]);
        await store.Client.ExecuteAsync("OPTIMIZE TABLE heartbeats FINAL");
        Assert.Equal(
            new Availability(1, 4, 0, Some.Time),
            await store.Heartbeats.AvailabilityAsync(Some.Time, Some.Time + (4 * Minute))
        );
    }

    private static IEnumerable<Heartbeat> Beats(int from, int to) =>
        Enumerable.Range(from, to - from).Select(i => new Heartbeat(Some.Time + (i * Minute), true));
}
