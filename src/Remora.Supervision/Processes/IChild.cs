namespace Remora.Supervision.Processes;

/// <summary>One run of a child process, from its start to its end.</summary>
/// <remarks>
/// Disposal ends the process: first in an orderly way, then by a kill after a timeout.
/// </remarks>
public interface IChild : IAsyncDisposable
{
    /// <summary>The process id.</summary>
    int Id { get; }

    /// <summary>
    /// Completes when the process has ended and its output is read, with the reason of the end.
    /// </summary>
    Task<string> Ended { get; }

    /// <summary>Kills the process. Does nothing if it has ended.</summary>
    /// <param name="reason">The reason that <see cref="Ended"/> returns.</param>
    void Kill(string reason);
}

/// <summary>
/// A child process cannot start, or is useless and must be replaced. The message contains the
/// reason.
/// </summary>
/// <param name="message">The reason.</param>
public class ChildException(string message) : Exception(message);
