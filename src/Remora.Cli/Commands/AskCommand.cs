using System.CommandLine;
using System.Text.Json;
using Remora.Cli.Render;
using Remora.Markets;
using Remora.Risk;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary><c>remora ask</c>: prints the live assessments of a running service.</summary>
internal static class AskCommand
{
    private static readonly string Unknown = RemoraJson.NameOf(AssessmentState.Unknown);

    public static Command Create()
    {
        var pairs = new Argument<string[]>("PAIR")
        {
            Description = "Pairs, for example BTC/USDT [default: the whole market]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        pairs.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!Pair.TryParse(token.Value, out _))
                    result.AddError($"'{token.Value}' is not a pair: expected BASE/QUOTE such as BTC/USDT");
        });
        var service = new RunningServiceOptionSet();
        var side = new Option<string?>("--side")
        {
            Description = "Side of the entry: long or short [default: the key's side, or long]",
        };
        side.AcceptOnlyFromAmong("long", "short");
        var policy = new Option<string?>("--policy")
        {
            Description = "Name of a policy of the service; /api/v1/policies lists them",
        };
        var exchange = new Option<string?>("--exchange")
        {
            Description = "CCXT id of the exchange, if the pair is tracked on several",
        };
        var timeframe = new Option<string?>("--timeframe")
        {
            Description = "Timeframe, if the pair is tracked at several, for example 5m",
        };
        var json = new Option<bool>("--json") { Description = "Print the response as JSON" };
        var watch = new Option<bool>("--watch", "-w")
        {
            Description = "Print the assessment again when it changes, until Ctrl+C",
        };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print nothing; only set the exit code" };

        var command = new Command(
            "ask",
            "Prints the live assessments of a running service. Exit code: 0 safe to trade, 1 not safe, 2 invalid "
                + "use, 3 no response, 4 state unknown; for several pairs, the highest."
        )
        {
            pairs,
            side,
            policy,
            exchange,
            timeframe,
            json,
            watch,
            quiet,
        };
        service.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                string?[] query =
                [
                    Parameter("side", parsed.GetValue(side)),
                    Parameter("policy", parsed.GetValue(policy)),
                    Parameter("exchange", parsed.GetValue(exchange)),
                    Parameter("timeframe", parsed.GetValue(timeframe)),
                ];
                var questions = parsed.GetValue(pairs) is { Length: > 0 } named
                    ? named.Select(p => Question(query, p))
                    : [Question(query, null)];
                try
                {
                    using var running = service.Connect(parsed);
                    var printer = new AssessmentPrinter(running, parsed.GetValue(json), parsed.GetValue(quiet));
                    return await printer.RunAsync([.. questions], parsed.GetValue(watch), cancellation);
                }
                catch (ServiceException e)
                {
                    return Terminal.Fail(e.Message, e.ExitCode);
                }
            }
        );
        return command;
    }

    private static string? Parameter(string name, string? value) =>
        value is null ? null : $"{name}={Uri.EscapeDataString(value)}";

    private static string Question(string?[] query, string? pair)
    {
        var all = string.Join('&', query.Prepend(Parameter("pair", pair)).Where(p => p is not null));
        return "/api/v1/risk" + (all.Length > 0 ? "?" + all : "");
    }

    /// <summary>Requests and prints assessments, and maps them to an exit code.</summary>
    private sealed class AssessmentPrinter(ServiceConnection service, bool json, bool quiet)
    {
        private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

        public async Task<int> RunAsync(IReadOnlyList<string> questions, bool watch, CancellationToken cancellation)
        {
            var tags = new Dictionary<string, string?>();
            while (true)
            {
                var exit = ExitCode.Ok;
                foreach (var question in questions)
                    exit = Math.Max(exit, await AskAsync(question, tags, cancellation));
                if (!watch)
                    return exit;
                try
                {
                    await Task.Delay(WatchInterval, cancellation);
                }
                catch (OperationCanceledException)
                {
                    return ExitCode.Ok;
                }
            }
        }

        private async Task<int> AskAsync(
            string question,
            Dictionary<string, string?> tags,
            CancellationToken cancellation
        )
        {
            try
            {
                var changed = await service.GetIfChangedAsync(question, tags.GetValueOrDefault(question), cancellation);
                if (changed is not var (body, tag))
                    return ExitCode.Ok;
                tags[question] = tag;
                using var answer = JsonDocument.Parse(body);
                if (json && !quiet)
                    Console.WriteLine(body);
                else if (!quiet)
                    Terminal.Data.Write(RiskCard.Render(answer.RootElement));
                if (!quiet && IsStale(answer.RootElement))
                    await ExplainAsync(answer.RootElement, cancellation);
                var isSafe = answer.RootElement.GetProperty("safe_to_trade").GetBoolean();
                // Services before 0.2 do not return it
                var state = answer.RootElement.TryGetProperty("state", out var named) ? named.GetString() : null;
                return state == Unknown ? ExitCode.Unknown
                    : isSafe ? ExitCode.Ok
                    : ExitCode.No;
            }
            catch (ServiceException e)
            {
                return Terminal.Fail(e.Message, e.ExitCode);
            }
            catch (OperationCanceledException)
            {
                return ExitCode.Unavailable;
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                return Terminal.Fail(
                    $"{service.Url} returned something that is not an assessment; is it a Remora service?",
                    ExitCode.Unavailable
                );
            }
        }

        private static bool IsStale(JsonElement answer) =>
            answer.TryGetProperty("stale", out var stale) && stale.ValueKind == JsonValueKind.True;

        /// <summary>Prints why a market has no fresh candles, and what to do.</summary>
        private async Task ExplainAsync(JsonElement answer, CancellationToken cancellation)
        {
            var page = JsonElement.Parse(await service.GetTextAsync("/api/v1/pairs", cancellation));
            foreach (var pair in page.GetProperty("pairs").EnumerateArray())
            {
                if (!pair.TryGetProperty("reason", out var reason) || reason.ValueKind != JsonValueKind.String)
                    continue;
                string[] names = ["pair", "exchange", "timeframe"];
                if (
                    !answer.TryGetProperty("exchange", out _)
                    || names.All(name => pair.GetProperty(name).GetString() == answer.GetProperty(name).GetString())
                )
                    Console.Error.WriteLine($"{pair.GetProperty("pair").GetString()} is stale: {reason.GetString()}");
            }
        }
    }
}
