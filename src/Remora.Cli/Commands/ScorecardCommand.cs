using System.CommandLine;
using System.Text.Json;
using Remora.Cli.Render;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora scorecard</c>: prints the track record of a running service's forecasts.
/// </summary>
internal static class ScorecardCommand
{
    private const string Books = "books";

    public static Command Create()
    {
        var pair = new Argument<string>("PAIR") { Description = "A pair, for example BTC/USDT, or 'books'" };
        pair.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (token.Value != Books && !Pair.TryParse(token.Value, out _))
                    result.AddError($"'{token.Value}' is not a pair: expected BASE/QUOTE such as BTC/USDT, or {Books}");
        });
        var horizon = new Option<string?>("--horizon") { Description = "Only this horizon [default: all]" };
        horizon.AcceptOnlyFromAmong([.. Horizon.All.Select(each => each.Name)]);
        var from = Options.Time("--from", "First hour, for example 2026-01-01 [default: the begin of the record]");
        var until = Options.Time("--until", "End, exclusive [default: now]");
        var exchange = new Option<string?>("--exchange")
        {
            Description = "CCXT id of the exchange, if the pair is tracked on several",
        };
        var timeframe = new Option<string?>("--timeframe")
        {
            Description = "Timeframe, if the pair is tracked at several, for example 5m",
        };
        var json = new Option<bool>("--json") { Description = "Print the response as JSON" };
        var service = new RunningServiceOptionSet();
        var command = new Command(
            "scorecard",
            "Prints how the published forecasts of a pair met what came; 'books': what was said about three fixed "
                + "books and those of followed bots. Exit code: 0 printed, 1 the record contradicts "
                + "what the forecasts claim, 2 invalid use, 3 no response."
        )
        {
            pair,
            horizon,
            from,
            until,
            exchange,
            timeframe,
            json,
        };
        service.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var isBooks = parsed.GetValue(pair) == Books;
                string?[] query =
                [
                    isBooks ? null : Parameter("pair", parsed.GetValue(pair)),
                    Parameter("horizon", parsed.GetValue(horizon)),
                    Parameter("from", parsed.GetValue(from)?.ToString()),
                    Parameter("to", parsed.GetValue(until)?.ToString()),
                    Parameter("exchange", parsed.GetValue(exchange)),
                    Parameter("timeframe", parsed.GetValue(timeframe)),
                ];
                try
                {
                    using var running = service.Connect(parsed);
                    // A long record takes seconds
                    using var response = await running.OpenAsync(
                        $"/api/v1/scorecard{(isBooks ? "/books" : "")}?"
                            + string.Join('&', query.Where(part => part is not null)),
                        cancellation
                    );
                    var text = await response.Content.ReadAsStringAsync(cancellation);
                    var scorecard = JsonElement.Parse(text);
                    if (parsed.GetValue(json))
                        Console.WriteLine(text);
                    else if (isBooks)
                        ScorecardText.PrintBooks(scorecard);
                    else
                        ScorecardText.Print(scorecard);
                    if (isBooks)
                        return ExitCode.Ok;
                    var isRaised = scorecard.GetProperty("alarm").GetProperty("raised").GetBoolean();
                    return isRaised ? ExitCode.No : ExitCode.Ok;
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
        );
        return command;
    }

    private static string? Parameter(string name, string? value) =>
        value is null ? null : $"{name}={Uri.EscapeDataString(value)}";
}
