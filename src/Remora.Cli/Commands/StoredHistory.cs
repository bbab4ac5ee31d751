using System.CommandLine;
using System.Text.Json;
using Remora.ClickHouse;
using Remora.Markets;
using Remora.Risk;
using Remora.Store;
using Remora.Store.Files;
using Remora.Store.Tables;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora history import</c> and <c>export</c>: import candle files into the store, and export
/// stored rows to files.
/// </summary>
internal static class StoredHistory
{
    private const string Candles = "candles",
        Each = "each";

    public static Command Import()
    {
        var candles = new MarketFilesOption();
        var (exchange, timeframe, place) = (
            Options.Exchange(),
            Options.Timeframe(),
            new StoreOptionSet(findsSandbox: false)
        );
        var command = new Command(
            "import",
            "Imports candle files into the store: CSV, CSV.gz, Parquet or Feather. Every row is checked. A candle "
                + "that exists already is not duplicated."
        )
        {
            candles,
            exchange,
            timeframe,
        };
        place.AddTo(command);
        command.SetAction(
            (parsed, cancellation) =>
                place.OnStoreAsync(
                    parsed,
                    async store =>
                    {
                        foreach (var (pair, file) in candles.Read(parsed))
                        {
                            var market = new MarketId(
                                parsed.GetValue(exchange)!,
                                pair,
                                parsed.GetValue(timeframe) ?? Timeframe.FiveMinutes
                            );
                            var report = await Terminal.WithProgressAsync(
                                pair.ToString(),
                                bar => new CandleImport(store).RunAsync(file, market, new Rows(bar), cancellation)
                            );
                            Console.Error.WriteLine(
                                $"{file}: {report.Imported} candles of {report.Rows} "
                                    + $"rows{(report.First is null ? "" : $", {report.First} to {report.Last}")}"
                            );
                            if (report.Rejected > 0)
                                Console.Error.WriteLine(
                                    $"remora: {file}: {report.Rejected} rows were rejected; the first error: "
                                        + $"{report.FirstReason}"
                                );
                        }
                        return ExitCode.Ok;
                    },
                    cancellation
                )
        );
        return command;
    }

