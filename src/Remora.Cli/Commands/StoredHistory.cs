using System.CommandLine;
using Remora.Markets;
using Remora.Risk;
using Remora.Store;
using Remora.Store.Files;
using Remora.Store.Tables;

namespace Remora.Cli.Commands;

/// <summary><c>remora history import</c> and <c>export</c>: candle files into the store, and what is stored into files.</summary>
internal static class StoredHistory
{
    public static Command Import()
    {
        var candles = new MarketFilesOption();
        var (exchange, timeframe, place) = (Options.Exchange(), Options.Timeframe(), new StoreOptionSet());
        var command = new Command("import", "Brings candle files into the store: CSV, CSV.gz, Parquet, Feather. Each row is checked; a candle that is there already stays one.") { candles, exchange, timeframe };
        place.AddTo(command);
        command.SetAction((parsed, cancellation) => place.OnStoreAsync(parsed, async store =>
        {
            foreach (var (pair, file) in candles.Read(parsed))
            {
                var market = new MarketId(parsed.GetValue(exchange)!, pair, parsed.GetValue(timeframe) ?? Timeframe.FiveMinutes);
                var report = await Terminal.WithProgressAsync(pair.ToString(), bar => new CandleImport(store).RunAsync(file, market, new Rows(bar), cancellation));
                Console.Error.WriteLine($"{file}: {report.Imported} candles of {report.Rows} rows{(report.First is null ? "" : $", {report.First} to {report.Last}")}");
                if (report.Rejected > 0) Console.Error.WriteLine($"remora: {report.Rejected} rows were not taken; the first: {report.FirstReason}");
            }
            return ExitCode.Ok;
        }, cancellation));
        return command;
    }

    public static Command Export()
    {
        var (exchange, timeframe, place) = (Options.Exchange(), Options.Timeframe(), new StoreOptionSet());
        var pair = Options.Pair("--pair");
        pair.Required = true;
        var what = new Option<string>("--what") { Description = "candles, or the history rolled up", DefaultValueFactory = _ => "history" };
        what.AcceptOnlyFromAmong("history", "candles");
        var interval = new Option<string>("--interval") { Description = "How long a bucket of the history is", DefaultValueFactory = _ => "1h" };
        interval.AcceptOnlyFromAmong("1m", "1h", "6h", "12h", "1d");
        var policy = new Option<string>("--policy") { Description = "The policy that judged", DefaultValueFactory = _ => RiskPolicy.Default.Name };
        var (from, to) = (Options.Time("--from", "The first moment"), Options.Time("--until", "The first moment after it"));
        var file = new Option<string>("--to") { Description = "The file; its ending says the format: .csv, .csv.gz, .jsonl, .parquet, .feather", Required = true, HelpName = "FILE" };
        var command = new Command("export", "Writes what is stored of a market into a file, which is there when it is whole.") { pair, what, file, interval, policy, exchange, timeframe, from, to };
        place.AddTo(command);
        command.SetAction((parsed, cancellation) => place.OnStoreAsync(parsed, async store =>
        {
            var market = new MarketId(parsed.GetValue(exchange)!, parsed.GetValue(pair)!, parsed.GetValue(timeframe) ?? Timeframe.FiveMinutes);
            var span = new Span(parsed.GetValue(from), parsed.GetValue(to));
            var path = parsed.GetValue(file)!;
            Task<long> Write(IProgress<double> bar)
            {
                var bytes = new Bytes(bar);
                return parsed.GetValue(what) == "candles"
                    ? FileExport.WriteAsync(store.Candles.Of(market, span), path, bytes, cancellation)
                    : FileExport.WriteAsync(store.Assessments.HistoryOf(market, parsed.GetValue(policy)!, parsed.GetValue(interval)!, span), path, bytes, cancellation);
            }
            Console.Error.WriteLine($"{await Terminal.WithProgressAsync(path, Write)} bytes of {market} to {path}");
            return ExitCode.Ok;
        }, cancellation));
        return command;
    }

    private sealed class Rows(IProgress<double> bar) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => bar.Report(value.Total == 0 ? 1 : (double)value.Done / value.Total);
    }

    // How much will come is not known before it has come: the bar shows that something moves.
    private sealed class Bytes(IProgress<double> bar) : IProgress<long>
    {
        private const double Half = 64 << 20;

        public void Report(long value) => bar.Report(value / (value + Half));
    }
}
