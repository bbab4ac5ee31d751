using System.CommandLine;
using System.Text.Json;
using Remora.Cli.Render;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora sources</c>: lists values and health of a running service's sources.
/// <c>sources test</c> requests one source itself.
/// </summary>
internal static class SourcesCommand
{
    public static Command Create()
    {
        var service = new RunningServiceOptionSet();
        var json = new Option<bool>("--json") { Description = "Print the response as JSON" };
        var command = new Command(
            "sources",
            "Lists value, age, next attempt and error of each outside source of a running service. Exit code 1 if "
                + "one is degraded or unreachable."
        )
        {
            json,
            SourceTestCommand.Create(),
            SourceNewsCommand.Create(),
        };
        service.AddTo(command);
        command.SetAction((parsed, cancellation) => ListAsync(service, parsed, parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> ListAsync(
        RunningServiceOptionSet service,
        ParseResult parsed,
        bool json,
        CancellationToken cancellation
    )
    {
        try
        {
            using var running = service.Connect(parsed);
            var body = await running.GetTextAsync("/api/v1/sources", cancellation);
            var answer = JsonElement.Parse(body);
            var sources = answer.GetProperty("sources").EnumerateArray().ToList();
            if (json)
            {
                Console.WriteLine(body);
            }
            else
            {
                Terminal.Data.Write(SourceTable.Render(sources));
                if (answer.TryGetProperty("calendar", out var calendar) && calendar.ValueKind == JsonValueKind.Object)
                    Console.WriteLine(SourceTable.Calendar(calendar));
            }
            var isHealthy = sources.TrueForAll(source =>
                source.GetProperty("health").GetProperty("state").GetString() is "live" or "starting"
            );
            return isHealthy ? ExitCode.Ok : ExitCode.No;
        }
        catch (ServiceException e)
        {
            return Terminal.Fail(e.Message, e.ExitCode);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Terminal.Fail(
                $"{service.NamesOf(parsed)} returned something that is not a list of sources; is it a Remora service?",
                ExitCode.Unavailable
            );
        }
    }
}