    public static Command Export()
    {
        var (exchange, timeframe, place) = (Options.Exchange(), Options.Timeframe(), new StoreOptionSet());
        var service = RunningServiceOptionSet.Optional(
            "Export from the running service at this address, instead of a store"
        );
        var pair = Options.Pair("--pair");
        pair.Required = true;
        var what = new Option<string>("--what")
        {
            Description = "Data to export: candles, or history for assessments",
            DefaultValueFactory = _ => "history",
        };
        what.AcceptOnlyFromAmong("history", Candles);
        var interval = new Option<string>("--interval")
        {
            Description = "Interval of the assessment history; each returns every assessment",
            DefaultValueFactory = _ => StoreIntervals.Default,
        };
        interval.AcceptOnlyFromAmong([.. StoreIntervals.History.Names(), Each]);
        var policy = new Option<string?>("--policy")
        {
            Description = "Policy of the assessments [default: that of the data folder or the service]",
        };
        var side = Options.Side(
            "--side",
            "Side of the assessments: long or short. The short side begins where it was first recorded"
        );
        var from = Options.Time("--from", "Start time, inclusive");
        var until = Options.Time("--until", "End time, exclusive");
        var file = new Option<string>("--to")
        {
            Description = "Output file; its extension selects the format: .csv, .csv.gz, .jsonl, .parquet, .feather",
            Required = true,
            HelpName = "FILE",
        };
        file.Validators.Add(result =>
        {
            var path = result.GetValueOrDefault<string>();
            if (!StoreFormats.TryFromFile(path, out _))
                result.AddError($"--to '{path}': unknown file extension; allowed are {StoreFormats.Extensions}");
        });
        var command = new Command(
            "export",
            "Exports stored candles or assessments of a market to a file. An incomplete file is never left. CSV, "
                + "Parquet and Feather candle files can be replayed. Exit code 1 if no rows are stored."
        )
        {
            pair,
            what,
            file,
            interval,
            policy,
            side,
            exchange,
            timeframe,
            from,
            until,
        };
        place.AddTo(command);
        service.AddTo(command);
        command.Validators.Add(result =>
        {
            bool IsGiven(params IEnumerable<Option> options) =>
                options.Any(option => result.GetResult(option) is { Implicit: false });
            if (IsGiven(service.Url) && IsGiven(place.All))
                result.AddError($"use either --url or {Names(place.All)}, not both");
            if (!IsGiven(service.Url) && IsGiven(service.All))
                result.AddError("--key and --key-file require --url");
            if (IsGiven(side) && result.GetValue(what) == Candles)
                result.AddError("--side applies to assessments only; candles have no side");
        });
        command.SetAction(
            (parsed, cancellation) =>
            {
                var span = new Span(parsed.GetValue(from), parsed.GetValue(until));
                var isOfCandles = parsed.GetValue(what) == Candles;
                var wanted = new Wanted(
                    isOfCandles,
                    parsed.GetValue(side),
                    parsed.GetValue(interval)!,
                    span,
                    parsed.GetValue(file)!
                );
                if (parsed.GetResult(service.Url) is null)
                {
                    var length = parsed.GetValue(timeframe) ?? Timeframe.FiveMinutes;
                    var market = new MarketId(parsed.GetValue(exchange)!, parsed.GetValue(pair)!, length);
                    return place.OnExistingStoreAsync(
                        parsed,
                        (store, at) =>
                            FromStoreAsync(
                                store,
                                at,
                                market,
                                parsed.GetValue(policy) ?? FolderPolicy.Of(at.Folder ?? place.DataFolder(parsed)),
                                wanted,
                                cancellation
                            ),
                        cancellation
                    );
                }
                // The service chooses the defaults of options that were not given.
                string? Given<T>(Option<T> option) =>
                    parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option)?.ToString() : null;
                (string, string?)[] choices =
                [
                    ("pair", parsed.GetValue(pair)!.ToString()),
                    ("exchange", Given(exchange)),
                    ("timeframe", Given(timeframe)),
                    ("policy", isOfCandles ? null : Given(policy)),
                    ("interval", isOfCandles ? null : wanted.Interval),
                    ("side", isOfCandles ? null : RemoraJson.NameOf(wanted.Side)),
                    ("from", (span.From ?? Instant.MinValue).ToString()),
                    ("to", span.To?.ToString()),
                ];
                return FromServiceAsync(() => service.Connect(parsed), choices, wanted, cancellation);
            }
        );
        return command;
    }

    private static string Names(IEnumerable<Option> options) =>
        string.Join(", ", options.Select(option => option.Name));

    private static async Task<int> FromStoreAsync(
        MarketStore store,
        StoreLocation place,
        MarketId market,
        string policy,
        Wanted wanted,
        CancellationToken cancellation
    )
    {
        if (wanted.IsOfCandles)
            return await WriteAsync(store.Candles.Of(market, wanted.Span));
        return wanted.Interval == Each
            ? await WriteAsync(store.Assessments.EachOf(market, policy, wanted.Span, wanted.Side))
            : await WriteAsync(store.Assessments.HistoryOf(market, policy, wanted.Interval, wanted.Span, wanted.Side));

        async Task<int> WriteAsync<T>(StoreQuery<T> query)
        {
            if (await query.AnyAsync(cancellation))
                return await SaveAsync(query.StreamAsync, market.ToString(), wanted, cancellation);
            var sandbox = place.Folder is { } folder ? ServiceStore.SandboxFolder(folder) : null;
            var hint = Directory.Exists(sandbox) ? $"; a sandbox's store is in {sandbox}" : "";
            return FailWithoutRows(market.ToString(), wanted, $"{place}{hint}");
        }
    }

    private static async Task<int> FromServiceAsync(
        Func<ServiceConnection> connect,
        (string Name, string? Value)[] choices,
        Wanted wanted,
        CancellationToken cancellation
    )
    {
        try
        {
            using var service = connect();
            var market = choices[0].Value!;
            var query = string.Join(
                '&',
                choices
                    .Where(choice => choice.Value is not null)
                    .Select(choice => $"{choice.Name}={Uri.EscapeDataString(choice.Value!)}")
            );
            var path = $"/api/v1/{(wanted.IsOfCandles ? Candles : "history")}?{query}";
            var first = JsonElement.Parse(await service.GetTextAsync(path + "&limit=1", cancellation));
            if (first.GetProperty("rows").GetArrayLength() == 0)
                return FailWithoutRows(market, wanted, service.Url.ToString());

            async Task<Stream> OpenAsync(StoreFormat format, CancellationToken stop)
            {
                var answer = await service.OpenAsync($"{path}&format={format.FileEnding()[1..]}", stop);
                return await answer.Content.ReadAsStreamAsync(stop);
            }
            return await SaveAsync(OpenAsync, market, wanted, cancellation);
        }
        catch (ServiceException e)
        {
            return Terminal.Fail(e.Message, e.ExitCode);
        }
        catch (StoreException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Terminal.Fail("the server is not a Remora service", ExitCode.Unavailable);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Terminal.Fail("cancelled", ExitCode.Unavailable);
        }
    }

    private static async Task<int> SaveAsync(
        Func<StoreFormat, CancellationToken, Task<Stream>> open,
        string market,
        Wanted wanted,
        CancellationToken cancellation
    )
    {
        var bytes = await Terminal.WithProgressAsync(
            wanted.Path,
            bar => FileExport.WriteAsync(open, wanted.Path, new Bytes(bar), cancellation)
        );
        Console.Error.WriteLine($"{bytes} bytes of {market}{wanted.ShortSide} written to {wanted.Path}");
        return ExitCode.Ok;
    }

    private static int FailWithoutRows(string market, Wanted wanted, string place)
    {
        var from = wanted.Span.From is { } first ? $" from {first}" : "";
        var until = wanted.Span.To is { } end ? $" until {end}" : "";
        var what = wanted.IsOfCandles ? Candles : "history";
        return Terminal.Fail(
            $"nothing to export: no {what} of {market}{wanted.ShortSide}{from}{until} in {place}",
            ExitCode.No
        );
    }

    /// <summary>The request of an export.</summary>
    private sealed record Wanted(bool IsOfCandles, Side Side, string Interval, Span Span, string Path)
    {
        /// <summary>The side in messages; empty for the long side.</summary>
        public string ShortSide => Side == Side.Short ? " (short side)" : "";
    }

    private sealed class Rows(IProgress<double> bar) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => bar.Report(value.Total == 0 ? 1 : (double)value.Done / value.Total);
    }

    // The total is unknown: the bar only shows activity.
    private sealed class Bytes(IProgress<double> bar) : IProgress<long>
    {
        private const double Half = 64 << 20;

        public void Report(long value) => bar.Report(value / (value + Half));
    }
}
