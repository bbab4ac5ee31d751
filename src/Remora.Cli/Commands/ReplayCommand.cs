using System.CommandLine;
using System.Diagnostics;
using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Cli.Commands;

/// <summary><c>remora replay</c>: runs the engine over a candle file, one row per candle.</summary>
internal static class ReplayCommand
{
    private const int ReportEvery = 4096;

    public static Command Create()
    {
        var file = new Argument<string>("FILE")
        {
            Description =
                $"Candle file ({FileEngine.CandleFormats}) with the columns time, open, high, low, close, volume",
        };
        var pair = Options.Pair("--pair");
        pair.Required = true;
        var to = new Option<string>("--to")
        {
            Description = "Output file: .csv, .csv.gz, .parquet, .feather, or .jsonl for complete assessments",
            Required = true,
        };
        to.Validators.Add(result =>
        {
            if (
                result.GetValueOrDefault<string>() is { } path
                && !AssessmentFile.Knows(path)
                && !FileEngine.Needs(path)
            )
                result.AddError(
                    $"--to {path}: expected a name that ends in .csv, .csv.gz, .jsonl, .parquet or .feather"
                );
        });
        var timeframe = Options.Timeframe();
        var exchange = Options.Exchange();
        var policy = new Option<string>("--policy")
        {
            Description = "Built-in policy or policy file",
            DefaultValueFactory = _ => BuiltInPolicies.Default.Name,
        };
        var side = Options.Side("--side", "Side of the entry: long or short");
        var outside = new OutsideOption();
        var calendar = new CalendarOption();
        var from = Options.Time(
            "--from",
            "First candle to write, for example 2022-06-01; earlier candles are used for warm-up"
        );
        var until = Options.Time("--until", "Stop before this candle, for example 2022-07-01");

        var command = new Command("replay", "Runs the engine over a candle file and writes one assessment per candle.")
        {
            file,
            pair,
            to,
            timeframe,
            exchange,
            policy,
            side,
            outside,
            calendar,
            from,
            until,
        };
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                    {
                        var watch = Stopwatch.StartNew();
                        using var files = new FileEngine(cancellation);
                        var rules = Policies.Find(parsed.GetValue(policy)!);
                        var series = files.Read(parsed.GetValue(file)!, parsed.GetValue(timeframe));
                        var tape = new Tape(
                            new(parsed.GetValue(exchange)!, parsed.GetValue(pair)!, series.Timeframe),
                            series.Candles,
                            outside.Read(parsed)
                        )
                        {
                            Calendar = calendar.Read(parsed),
                        };
                        var target = parsed.GetValue(to)!;
                        using var rows = AssessmentFile.Create(
                            FileEngine.Needs(target) ? files.Scratch("rows.csv") : target
                        );
                        var written = Terminal.WithProgress(
                            "assessing",
                            progress =>
                                Replay(
                                    tape,
                                    rules,
                                    parsed.GetValue(side),
                                    parsed.GetValue(from) ?? Instant.MinValue,
                                    parsed.GetValue(until) ?? Instant.MaxValue,
                                    rows,
                                    progress,
                                    cancellation
                                )
                        );
                        rows.Complete();
                        if (FileEngine.Needs(target))
                            files.Convert(files.Scratch("rows.csv"), target);
                        var skipped = series.Repeated > 0 ? $" ({series.Repeated} duplicate rows skipped)" : "";
                        Console.Error.WriteLine(
                            $"{series.Candles.Count} candles of {series.Timeframe}{skipped}, "
                                + $"{written} rows written to {target} in {watch.Elapsed.TotalSeconds:0.0} s"
                        );
                        return ExitCode.Ok;
                    })
                )
        );
        return command;
    }

    private static int Replay(
        Tape tape,
        RiskPolicy policy,
        Side side,
        Instant from,
        Instant until,
        AssessmentFile rows,
        IProgress<double> progress,
        CancellationToken cancellation
    )
    {
        var engine = new RemoraEngine([policy], tape.Signals);
        var (done, written) = (0, 0);
        foreach (var next in tape.Events())
        {
            if (next.Market is not null && next.Candle.OpenTime >= until)
                break;
            if (engine.Apply(next) is not { } assessment)
                continue;
            if (next.Candle.OpenTime >= from)
            {
                rows.Write(side == Side.Long ? assessment : assessment.At(assessment.AssessedAt, side));
                written++;
            }
            if (++done % ReportEvery != 0)
                continue;
            cancellation.ThrowIfCancellationRequested();
            progress.Report(done / (double)tape.Candles.Count);
        }
        return written;
    }
}
