using System.Text.Json.Serialization;

namespace Remora.Supervision;

/// <summary>What a supervised task does now.</summary>
public enum SupervisedState
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It has failed and is about to be started again.</summary>
    Restarting,
}

/// <summary>The health of a background task.</summary>
/// <param name="Name">The task.</param>
/// <param name="State">What it does now.</param>
/// <param name="Restarts">How many times it was started again.</param>
/// <param name="LastError">Why it failed last; null when it never did.</param>
/// <param name="LastErrorAt">When it failed last; null when it never did.</param>
public sealed record SupervisedTask(string Name, SupervisedState State, int Restarts, string? LastError, DateTimeOffset? LastErrorAt)
{
    /// <summary>The exception behind <see cref="LastError"/>, for a log; null when it never failed.</summary>
    [JsonIgnore]
    public Exception? Failure { get; init; }
}
