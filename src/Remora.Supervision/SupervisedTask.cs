using System.Text.Json.Serialization;

namespace Remora.Supervision;

/// <summary>The state of a supervised task.</summary>
public enum SupervisedState
{
    /// <summary>The task runs.</summary>
    Running,

    /// <summary>The task has failed and is about to be restarted.</summary>
    Restarting,
}

/// <summary>The health of a background task.</summary>
/// <param name="Name">The name of the task.</param>
/// <param name="State">The state of the task.</param>
/// <param name="Restarts">How many times it was restarted.</param>
/// <param name="LastError">Why it failed last; null if it never failed.</param>
/// <param name="LastErrorAt">When it failed last; null if it never failed.</param>
public sealed record SupervisedTask(
    string Name,
    SupervisedState State,
    int Restarts,
    string? LastError,
    DateTimeOffset? LastErrorAt
)
{
    /// <summary>
    /// The exception behind <see cref="LastError"/>, for a log; null if the task never failed.
    /// </summary>
    [JsonIgnore]
    public Exception? Failure { get; init; }
}
