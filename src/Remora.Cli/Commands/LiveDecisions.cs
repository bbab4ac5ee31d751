using System.CommandLine;
using System.Text.Json;
using Remora.Cli.Render;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora judge --live</c>: prints what became of the entries that bots reported to a running
/// service.
/// </summary>
internal sealed class LiveDecisions
{
    private readonly Option<bool> _live = new("--live")
    {
        Description = "Judge the entries that the guard of bots reported to a running service, instead of trades",
    };

    private readonly Option<Instant?> _from = Options.Time(
        "--from",
        "With --live: start of the entries [default: seven days ago]"
    );

    private readonly Option<Instant?> _until = Options.Time("--until", "With --live: end, exclusive [default: now]");
    private readonly RunningServiceOptionSet _service = new();

    public void AddTo(Command command, Argument<string?> trades)
    {
        command.Options.Add(_live);
        command.Options.Add(_from);
        command.Options.Add(_until);
        _service.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(trades) is null != result.GetValue(_live))
                result.AddError("name either TRADES, or --live for the entries that a service knows");
        });
    }

    /// <summary>Returns whether a command line asks for them.</summary>
    public bool IsAsked(ParseResult parsed) => parsed.GetValue(_live);

    /// <summary>Prints them.</summary>
    public async Task<int> RunAsync(ParseResult parsed, bool asJson, CancellationToken cancellation)
    {
        string?[] query = [Parameter("from", parsed.GetValue(_from)), Parameter("to", parsed.GetValue(_until))];
        try
        {
            using var running = _service.Connect(parsed);
            // Many entries take seconds
            using var response = await running.OpenAsync(
                "/api/v1/decisions?" + string.Join('&', query.Where(part => part is not null)),
                cancellation
            );
            var text = await response.Content.ReadAsStringAsync(cancellation);
            if (asJson)
                Console.WriteLine(text);
            else
                DecisionsText.Print(JsonElement.Parse(text));
            return ExitCode.Ok;
        }
        catch (ServiceException e)
        {
            return Terminal.Fail(e.Message, e.ExitCode);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Terminal.Fail($"the response was interrupted: {e.Message}", ExitCode.Unavailable);
        }
    }

    private static string? Parameter(string name, Instant? time) =>
        time is { } known ? $"{name}={Uri.EscapeDataString(known.ToString())}" : null;
}
