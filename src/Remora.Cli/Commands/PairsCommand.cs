using System.CommandLine;
using System.Net;
using System.Text.Json;
using Remora.Cli.Render;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora pairs</c>: lists the tracked pairs of a running service with their state.
/// <c>pairs add</c> and <c>pairs drop</c> change them, <c>pairs accept</c> accepts a refused price
/// level.
/// </summary>
internal static class PairsCommand
{
    private const string Path = "/api/v1/pairs";

    public static Command Create()
    {
        var service = new RunningServiceOptionSet();
        var json = new Option<bool>("--json") { Description = "Print the response as JSON" };
        var command = new Command(
            "pairs",
            "Lists the tracked pairs of a running service with their state. Exit code 1 if one is degraded or "
                + "unreachable."
        )
        {
            json,
            CreateAdd(),
            CreateDrop(),
            CreateAccept(),
        };
        service.AddTo(command);
        command.SetAction(
            (parsed, cancellation) =>
                ConnectAsync(
                    service,
                    parsed,
                    async running =>
                    {
                        var body = await running.GetTextAsync(Path, cancellation);
                        var pairs = JsonElement.Parse(body).GetProperty("pairs").EnumerateArray().ToList();
                        if (parsed.GetValue(json))
                            Console.WriteLine(body);
                        else
                            Terminal.Data.Write(PairTable.Render(pairs));
                        var isHealthy = pairs.TrueForAll(pair =>
                            pair.GetProperty("state").GetString() is "live" or "warming" or "starting"
                        );
                        return isHealthy ? ExitCode.Ok : ExitCode.No;
                    }
                )
        );
        return command;
    }

    private static Command CreateAdd()
    {
        var pairs = OnePair<string[]>();
        pairs.Arity = ArgumentArity.OneOrMore;
        return Change(
            new(
                "add",
                "Asks a running service to track pairs. It drops a pair that nobody asks for after a day. Exit code "
                    + "1 if it refuses one."
            )
            {
                pairs,
            },
            async (running, parsed, cancellation) =>
            {
                var body = await running.PostAsync(
                    $"{Path}?{Parameter("pairs", string.Join(',', parsed.GetValue(pairs)!))}",
                    cancellation
                );
                var refused = 0;
                foreach (var asked in JsonElement.Parse(body).GetProperty("pairs").EnumerateArray())
                {
                    var isTracked = asked.GetProperty("tracked").GetBoolean();
                    refused += isTracked ? 0 : 1;
                    Console.WriteLine(
                        $"{asked.GetProperty("pair").GetString()}: "
                            + (isTracked ? "tracked" : $"refused, {asked.GetProperty("reason").GetString()}")
                    );
                }
                return refused == 0 ? ExitCode.Ok : ExitCode.No;
            }
        );
    }

    private static Command CreateDrop()
    {
        var pair = OnePair<string>();
        return Change(
            new("drop", "Drops a pair that was added at run time. Exit code 1 if it is in the settings or a whitelist.")
            {
                pair,
            },
            async (running, parsed, cancellation) =>
            {
                var body = await running.DeleteAsync(
                    $"{Path}?{Parameter("pair", parsed.GetValue(pair))}",
                    cancellation
                );
                Console.WriteLine($"dropped {JsonElement.Parse(body).GetProperty("pair").GetString()}");
                return ExitCode.Ok;
            }
        );
    }

    private static Argument<T> OnePair<T>()
    {
        var pair = new Argument<T>("PAIR") { Description = "Pair, for example BTC/USDT" };
        pair.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!Pair.TryParse(token.Value, out _))
                    result.AddError($"'{token.Value}' is not a pair: expected BASE/QUOTE such as BTC/USDT");
        });
        return pair;
    }

    private static Command Change(
        Command command,
        Func<ServiceConnection, ParseResult, CancellationToken, Task<int>> request
    )
    {
        var service = new RunningServiceOptionSet(takesSeveral: false);
        service.AddTo(command);
        command.SetAction(
            (parsed, cancellation) => ConnectAsync(service, parsed, running => request(running, parsed, cancellation))
        );
        return command;
    }

    private static Command CreateAccept()
    {
        var pair = OnePair<string>();
        var service = new RunningServiceOptionSet(takesSeveral: false);
        var exchange = new Option<string?>("--exchange")
        {
            Description = "CCXT id of the exchange, if the pair is tracked on several",
            HelpName = "ID",
        };
        var timeframe = new Option<string?>("--timeframe")
        {
            Description = "Timeframe, if the pair is tracked at several, for example 5m",
        };
        var command = new Command(
            "accept",
            "Accepts candles of a pair that the service refuses because of their price level. Exit code 1 if none "
                + "are refused."
        )
        {
            pair,
            exchange,
            timeframe,
        };
        service.AddTo(command);
        command.SetAction(
            (parsed, cancellation) =>
                ConnectAsync(
                    service,
                    parsed,
                    async running =>
                    {
                        string?[] query =
                        [
                            Parameter("pair", parsed.GetValue(pair)),
                            Parameter("exchange", parsed.GetValue(exchange)),
                            Parameter("timeframe", parsed.GetValue(timeframe)),
                        ];
                        var body = await running.PostAsync(
                            $"{Path}/accept?{string.Join('&', query.OfType<string>())}",
                            cancellation
                        );
                        var answer = JsonElement.Parse(body);
                        var accepted = answer.GetProperty("accepted");
                        Console.WriteLine(
                            $"accepted {answer.GetProperty("pair").GetString()} on "
                                + $"{accepted.GetProperty("exchange").GetString()} "
                                + $"at {accepted.GetProperty("newest_close").GetRawText()}, after "
                                + $"{accepted.GetProperty("known_close").GetRawText()} "
                                + $"at {accepted.GetProperty("known_at").GetString()}"
                        );
                        return ExitCode.Ok;
                    }
                )
        );
        return command;
    }

    private static string? Parameter(string name, string? value) =>
        value is null ? null : $"{name}={Uri.EscapeDataString(value)}";

    private static async Task<int> ConnectAsync(
        RunningServiceOptionSet service,
        ParseResult parsed,
        Func<ServiceConnection, Task<int>> request
    )
    {
        try
        {
            using var running = service.Connect(parsed);
            return await request(running);
        }
        catch (ServiceException e)
        {
            return Terminal.Fail(e.Message, e.Status == (int)HttpStatusCode.Conflict ? ExitCode.No : e.ExitCode);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Terminal.Fail(
                $"{service.NamesOf(parsed)} returned something that is not a list of pairs; is it a Remora service?",
                ExitCode.Unavailable
            );
        }
    }
}
