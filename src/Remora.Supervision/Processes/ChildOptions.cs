using System.Diagnostics;

namespace Remora.Supervision.Processes;

/// <summary>How a <see cref="ChildProcess"/> is started and stopped.</summary>
public sealed record ChildOptions
{
    /// <summary>The name of the process in messages, for example <c>the engine</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The program, its arguments and its environment.</summary>
    public required ProcessStartInfo Start { get; init; }

    /// <summary>
    /// Called for each line of standard output, one at a time. Must not throw; an exception is a
    /// bug and fails <see cref="IChild.Ended"/>.
    /// </summary>
    public required Action<string> Output { get; init; }

    /// <summary>How long the process may take to end after its input has closed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Describes an end that was not a kill, from the exit code and the last lines of standard
    /// error.
    /// </summary>
    public Func<int, IReadOnlyList<string>, string> Describe { get; init; } =
        (code, errors) => errors.Count == 0 ? $"exit code {code}" : $"exit code {code}: {errors[^1]}";
}
