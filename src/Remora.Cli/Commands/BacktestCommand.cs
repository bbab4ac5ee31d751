using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Remora.Backtest;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora backtest</c>: runs one strategy over one candle file, with or without a gate.
/// </summary>
internal static class BacktestCommand
{
    public static Command Create()
    {
        var strategy = new Option<string>("--strategy")
        {
            Description = $"Strategy: {string.Join(", ", StrategyCatalog.All.Select(plan => plan.Name))}",
            Required = true,
        };
        var candles = new Option<string>("--candles")
        {
            Description = "Candle file: " + FileEngine.CandleFormats,
            Required = true,
            HelpName = "FILE",
        };
        var pair = Options.Pair("--pair");
        pair.DefaultValueFactory = _ => Pair.Parse("BTC/USDT");
        var timeframe = Options.Timeframe();
        var from = Options.Time("--from", "First day, for example 2022-01-01 [default: start of the file]");
        var until = Options.Time(
            "--until",
            "End day, exclusive as in Freqtrade, for example 2022-12-31 [default: end of the file]",
            "--to"
        );
        var gate = new Option<string?>("--gate")
        {
            Description = "Policy of the gate, which blocks unsafe entries: a built-in name or a policy file",
            HelpName = "POLICY",
        };
        var threshold = new Option<double?>("--threshold")
        {
            Description = "With --gate: block entries at or above this risk score, instead of by the policy's rules",
        };
        var sized = new Option<bool>("--sized") { Description = "With --gate: scale entries by position_scale" };
        var amountStep = new Option<double?>("--amount-step")
        {
            Description =
                "Step to which amounts are rounded down, in the base currency; 0 for none [default: from the "
                + "volumes' decimals]",
            HelpName = "STEP",
        };
        amountStep.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is { } step && step is not (>= 0 and <= 1e9))
                result.AddError($"Invalid --amount-step {step}: use a number from 0 to 1000000000");
        });
        var outside = new OutsideOption();
        var calendar = new CalendarOption();
        var json = new Option<bool>("--json") { Description = "Print all figures as JSON" };
        var trades = new Option<string?>("--trades")
        {
            Description = "Write all trades to this CSV file",
            HelpName = "FILE",
        };
        var command = new Command("backtest", "Runs a strategy over a candle file by Freqtrade's rules.")
        {
            strategy,
            candles,
            pair,
            timeframe,
            from,
            until,
            gate,
            threshold,
            sized,
            amountStep,
            outside,
            calendar,
            json,
            trades,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(gate) is null && (result.GetValue(threshold) is not null || result.GetValue(sized)))
                result.AddError("--threshold and --sized require --gate");
        });
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                        Run(
                            new()
                            {
                                Strategy = parsed.GetValue(strategy)!,
                                Candles = parsed.GetValue(candles)!,
                                Pair = parsed.GetValue(pair)!,
                                Timeframe = parsed.GetValue(timeframe),
                                From = parsed.GetValue(from),
                                To = parsed.GetValue(until),
                                Gate = parsed.GetValue(gate) is { } policy ? Policies.Find(policy) : null,
                                Threshold = parsed.GetValue(threshold),
                                Sized = parsed.GetValue(sized),
                                Account = AccountRules.Default with { AmountStep = parsed.GetValue(amountStep) },
                                Observations = outside.Read(parsed),
                                Calendar = calendar.Read(parsed),
                            },
                            parsed.GetValue(json),
                            parsed.GetValue(trades),
                            cancellation
                        )
                    )
                )
        );
        return command;
    }

    private static int Run(BacktestOptions options, bool json, string? tradesTo, CancellationToken cancellation)
    {
        using var files = new FileEngine(cancellation);
        var result = Terminal.WithProgress(
            "testing",
            progress => BacktestJob.Run(options with { Reader = files.Read }, progress, cancellation)
        );
        if (tradesTo is not null)
        {
            using var writer = new StreamWriter(tradesTo);
            TradeCsv.Write(writer, result.Trades);
        }
        if (json)
            Console.WriteLine(Json(result));
        else
            Terminal.Data.Write(Figures(result, options.Account.AmountStep is null));
        return ExitCode.Ok;
    }

    /// <summary>
    /// Formats the result with the figures at the top level, so that scripts find <c>trades</c> and
    /// <c>win_rate</c> there.
    /// </summary>
    private static string Json(BacktestResult result)
    {
        var json = JsonSerializer.SerializeToNode(result.Figures, CliJson.Shared.Performance)!.AsObject();
        json.Insert(0, "strategy", result.Strategy);
        json.Insert(1, "gate", result.Gate);
        json.Insert(2, "from", result.From.ToString());
        json.Insert(3, "to", result.To.ToString());
        json.Insert(4, "amount_step", result.AmountStep);
        json.Add(
            "gate_effect",
            result.Effect is { } effect ? JsonSerializer.SerializeToNode(effect, CliJson.Shared.GateEffect) : null
        );
        return json.ToJsonString(RemoraJson.Options);
    }

    private static Table Figures(BacktestResult result, bool derived)
    {
        var table = new Table
        {
            Border = TableBorder.Rounded,
            Title = new($"{result.Strategy}, {result.From} to {result.To}"),
        };
        table
            .AddColumn("")
            .AddColumn(new TableColumn(result.Gate is null ? "ungated" : $"gated by {result.Gate}").RightAligned());
        if (result.Effect is not null)
            table.AddColumn(new TableColumn("ungated").RightAligned());
        void Row(string name, Func<Backtest.Figures.Performance, double> figure, string format)
        {
            string Cell(Backtest.Figures.Performance of) =>
                double.IsFinite(figure(of)) ? figure(of).ToString(format, CultureInfo.InvariantCulture) : "-";
            table.AddRow(
                result.Effect is { } effect
                    ? [name, Cell(result.Figures), Cell(effect.Ungated)]
                    : [name, Cell(result.Figures)]
            );
        }
        Row("trades", f => f.Trades, "0");
        Row("wins", f => f.Wins, "0");
        Row("losses", f => f.Losses, "0");
        Row("win rate %", f => 100 * f.WinRate, "0.0");
        Row("profit total %", f => f.ProfitTotalPct, "0.00");
        Row("profit factor", f => f.ProfitFactor, "0.00");
        Row("max drawdown %", f => f.MaxDrawdownPct, "0.00");
        Row("Sharpe", f => f.Sharpe, "0.00");
        Row("Sortino", f => f.Sortino, "0.00");
        Row("Calmar", f => f.Calmar, "0.00");
        Row("mean stake", f => f.MeanStake, "0.000");
        var step = string.Create(
            CultureInfo.InvariantCulture,
            $"amounts are multiples of {(decimal)result.AmountStep}"
        );
        if (derived)
            step += ", derived from the decimals of volumes; --amount-step sets another step";
        table.Caption = new(
            result.Effect is { } gated ? $"{gated.TimeBlocked:P1} of the time is blocked; {step}" : step
        );
        return table;
    }
}
