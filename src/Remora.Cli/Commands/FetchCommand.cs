using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Remora.Cli.Render;
using Remora.Feeds.Exchanges;
using Remora.Feeds.History;
using Remora.Feeds.Http;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora history fetch</c>: fetches candles and outside values of the past into the folder that
/// <c>remora study</c> reads.
/// </summary>
internal static class FetchCommand
{
    private const int MostValues = 100; // of a list
    private const string All = "all",
        Candles = "candles",
        Outside = "outside";

    /// <summary>Errors that the same command meets again.</summary>
    private static readonly string[] Permanent =
    [
        "bad_symbol",
        "bad_request",
        "not_supported",
        "changed",
        "other_source",
    ];

    public static Command Create()
    {
        var exchange = Options.Exchange();
        var pairs = ListOf<Pair>(
            "--pairs",
            "Pairs, for example BTC/USDT,ETH/USDT",
            Pair.TryParse,
            "a pair such as BTC/USDT"
        );
        pairs.Required = true;
        var timeframes = ListOf<Timeframe>(
            "--timeframe",
            "Timeframes of the candles, for example 5m,1h",
            Timeframe.TryParse,
            $"one of {string.Join(", ", Timeframe.Known)}"
        );
        timeframes.DefaultValueFactory = _ => [Timeframe.FiveMinutes];
        var from = Options.Time("--from", "Start time, inclusive");
        from.Required = true;
        var until = Options.Time("--until", "End time, exclusive [default: now]");
        var to = new Option<string>("--to")
        {
            Description = "Folder of the files, which 'remora study' reads with --data",
            Required = true,
            HelpName = "FOLDER",
        };
        var what = new Option<string>("--what")
        {
            Description = "Data to fetch: candles, outside for outside values, or all",
            DefaultValueFactory = _ => All,
        };
        what.AcceptOnlyFromAmong(All, Candles, Outside);
        var funding = new Option<string>("--funding-exchange")
        {
            Description = "CCXT id of the exchange of the funding rates",
            DefaultValueFactory = _ => "binance",
            HelpName = "ID",
        };
        var sandbox = Options.Address("--sandbox", "Address of a sandbox to use instead of the real sources");
        var json = new Option<bool>("--json") { Description = "Print the result as JSON" };
        var command = new Command(
            "fetch",
            "Fetches candles and outside values of the past from their public sources, each value with the time from "
                + "which it was knowable. After an interruption, the same command continues; with a later --until it "
                + "appends."
        )
        {
            exchange,
            pairs,
            timeframes,
            from,
            until,
            to,
            what,
            funding,
            sandbox,
            json,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                var options = new HistoryFetchOptions
                {
                    Folder = parsed.GetValue(to)!,
                    Exchange = parsed.GetValue(exchange)!,
                    Pairs = [.. parsed.GetValue(pairs)!.Distinct()],
                    Timeframes = [.. parsed.GetValue(timeframes)!.Distinct()],
                    From = parsed.GetValue(from)!.Value,
                    Until = parsed.GetValue(until),
                    Candles = parsed.GetValue(what) != Outside,
                    Outside = parsed.GetValue(what) != Candles,
                    FundingExchange = parsed.GetValue(funding)!,
                    BaseUrl = parsed.GetValue(sandbox),
                    Version = typeof(HistoryFetch)
                        .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
                        .InformationalVersion.Split('+')[0],
                };
                return RunAsync(options, parsed.GetValue(json), cancellation);
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(HistoryFetchOptions options, bool json, CancellationToken cancellation)
    {
        try
        {
            var clock = options.BaseUrl is { } sandbox
                ? (await RemoteSandbox.ConnectAsync(sandbox, cancellation)).Clock
                : TimeProvider.System;
            await using var bridge = CcxtBridge.Start(new() { BaseUrl = options.BaseUrl }, clock);
            using var http = OutsideHttp.NewClient();
            var report = await HistoryProgressView.ShowAsync(progress =>
                new HistoryFetch(options, bridge, http, clock, progress).RunAsync(cancellation)
            );
            if (json)
                Console.WriteLine(JsonSerializer.Serialize(report, CliJson.Shared.HistoryReport));
            else
                foreach (var file in report.Files.Where(file => file.State != HistoryState.Failed))
                    Console.WriteLine(Line(file, options));
            foreach (var file in report.Failures)
                Terminal.Fail($"{file.File}: {file.Source}: {Problem(file)}", ExitCode.Unavailable);
            return ExitCodeOf(report);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Terminal.Fail("cancelled; the same command continues", ExitCode.Unavailable);
        }
        catch (SandboxUnreachableException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Unavailable);
        }
        catch (HistoryException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Terminal.Fail($"{e.Message}; what was fetched is kept, the same command continues", ExitCode.Usage);
        }
    }

    private static int ExitCodeOf(HistoryReport report)
    {
        if (!report.Failures.Any())
            return ExitCode.Ok;
        return report.Failures.All(file => Permanent.Contains(file.Error)) ? ExitCode.Usage : ExitCode.Unavailable;
    }

    private static string Problem(HistoryOutcome file) =>
        $"{file.Error}: {file.Problem}"
        + file.Error switch
        {
            "restricted" => "; it does not serve this location: choose another exchange with --exchange or "
                + "--funding-exchange, or another network",
            _ when Permanent.Contains(file.Error) => "",
            _ => "; what was fetched is kept, the same command continues",
        };

    private static string Line(HistoryOutcome file, HistoryFetchOptions options)
    {
        if (file.Entry is not { } entry)
            return file.State == HistoryState.Kept
                ? $"{file.File}: not changed, {file.Problem}"
                : $"{file.File}: not available, {file.Problem}";
        var rows = string.Create(
            CultureInfo.InvariantCulture,
            $"{file.File}: {entry.Rows} rows ({(file.Added > 0 ? $"{file.Added} new" : "complete before")}), "
                + $"{entry.First} to {entry.Last}, {Gaps(entry)}"
        );
        return options.Until is { } until && entry.Until < until
            ? $"{rows}; not final yet from {entry.Until} on, fetch again later"
            : rows;
    }

    private static string Gaps(HistoryEntry entry)
    {
        if (entry.Missing is not { } missing)
            return $"from {entry.Source}";
        if (entry.Gaps.MaxBy(gap => gap.Missing) is not { } longest)
            return $"no gaps, from {entry.Source}";
        return $"{missing} missing at {entry.Source} in {entry.GapCount} gaps, the longest from {longest.From} until "
            + $"{longest.Until}";
    }

    private delegate bool TryParse<T>(string? text, out T? value);

    /// <summary>An option with several values, separated by commas or repeated.</summary>
    private static Option<T[]> ListOf<T>(string name, string description, TryParse<T> parse, string expected)
        where T : class =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                var values = new List<T>();
                foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(',')))
                    if (parse(text.Trim(), out var value))
                        values.Add(value!);
                    else
                        result.AddError($"{name} '{text}': expected {expected}");
                if (values.Count > MostValues)
                    result.AddError($"{name}: expected at most {MostValues} values, found {values.Count}");
                return [.. values];
            },
        };
}
