namespace Remora.Supervision;

/// <summary>How a <see cref="Supervisor"/> starts failed tasks again.</summary>
public sealed record SupervisorOptions
{
    /// <summary>The pause before a failed task is started again; doubled for each further failure.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A task that has run for this long counts as recovered: its next failure is told again, and the pause is short again.</summary>
    public TimeSpan SteadyAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Called when a task fails, once until it has recovered.</summary>
    public Action<SupervisedTask>? Failed { get; init; }
}
