using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Faults;

/// <summary>
/// Faults at random, one after another with quiet between, for soaks: a fixed sequence for a seed. Half of them hit everyone, half one exchange.
/// </summary>
/// <param name="Seed">Decides the sequence.</param>
public sealed record FaultStorm(long Seed)
{
    private static readonly ulong Stream = Dice.Stream("fault storm");

    /// <summary>How long the quiet between two faults is on average.</summary>
    public TimeSpan MeanQuiet { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a fault lasts on average.</summary>
    public TimeSpan MeanFault { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>What can go wrong: without another choice what a service can tell from the truth at once.</summary>
    public IReadOnlyList<FaultKind> Kinds { get; init; } = [.. Enum.GetValues<FaultKind>().Where(kind => !kind.IsPlausible())];

    /// <summary>The faults in the order they come, with when each begins after the storm does. Without end.</summary>
    public IEnumerable<(TimeSpan Begins, Fault Fault)> Sequence()
    {
        var begins = TimeSpan.Zero;
        for (var i = 0; ; i++)
        {
            var dice = new Dice(Seed, Stream, i);
            begins += MeanQuiet * (0.5 + dice.Uniform());
            var lasts = MeanFault * (0.5 + dice.Uniform());
            yield return (begins, new(Kinds[dice.Below(Kinds.Count)])
            {
                Duration = lasts,
                Exchange = dice.Uniform() < 0.5 ? null : Fault.Exchanges[dice.Below(Fault.Exchanges.Count)],
                Share = dice.Uniform() < 0.5 ? 1 : 0.5,
                RetryAfter = TimeSpan.FromSeconds(1),
            });
            begins += lasts;
        }
    }

    internal Fault? At(TimeSpan elapsed)
    {
        foreach (var (begins, fault) in Sequence())
        {
            if (begins > elapsed) return null;
            if (elapsed < begins + fault.Duration) return fault;
        }
        return null;
    }

    internal void Validate()
    {
        if (MeanQuiet <= TimeSpan.Zero || MeanFault <= TimeSpan.Zero || Kinds.Count == 0)
            throw new SandboxOptionException("a fault storm needs a mean quiet and a mean fault above 0, and at least one kind");
    }
}
