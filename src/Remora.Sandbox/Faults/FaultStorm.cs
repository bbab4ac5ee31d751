using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Faults;

/// <summary>
/// Random faults, one after another with quiet periods in between, for soak tests. The sequence is
/// fixed for a seed. Half of the faults affect all exchanges, half affect one.
/// </summary>
/// <param name="Seed">The seed of the sequence.</param>
public sealed record FaultStorm(long Seed)
{
    private static readonly ulong Stream = Dice.Stream("fault storm");

    /// <summary>The average duration of the quiet between two faults.</summary>
    public TimeSpan MeanQuiet { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The average duration of a fault.</summary>
    public TimeSpan MeanFault { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>
    /// The kinds of faults. By default those whose effect a service can recognise as false at once,
    /// without the refusal of a region, which does not come and go.
    /// </summary>
    public IReadOnlyList<FaultKind> Kinds { get; init; } =
    [.. Enum.GetValues<FaultKind>().Where(kind => !kind.IsPlausible() && kind != FaultKind.Http451)];

    /// <summary>
    /// Returns the faults in order, each with the time between the start of the storm and its own
    /// start. The sequence is infinite.
    /// </summary>
    public IEnumerable<(TimeSpan Begins, Fault Fault)> Sequence()
    {
        var begins = TimeSpan.Zero;
        for (var i = 0; ; i++)
        {
            var dice = new Dice(Seed, Stream, i);
            begins += MeanQuiet * (0.5 + dice.Uniform());
            var lasts = MeanFault * (0.5 + dice.Uniform());
            yield return (
                begins,
                new(Kinds[dice.Below(Kinds.Count)])
                {
                    Duration = lasts,
                    Exchange = dice.Uniform() < 0.5 ? null : Fault.Exchanges[dice.Below(Fault.Exchanges.Count)],
                    Share = dice.Uniform() < 0.5 ? 1 : 0.5,
                    RetryAfter = TimeSpan.FromSeconds(1),
                }
            );
            begins += lasts;
        }
    }

    internal Fault? At(TimeSpan elapsed)
    {
        foreach (var (begins, fault) in Sequence())
        {
            if (begins > elapsed)
                return null;
            if (elapsed < begins + fault.Duration)
                return fault;
        }
        return null;
    }

    internal void Validate()
    {
        if (MeanQuiet <= TimeSpan.Zero || MeanFault <= TimeSpan.Zero || Kinds.Count == 0)
            throw new SandboxOptionException(
                "a fault storm requires a mean time between faults and a mean fault duration above 0, and at least "
                    + "one kind of fault"
            );
    }
}
