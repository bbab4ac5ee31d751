using Remora.Sandbox.Faults;
using Remora.Testing;

namespace Remora.Sandbox.Tests.Faults;

/// <summary>
/// Random faults: a fixed sequence for a seed, every kind over time, quiet in between.
/// </summary>
public sealed class FaultStormTests
{
    [Fact]
    public void The_same_seed_gives_the_same_storm_and_another_seed_another()
    {
        Assert.Equal(new FaultStorm(3).Sequence().Take(50), new FaultStorm(3).Sequence().Take(50));
        Assert.NotEqual(new FaultStorm(3).Sequence().Take(50), new FaultStorm(4).Sequence().Take(50));
    }

    [Fact]
    public void Faults_do_not_overlap_and_have_the_mean_length_and_every_kind()
    {
        var storm = new FaultStorm(1) { MeanFault = TimeSpan.FromSeconds(4), MeanQuiet = TimeSpan.FromSeconds(10) };
        var sequence = storm.Sequence().Take(1000).ToList();

        Assert.All(
            sequence.Zip(sequence.Skip(1)),
            pair =>
                Assert.True(
                    pair.First.Begins + pair.First.Fault.Duration + TimeSpan.FromSeconds(5) <= pair.Second.Begins
                )
        );
        Assert.InRange(sequence.Average(entry => entry.Fault.Duration!.Value.TotalSeconds), 3.8, 4.2);
        Assert.InRange(sequence[^1].Begins.TotalSeconds / 1000, 13.5, 14.5);
        Assert.Equal(storm.Kinds.Count, sequence.Select(entry => entry.Fault.Kind).Distinct().Count());
    }

    [Fact]
    public async Task A_storm_follows_the_clock_of_the_faults()
    {
        var clock = new ManualClock(SandboxRig.Morning);
        var storm = new FaultStorm(1) { Kinds = [FaultKind.Http429] };
        await using var sandbox = await SandboxRig.Sandbox(new() { Storm = storm, FaultClock = clock });
        var (begins, fault) = storm.Sequence().First();

        Assert.Empty(sandbox.Faults.Active);
        clock.Advance(begins);
        Assert.Equal(fault, Assert.Single(sandbox.Faults.Active).Fault);
        clock.Advance(fault.Duration!.Value);
        Assert.Empty(sandbox.Faults.Active);
        clock.Advance(begins);
        sandbox.Faults.Clear();
        Assert.Null(sandbox.Faults.Storm);
        clock.Advance(TimeSpan.FromSeconds(1000));
        Assert.Empty(sandbox.Faults.Active);
    }
}
