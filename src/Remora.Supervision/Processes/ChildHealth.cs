namespace Remora.Supervision.Processes;

/// <summary>The state of a supervised child process.</summary>
public enum ChildState
{
    /// <summary>It has not been ready yet.</summary>
    Starting,

    /// <summary>It is ready.</summary>
    Running,

    /// <summary>It has ended or could not start, and is about to be started again.</summary>
    Restarting,

    /// <summary>Its supervisor was disposed.</summary>
    Stopped,
}

/// <summary>The health of a supervised child process.</summary>
/// <param name="State">The current state.</param>
/// <param name="Since">When the state began, on the supervisor's clock.</param>
/// <param name="Restarts">How many times a process was replaced by another one.</param>
/// <param name="LastError">Why it ended last, or could not start; null if it never failed. Stays
/// set after a recovery.</param>
/// <param name="ProcessId">The process id while it runs; null otherwise.</param>
public sealed record ChildHealth(
    ChildState State,
    DateTimeOffset Since,
    int Restarts,
    string? LastError,
    int? ProcessId
);
