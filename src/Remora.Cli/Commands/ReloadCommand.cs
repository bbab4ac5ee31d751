using System.CommandLine;
using System.Text.Json;

namespace Remora.Cli.Commands;

/// <summary><c>remora reload</c>: reloads the settings of a running service.</summary>
internal static class ReloadCommand
{
    public static Command Create()
    {
        var service = new RunningServiceOptionSet(takesSeveral: false);
        var command = new Command(
            "reload",
            "Lets a running service read its settings again, and prints what changed and what needs a restart. "
                + "Invalid settings change nothing."
        );
        service.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                try
                {
                    using var running = service.Connect(parsed);
                    var report = JsonElement.Parse(await running.PostAsync("/api/v1/reload", cancellation));
                    var (changed, restart) = (Names(report, "changed"), Names(report, "need_restart"));
                    Console.WriteLine(changed.Length > 0 ? $"changed: {changed}" : "nothing changed");
                    if (restart.Length > 0)
                        Console.WriteLine($"applies after a restart: {restart}");
                    return ExitCode.Ok;
                }
                catch (ServiceException e)
                {
                    return Terminal.Fail(e.Message, e.ExitCode);
                }
            }
        );
        return command;
    }

    private static string Names(JsonElement report, string member) =>
        string.Join(", ", report.GetProperty(member).EnumerateArray().Select(name => name.GetString()));
}
