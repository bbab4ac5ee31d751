using System.CommandLine;
using System.Diagnostics;
using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;
using Remora.Store;
using Remora.Store.Files;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora history build</c>: rebuilds the assessment history of markets from candle files, as
/// files for backtests or into the store.
/// </summary>
internal static class HistoryCommand
{
    private const string Csv = "csv";

    public static Command Create() =>
        new("history", "Fetches, builds, imports and exports assessment history and candles.")
        {
            FetchCommand.Create(),
            Build(),
            StoredHistory.Import(),
            StoredHistory.Export(),
        };

    private static Command Build()
    {
        var candles = new MarketFilesOption();
        var to = new Option<string?>("--to")
        {
            Description =
                "Output folder, one file per pair and format: BTC_USDT-history.csv, BTC_USDT-history-short.csv",
            HelpName = "FOLDER",
        };
        var formats = new Option<string[]>("--format")
        {
            Description = "Format of the files: csv, parquet or feather; repeatable",
            DefaultValueFactory = _ => [Csv],
        };
        formats.AcceptOnlyFromAmong(Csv, "parquet", "feather");
        var intoStore = new Option<bool>("--store")
        {
            Description =
                "Write to the store, so that /history of the service returns that time. Existing assessments are "
                + "not changed",
        };
        var place = new StoreOptionSet(findsSandbox: false);
        var outside = new OutsideOption();
        var policy = new Option<string>("--policy")
        {
            Description = "Built-in policy or policy file",
            DefaultValueFactory = _ => BuiltInPolicies.Default.Name,
        };
        var side = Options.Side("--side", "Side of the files: long or short. The store receives both");
        var from = Options.Time("--from", "First candle to write; earlier candles are used for warm-up");
        var (exchange, timeframe) = (Options.Exchange(), Options.Timeframe());
        var command = new Command(
            "build",
            "Builds assessment history with the live engine from point-in-time data. Several markets run in parallel."
        )
        {
            candles,
            to,
            formats,
            intoStore,
            outside,
            policy,
            side,
            from,
            exchange,
            timeframe,
        };
        place.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(to) is null && !result.GetValue(intoStore))
                result.AddError("no output: use --to FOLDER for files, --store for the store, or both");
            if (result.GetValue(to) is null && result.GetResult(formats) is { Implicit: false })
                result.AddError("--format requires --to FOLDER");
            if (result.GetValue(to) is null && result.GetResult(side) is { Implicit: false })
                result.AddError("--side requires --to FOLDER; the store receives both sides");
            if (!result.GetValue(intoStore) && place.All.Any(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"use {string.Join(", ", place.All.Select(option => option.Name))} only with --store");
        });
        command.SetAction(
            (parsed, cancellation) =>
            {
                var build = () =>
                    new HistoryJobOptions
                    {
                        Markets =
                        [
                            .. candles
                                .Read(parsed)
                                .Select(market => new HistoryMarket(
                                    market.Pair,
                                    market.File,
                                    null,
                                    parsed.GetValue(exchange)!,
                                    parsed.GetValue(timeframe)
                                )),
                        ],
                        Policy = Policies.Find(parsed.GetValue(policy)!),
                        Side = parsed.GetValue(side),
                        Observations = outside.Read(parsed),
                        From = parsed.GetValue(from) ?? Instant.MinValue,
                    };
                var target = new HistoryTarget(
                    parsed.GetValue(to),
                    [.. parsed.GetValue(formats)!.Distinct()],
                    parsed.GetValue(side)
                );
                return parsed.GetValue(intoStore)
                    ? place.OnStoreAsync(
                        parsed,
                        store =>
                            Task.Run(
                                () => Terminal.Attempt(() => Run(build(), target, store, cancellation)),
                                CancellationToken.None
                            ),
                        cancellation
                    )
                    : Task.FromResult(Terminal.Attempt(() => Run(build(), target, store: null, cancellation)));
            }
        );
        return command;
    }

    private static int Run(
        HistoryJobOptions options,
        HistoryTarget target,
        MarketStore? store,
        CancellationToken cancellation
    )
    {
        var watch = Stopwatch.StartNew();
        using var files = new FileEngine(cancellation);
        var imports = options.Markets.Select(_ => store is null ? null : new AssessmentImport(store)).ToArray();
        options = options with
        {
            Reader = files.Read,
            Markets =
            [
                .. options.Markets.Select((market, i) => Placed(market, imports[i], target, files, cancellation)),
            ],
        };
        var result = Terminal.WithProgress("building", progress => HistoryJob.Run(options, progress, cancellation));
        for (var i = 0; i < imports.Length; i++)
        {
            var market = options.Markets[i];
            foreach (var file in target.FilesOf(market.Pair))
            {
                if (file != market.To)
                    files.Convert(market.To!, file);
                Console.Error.WriteLine($"{result.Rows[i]} rows written to {file}");
            }
            if (imports[i] is not { } import)
                continue;
            import.FlushAsync(cancellation).GetAwaiter().GetResult();
            Console.Error.WriteLine(
                $"{import.Added} rows of {market.Pair} added to the store, {import.Present} already present"
            );
        }
        Console.Error.WriteLine($"completed in {watch.Elapsed.TotalSeconds:0.0} s");
        return ExitCode.Ok;
    }

    // The rows always go through a CSV; without a CSV output, through a temporary one.
    private static HistoryMarket Placed(
        HistoryMarket market,
        AssessmentImport? import,
        HistoryTarget target,
        FileEngine files,
        CancellationToken cancellation
    ) =>
        market with
        {
            To =
                target.FilesOf(market.Pair).FirstOrDefault(file => !FileEngine.Needs(file))
                ?? (target.Folder is null ? null : files.Scratch(target.NameOf(market.Pair, Csv))),
            Each = import is null
                ? null
                : assessment => import.AddAsync(assessment, cancellation).AsTask().GetAwaiter().GetResult(),
        };

    /// <summary>The output files.</summary>
    private sealed record HistoryTarget(string? Folder, IReadOnlyList<string> Formats, Side Side)
    {
        public IEnumerable<string> FilesOf(Pair pair)
        {
            if (Folder is null)
                return [];
            Directory.CreateDirectory(Folder);
            return Formats.Select(format => Path.Combine(Folder, NameOf(pair, format)));
        }

        public string NameOf(Pair pair, string format)
        {
            var name = pair.ToString().Replace('/', '_').Replace(':', '_');
            return $"{name}-history{(Side == Side.Short ? "-short" : "")}.{format}";
        }
    }
}
