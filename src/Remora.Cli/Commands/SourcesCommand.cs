using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Remora.Cli.Render;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;

namespace Remora.Cli.Commands;

/// <summary><c>remora sources</c>: what the outside sources of a running service say and how they are; <c>sources test</c> asks one of them itself.</summary>
internal static class SourcesCommand
{
    private const int MostOfTheAnswer = 2_000;

    public static Command Create()
    {
        var url = Options.Address("--url", $"Where the service is; {AskCommand.DefaultUrl} without it");
        var json = new Option<bool>("--json") { Description = "The answer as it came" };
        var command = new Command("sources", "Lists value, age, next try and error of each outside source of a running service. Exit code 1 when one is degraded or unreachable.") { url, json, Test(), SourceNewsCommand.Create() };
        command.SetAction((parsed, cancellation) => ListAsync(parsed.GetValue(url) ?? new(AskCommand.DefaultUrl), parsed.GetValue(json), cancellation));
        return command;
    }

    private static Command Test()
    {
        var name = new Argument<string>("NAME") { Description = $"One of {string.Join(", ", HttpSources.All.Select(source => source.Name))}" };
        name.AcceptOnlyFromAmong([.. HttpSources.All.Select(source => source.Name)]);
        var sandbox = Options.Address("--sandbox", "Ask a sandbox at this address instead of the real source");
        var command = new Command("test", "Asks one source once, without a service, and shows the raw and the read values.") { name, sandbox };
        command.SetAction((parsed, cancellation) =>
            TestAsync(parsed.GetValue(name)!, parsed.GetValue(sandbox), cancellation));
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

    /// <summary>The beginning, without what would move a terminal's cursor.</summary>
    private static string Printable(string raw)
    {
        var shown = raw.Length > MostOfTheAnswer ? raw[..MostOfTheAnswer] : raw;
        var plain = new string([.. shown.Select(c => char.IsControl(c) && c is not '\n' ? '\uFFFD' : c)]);
        return raw.Length > MostOfTheAnswer ? $"{plain}... ({raw.Length} characters)" : plain;
    }

    private static async Task<int> TestAsync(string name, Uri? sandbox, CancellationToken cancellation)
    {
        try
        {
            var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
            var source = HttpSources.WithKey(HttpSources.All.Single(source => source.Name == name), ApiKeys.Read(environment));
            var clock = sandbox is null ? TimeProvider.System : (await RemoteSandbox.ConnectAsync(sandbox, cancellation)).Clock;
            using var http = OutsideHttp.NewClient();
            var trial = await new HttpSourceFeed(source, http, new() { BaseUrl = sandbox }, clock).TryAsync(cancellation);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"asked    {trial.Url}, answered after {trial.Took.TotalSeconds:0.00} s"));
            if (trial.Raw.Length > 0) Console.WriteLine($"raw      {Printable(trial.Raw)}");
            foreach (var reading in trial.Readings)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"read     {RemoraJson.NameOf(reading.Signal)}{(reading.Base is { } about ? " " + about : "")} {reading.Value} at {reading.HeldAt}{(reading.IsLive ? ", running" : "")}{(reading.PublishedAt is { } known ? $", published by {known}" : "")}"));
            return trial.Error is { } error ? Terminal.Fail($"{name}: {error.Kind}: {error.Message}", ExitCode.Unavailable) : ExitCode.Ok;
        }
        catch (FormatException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage); // a key that is none
        }
        catch (SandboxUnreachableException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Unavailable);
        }
    }
}
