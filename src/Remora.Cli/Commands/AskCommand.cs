using System.CommandLine;
using System.Text.Json;
using Remora.Cli.Render;
using Remora.Markets;
using Remora.Risk;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary><c>remora ask</c>: what a running service says, for people and for scripts.</summary>
internal static class AskCommand
{
    private static readonly string Unknown = RemoraJson.NameOf(AssessmentState.Unknown);

    public const string DefaultUrl = "http://127.0.0.1:8000";

    public static Command Create()
    {
        var pairs = new Argument<string[]>("PAIR") { Description = "Pairs such as BTC/USDT; the whole market without one", Arity = ArgumentArity.ZeroOrMore };
        pairs.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!Pair.TryParse(token.Value, out _)) result.AddError($"'{token.Value}' is not a pair: expected BASE/QUOTE such as BTC/USDT");
        });
        var url = new Option<string>("--url")
        {
            Description = "Where the service is; REMORA_URL without it",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("REMORA_URL") is { Length: > 0 } set ? set : DefaultUrl,
        };
        url.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string>();
            if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                result.AddError($"--url '{text}' is not an address: expected e.g. {DefaultUrl}");
        });
        var side = new Option<string?>("--side") { Description = "long or short" };
        side.AcceptOnlyFromAmong("long", "short");
        var policy = new Option<string?>("--policy") { Description = "A policy of the service, see /api/v1/policies" };
        var exchange = new Option<string?>("--exchange") { Description = "Where the pair is tracked on several exchanges" };
        var timeframe = new Option<string?>("--timeframe") { Description = "Where the pair is tracked at several timeframes" };
        var json = new Option<bool>("--json") { Description = "The answer as it came" };
        var watch = new Option<bool>("--watch", "-w") { Description = "Again whenever it changes, until Ctrl+C" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print nothing; the exit code answers" };

        var command = new Command("ask", "Asks a running service. Exit code: 0 safe to trade, 1 not safe, 2 wrong use, 3 no answer, 4 nothing is known (state unknown). Of several pairs the highest.")
        {
            pairs, url, side, policy, exchange, timeframe, json, watch, quiet,
        };
        command.SetAction((parsed, cancellation) =>
        {
            string?[] query = [Parameter("side", parsed.GetValue(side)), Parameter("policy", parsed.GetValue(policy)),
                Parameter("exchange", parsed.GetValue(exchange)), Parameter("timeframe", parsed.GetValue(timeframe))];
            var questions = parsed.GetValue(pairs) is { Length: > 0 } named ? named.Select(p => Question(query, p)) : [Question(query, null)];
            var asker = new Asker(parsed.GetValue(url)!, parsed.GetValue(json), parsed.GetValue(quiet));
            return asker.RunAsync([.. questions], parsed.GetValue(watch), cancellation);
        });
        return command;
    }

    private static string? Parameter(string name, string? value) => value is null ? null : $"{name}={Uri.EscapeDataString(value)}";

    private static string Question(string?[] query, string? pair)
    {
        var all = string.Join('&', query.Prepend(Parameter("pair", pair)).Where(p => p is not null));
        return "/api/v1/risk" + (all.Length > 0 ? "?" + all : "");
    }

    /// <summary>Asks, prints, and turns the answers into an exit code.</summary>
    private sealed class Asker(string url, bool json, bool quiet)
    {
        private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

        public async Task<int> RunAsync(IReadOnlyList<string> questions, bool watch, CancellationToken cancellation)
        {
            using var http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(5) };
            var tags = new Dictionary<string, string>();
            while (true)
            {
                var exit = ExitCode.Ok;
                foreach (var question in questions) exit = Math.Max(exit, await AskAsync(http, question, tags, cancellation));
                if (!watch) return exit;
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

        private async Task<int> AskAsync(HttpClient http, string question, Dictionary<string, string> tags, CancellationToken cancellation)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, question);
                if (tags.TryGetValue(question, out var tag)) request.Headers.TryAddWithoutValidation("If-None-Match", tag);
                using var response = await http.SendAsync(request, cancellation);
                if (response.StatusCode == System.Net.HttpStatusCode.NotModified) return ExitCode.Ok;
                var body = await response.Content.ReadAsStringAsync(cancellation);
                if (!response.IsSuccessStatusCode) return Terminal.Fail(Problem(body, response), (int)response.StatusCode is >= 400 and < 500 and not 408 and not 429 ? ExitCode.Usage : ExitCode.Unavailable);
                if (response.Headers.ETag is { } etag) tags[question] = etag.ToString();
                using var answer = JsonDocument.Parse(body);
                if (json && !quiet) Console.WriteLine(body);
                else if (!quiet) Terminal.Data.Write(RiskCard.Render(answer.RootElement));
                var isSafe = answer.RootElement.GetProperty("safe_to_trade").GetBoolean();
                var state = answer.RootElement.TryGetProperty("state", out var named) ? named.GetString() : null; // a service of before 0.2 has none
                return state == Unknown ? ExitCode.Unknown : isSafe ? ExitCode.Ok : ExitCode.No;
            }
            catch (HttpRequestException e)
            {
                return Terminal.Fail($"no service answers at {url} ({e.Message}). Start one with 'remora serve', or name it with --url.", ExitCode.Unavailable);
            }
            catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return Terminal.Fail($"the service at {url} did not answer within {http.Timeout.TotalSeconds:0} s", ExitCode.Unavailable);
            }
            catch (OperationCanceledException)
            {
                return ExitCode.Unavailable;
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                return Terminal.Fail($"{url} answered something that is not an assessment; is it a Remora service?", ExitCode.Unavailable);
            }
        }

        private static string Problem(string body, HttpResponseMessage response)
        {
            try
            {
                using var problem = JsonDocument.Parse(body);
                if (problem.RootElement.TryGetProperty("detail", out var detail)) return detail.GetString()!;
            }
            catch (JsonException)
            {
                // not a problem document: the status says what there is to say
            }
            return $"the service answered {(int)response.StatusCode} {response.ReasonPhrase}";
        }
    }
}
