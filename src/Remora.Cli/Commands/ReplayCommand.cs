using System.CommandLine;
using System.Diagnostics;
using Remora.Markets;
using Remora.Risk;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary><c>remora replay</c>: the engine over a candle file, a row per candle.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Candles as CSV or CSV.gz: time, open, high, low, close, volume" };
        var pair = Options.Pair("--pair");
        pair.Required = true;
        var to = new Option<string>("--to") { Description = "Where the rows go: .csv, .csv.gz, or .jsonl for whole answers", Required = true };
        var timeframe = Options.Timeframe();
        var exchange = new Option<string>("--exchange") { Description = "The exchange the candles are from", DefaultValueFactory = _ => "binance" };
        var policy = new Option<string>("--policy") { Description = "A policy file (JSON); the built-in remora-1 without it" };
        var side = new Option<Side>("--side") { Description = "The side to judge for: long or short", DefaultValueFactory = _ => Side.Long };
        side.AcceptOnlyFromAmong("long", "short");
        var from = Options.Time("--from", "First candle to write, e.g. 2022-06-01; the ones before it warm the engine up");
        var until = Options.Time("--until", "Stop before this candle, e.g. 2022-07-01");

        var command = new Command("replay", "Runs the engine over a candle file and writes an assessment per candle.") { file, pair, to, timeframe, exchange, policy, side, from, until };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(
            parsed.GetValue(file)!, new(parsed.GetValue(exchange)!, parsed.GetValue(pair)!, Timeframe.FiveMinutes), parsed.GetValue(timeframe),
            parsed.GetValue(policy), parsed.GetValue(side), parsed.GetValue(to)!, parsed.GetValue(from) ?? Instant.MinValue, parsed.GetValue(until) ?? Instant.MaxValue, cancellation)));
        return command;
    }

    private static int Run(
        string file, MarketId market, Timeframe? timeframe, string? policyFile, Side side, string to, Instant from, Instant until, CancellationToken cancellation)
    {
        try
        {
            var policy = policyFile is null ? RiskPolicy.Default : PolicyFile.Parse(File.ReadAllBytes(policyFile));
            var written = 0;
            var watch = Stopwatch.StartNew();
            CandleTape? series = null;
            Terminal.Messages.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(progress =>
            {
                var bar = progress.AddTask("reading");
                bar.IsIndeterminate = true;
                series = CandleFile.Read(file, timeframe);
                bar.IsIndeterminate = false;
                bar.Description = "assessing";
                bar.MaxValue = series.Candles.Count;
                using var rows = AssessmentFile.Create(to);
                written = Replay(series, new(market.Exchange, market.Pair, series.Timeframe), policy, side, from, until, rows, done => bar.Value = done, cancellation);
                rows.Complete();
                bar.Value = bar.MaxValue;
            });
            Console.Error.WriteLine(
                $"{series!.Candles.Count} candles of {series.Timeframe}{(series.Repeated > 0 ? $" ({series.Repeated} repeated rows passed over)" : "")}, " +
                $"{written} rows to {to} in {watch.Elapsed.TotalSeconds:0.0} s");
            return ExitCode.Ok;
        }
        catch (OperationCanceledException)
        {
            return Terminal.Fail($"cancelled; {to} was not written", ExitCode.Unavailable);
        }
        catch (PolicyException e)
        {
            return Terminal.Fail($"{policyFile}: {e.Message}", ExitCode.Usage);
        }
        catch (Exception e) when (e is CandleFileException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
    }

    private static int Replay(
        CandleTape series, MarketId market, RiskPolicy policy, Side side, Instant from, Instant until, AssessmentFile rows, Action<int> progress, CancellationToken cancellation)
    {
        const int reportEvery = 4096;
        var engine = new RemoraEngine([policy], []);
        var (done, written) = (0, 0);
        foreach (var candle in series.Candles)
        {
            if (candle.OpenTime >= until) break;
            var assessment = engine.Apply(MarketEvent.Closed(market, candle))!;
            if (candle.OpenTime >= from)
            {
                rows.Write(side == Side.Long ? assessment : assessment.At(assessment.AssessedAt, side));
                written++;
            }
            if (++done % reportEvery != 0) continue;
            cancellation.ThrowIfCancellationRequested();
            progress(done);
        }
        return written;
    }
}
