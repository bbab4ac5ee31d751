using System.CommandLine;
using System.Text.Json;
using Remora.Backtest;
using Remora.Backtest.Forecasts;
using Remora.Backtest.Portfolios;
using Remora.Backtest.Report;
using Remora.Cli.Render;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary><c>remora forecast</c>: fits and evaluates the model of forecasts.</summary>
internal static class ForecastCommand
{
    public static Command Create() =>
        new("forecast", "Fits the coefficients of forecasts, and evaluates forecasts on past candles.")
        {
            Fit(),
            Evaluate(),
            Portfolio(),
        };

    private static Command Fit()
    {
        var candles = new MarketFilesOption();
        var calendar = new CalendarOption();
        var until = Options.Time("--until", "Last day of the candles that are used, for example 2025-06-30");
        until.Required = true;
        var to = new Option<string>("--to")
        {
            Description = "Write the coefficients to this file (JSON)",
            Required = true,
            HelpName = "FILE",
        };
        var command = new Command(
            "fit",
            "Fits the coefficients of forecasts to candles of 5m of one or more pairs, for each quarter since 2021-07 "
                + "and for the end. The same candles give the same bytes."
        )
        {
            candles,
            calendar,
            until,
            to,
        };
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                    {
                        using var files = new FileEngine(cancellation);
                        var options = new FitOptions
                        {
                            Markets = candles.Read(parsed),
                            Reader = files.Read,
                            Until = parsed.GetValue(until)!.Value,
                            Calendar = calendar.Read(parsed).Dates,
                        };
                        var fits = Terminal.WithProgress(
                            "fitting",
                            progress => FitJob.Run(options, progress, cancellation)
                        );
                        var file = parsed.GetValue(to)!;
                        Write(file, CoefficientsFile.Write(fits));
                        Console.WriteLine($"{fits.All.Count} fits, the newest {fits.Newest.Id}, written to {file}");
                        return ExitCode.Ok;
                    })
                )
        );
        return command;
    }

    private static Command Evaluate()
    {
        var candles = new MarketFilesOption();
        var calendar = new CalendarOption();
        var from = Options.Time("--from", "The first moment of a forecast");
        from.Required = true;
        var until = OutcomesUntil();
        var coefficients = CoefficientsOption();
        var refit = new Option<bool>("--refit")
        {
            Description = "Fit the coefficients anew for each quarter to the candles that were known then",
        };
        var json = new Option<bool>("--json") { Description = "Print all figures as JSON" };
        var command = new Command(
            "evaluate",
            "Compares forecasts with what happened, beside simpler forecasts on the same hours."
        )
        {
            candles,
            calendar,
            from,
            until,
            coefficients,
            refit,
            json,
        };
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                    {
                        using var files = new FileEngine(cancellation);
                        var options = new EvaluateOptions
                        {
                            Markets = candles.Read(parsed),
                            Reader = files.Read,
                            From = parsed.GetValue(from)!.Value,
                            Until = parsed.GetValue(until),
                            Coefficients = Coefficients(parsed.GetValue(coefficients)),
                            Calendar = calendar.Read(parsed).Dates,
                            Refit = parsed.GetValue(refit),
                        };
                        var evaluation = Terminal.WithProgress(
                            "evaluating",
                            progress => EvaluateJob.Run(options, progress, cancellation)
                        );
                        if (parsed.GetValue(json))
                            Console.WriteLine(JsonSerializer.Serialize(evaluation, CliJson.Shared.ForecastEvaluation));
                        else
                            EvaluationText.Print(evaluation);
                        return ExitCode.Ok;
                    })
                )
        );
        return command;
    }

    private static Command Portfolio()
    {
        var candles = new MarketFilesOption();
        var calendar = new CalendarOption();
        var from = Options.Time("--from", "The first moment of a forecast");
        from.Required = true;
        var until = OutcomesUntil();
        var coefficients = CoefficientsOption();
        var json = new Option<bool>("--json") { Description = "Print all figures as JSON" };
        var command = new Command(
            "portfolio",
            "Compares forecasts of books of two or more pairs with what happened, beside simpler forecasts. Prints "
                + "Markdown."
        )
        {
            candles,
            calendar,
            from,
            until,
            coefficients,
            json,
        };
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                    {
                        using var files = new FileEngine(cancellation);
                        var options = new PortfolioEvaluateOptions
                        {
                            Markets = candles.Read(parsed),
                            Reader = files.Read,
                            From = parsed.GetValue(from)!.Value,
                            Until = parsed.GetValue(until),
                            Coefficients = Coefficients(parsed.GetValue(coefficients)),
                            Calendar = calendar.Read(parsed).Dates,
                        };
                        var evaluation = Terminal.WithProgress(
                            "evaluating",
                            progress => PortfolioEvaluateJob.Run(options, progress, cancellation)
                        );
                        Console.Write(
                            parsed.GetValue(json)
                                ? JsonSerializer.Serialize(evaluation, CliJson.Shared.PortfolioEvaluation) + "\n"
                                : PortfolioEvaluationText.Of(evaluation)
                        );
                        return ExitCode.Ok;
                    })
                )
        );
        return command;
    }

    private static Option<Instant?> OutcomesUntil() =>
        Options.Time("--until", "The end of the last outcome [default: the end of the candles]");

    private static Option<string?> CoefficientsOption() =>
        new("--coefficients")
        {
            Description = "File of coefficients, from 'remora forecast fit' [default: the shipped ones]",
            HelpName = "FILE",
        };

    /// <summary>Reads a file of coefficients; the shipped ones without a file.</summary>
    internal static CoefficientVintages Coefficients(string? file)
    {
        if (file is null)
            return CoefficientVintages.Shipped;
        try
        {
            return CoefficientsFile.Parse(File.ReadAllBytes(file));
        }
        catch (CoefficientsException e)
        {
            throw new BacktestException($"{file}: {e.Message}", e);
        }
    }

    // Readers see the old file or the new one, never a part.
    private static void Write(string file, byte[] content)
    {
        var next = file + ".new";
        File.WriteAllBytes(next, content);
        File.Move(next, file, overwrite: true);
    }
}
