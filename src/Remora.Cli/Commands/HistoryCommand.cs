using System.CommandLine;
using System.Diagnostics;
using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Cli.Commands;

/// <summary><c>remora history build</c>: what the service would have said after each candle of several markets, as files for backtests.</summary>
internal static class HistoryCommand
{
    public static Command Create()
    {
        var candles = new MarketFilesOption();
        var to = new Option<string>("--to") { Description = "Folder for the files, one per pair: BTC_USDT-history.csv", Required = true, HelpName = "FOLDER" };
        var outside = new OutsideOption();
        var policy = new Option<string>("--policy") { Description = "A built-in policy or a policy file", DefaultValueFactory = _ => RiskPolicy.Default.Name };
        var from = Options.Time("--from", "First candle to write; the ones before it warm the engine up");
        var build = new Command("build", "Builds histories by the live engine, in the order in which things were knowable, several markets side by side.") { candles, to, outside, policy, from };
        build.SetAction((parsed, cancellation) => Task.FromResult(Terminal.Attempt(() =>
        {
            var watch = Stopwatch.StartNew();
            var folder = parsed.GetValue(to)!;
            Directory.CreateDirectory(folder);
            var options = new HistoryJobOptions
            {
                Markets = [.. candles.Read(parsed).Select(market => new HistoryMarket(market.Pair, market.File, Path.Combine(folder, FileName(market.Pair))))],
                Policy = Policies.Find(parsed.GetValue(policy)!),
                Observations = outside.Read(parsed),
                From = parsed.GetValue(from) ?? Instant.MinValue,
            };
            var result = Terminal.WithProgress("building", progress => HistoryJob.Run(options, progress, cancellation));
            for (var i = 0; i < options.Markets.Count; i++) Console.Error.WriteLine($"{result.Rows[i]} rows to {options.Markets[i].To}");
            Console.Error.WriteLine($"in {watch.Elapsed.TotalSeconds:0.0} s");
            return ExitCode.Ok;
        })));
        return new Command("history", "The past: what the service would have said, and what is stored.") { build, StoredHistory.Import(), StoredHistory.Export() };
    }

    private static string FileName(Pair pair) => pair.ToString().Replace('/', '_').Replace(':', '_') + "-history.csv";
}
