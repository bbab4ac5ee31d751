using Microsoft.Extensions.Logging;
using Remora.Supervision;

namespace Remora.Cli;

/// <summary>
/// The supervisor of a process that runs until it is stopped. Logs one line for each failure of a
/// background task.
/// </summary>
internal static class LoggedSupervisor
{
    public static Supervisor Create(ILoggerFactory logs)
    {
        var log = logs.CreateLogger<Supervisor>();
        return new(
            new()
            {
                Failed = task =>
                    log.LogError(
                        task.Failure,
                        "The background task '{Task}' failed and is restarted, with longer delays while it keeps "
                            + "failing. This is a bug: please report it with this line",
                        task.Name
                    ),
            }
        );
    }
}
