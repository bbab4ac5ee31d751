namespace Remora.Supervision;

/// <summary>How a <see cref="Supervisor"/> restarts failed tasks.</summary>
public sealed record SupervisorOptions
{
    /// <summary>
    /// The delay before a failed task is restarted. Doubles with each further failure.
    /// </summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The maximum delay.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a task must run to count as recovered. Its next failure is reported again, and the
    /// delay starts over.
    /// </summary>
    public TimeSpan SteadyAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Called when a task fails, once until it has recovered.</summary>
    public Action<SupervisedTask>? Failed { get; init; }
}
