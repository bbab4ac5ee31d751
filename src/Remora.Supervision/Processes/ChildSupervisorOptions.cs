namespace Remora.Supervision.Processes;

/// <summary>How a <see cref="ChildSupervisor{TChild}"/> runs its process.</summary>
/// <typeparam name="TChild">One run of the process.</typeparam>
public sealed record ChildSupervisorOptions<TChild>
{
    /// <summary>The name of the process in messages, for example <c>the engine</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Starts a process and returns it when it is ready. Throws a <see cref="ChildException"/> if
    /// that is impossible.
    /// </summary>
    public required Func<CancellationToken, Task<TChild>> Start { get; init; }

    /// <summary>
    /// Returns whether the process answers. Throws a <see cref="ChildException"/> if it must be
    /// replaced at once.
    /// </summary>
    public required Func<TChild, CancellationToken, Task<bool>> Ping { get; init; }

    /// <summary>The interval between pings.</summary>
    public required TimeSpan PingInterval { get; init; }

    /// <summary>How long an answer to a ping may take.</summary>
    public required TimeSpan PingTimeout { get; init; }

    /// <summary>
    /// The number of consecutive pings without an answer after which the process is killed.
    /// </summary>
    public int MaxMissedPings { get; init; } = 1;

    /// <summary>The delays before a process that ended or could not start is replaced.</summary>
    public required Backoff Backoff { get; init; }

    /// <summary>
    /// How long a process must run to count as recovered. The delays then start over.
    /// </summary>
    public TimeSpan SteadyAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Called after every change of the health.</summary>
    public Action<ChildHealth>? Changed { get; init; }
}
