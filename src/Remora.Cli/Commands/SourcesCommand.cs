using System.CommandLine;
using System.Text.Json;
using Remora.Cli.Render;

namespace Remora.Cli.Commands;

/// <summary><c>remora sources</c>: what the outside sources of a running service say and how they are; <c>sources test</c> asks one of them itself.</summary>
internal static class SourcesCommand
{
    public static Command Create()
    {
        var url = Options.Address("--url", $"Where the service is; {AskCommand.DefaultUrl} without it");
        var json = new Option<bool>("--json") { Description = "The answer as it came" };
        var command = new Command("sources", "Lists value, age, next try and error of each outside source of a running service. Exit code 1 when one is degraded or unreachable.") { url, json, SourceTestCommand.Create(), SourceNewsCommand.Create() };
        command.SetAction((parsed, cancellation) => ListAsync(parsed.GetValue(url) ?? new(AskCommand.DefaultUrl), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> ListAsync(Uri url, bool json, CancellationToken cancellation)
    {
        try
        {
            using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
            var body = await http.GetStringAsync("/api/v1/sources", cancellation);
            var answer = JsonElement.Parse(body);
            var sources = answer.GetProperty("sources").EnumerateArray().ToList();
            if (json)
            {
                Console.WriteLine(body);
            }
            else
            {
                Terminal.Data.Write(SourceTable.Render(sources));
                if (answer.TryGetProperty("calendar", out var calendar) && calendar.ValueKind == JsonValueKind.Object) Console.WriteLine(SourceTable.Calendar(calendar));
            }
            var isWell = sources.TrueForAll(source => source.GetProperty("health").GetProperty("state").GetString() is "live" or "starting");
            return isWell ? ExitCode.Ok : ExitCode.No;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            return Terminal.Fail($"no service answers at {url} ({e.Message}). Start one with 'remora serve', or name it with --url.", ExitCode.Unavailable);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Terminal.Fail($"{url} answered something that is not a list of sources; is it a Remora service?", ExitCode.Unavailable);
        }
    }
}
