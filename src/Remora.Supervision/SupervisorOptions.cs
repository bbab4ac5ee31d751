namespace Remora.Supervision;

/// <summary>How a <see cref="Supervisor"/> restarts failed tasks.</summary>
public sealed record SupervisorOptions
{
    /// <summary>The delays before a failed task is restarted.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(30));

    /// <summary>
    /// How long a task must run to count as recovered. Its next failure is reported again, and the
    /// delays start over.
    /// </summary>
    public TimeSpan SteadyAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Called when a task fails, once until it has recovered.</summary>
    public Action<SupervisedTask>? Failed { get; init; }
}
