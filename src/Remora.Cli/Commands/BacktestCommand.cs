using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Remora.Backtest;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.Strategies;
using Remora.Markets;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary><c>remora backtest</c>: one strategy over one candle file, with or without a gate.</summary>
internal static class BacktestCommand
{
    public static Command Create()
    {
        var strategy = new Option<string>("--strategy") { Description = $"One of {string.Join(", ", StrategyCatalog.All.Select(plan => plan.Name))}", Required = true };
        var candles = new Option<string>("--candles") { Description = "Candles as " + FileEngine.CandleFormats, Required = true, HelpName = "FILE" };
        var pair = Options.Pair("--pair");
        pair.DefaultValueFactory = _ => Pair.Parse("BTC/USDT");
        var timeframe = Options.Timeframe();
        var from = Options.Time("--from", "First day, e.g. 2022-01-01; the file's beginning without it");
        var until = Options.Time("--to", "Last day, which itself is left out as Freqtrade does, e.g. 2022-12-31; the file's end without it");
        var gate = new Option<string?>("--gate") { Description = "Enter only where this policy says safe: a built-in one, or a policy file", HelpName = "POLICY" };
        var threshold = new Option<double?>("--threshold") { Description = "With --gate: block by the policy's score from here on instead of by its verdict" };
        var sized = new Option<bool>("--sized") { Description = "With --gate: scale entries by the policy's position_scale" };
        var outside = new OutsideOption();
        var json = new Option<bool>("--json") { Description = "All figures as JSON" };
        var trades = new Option<string?>("--trades") { Description = "Write every trade here, as CSV", HelpName = "FILE" };
        var command = new Command("backtest", "Runs a strategy over a candle file in Freqtrade's order of events.") { strategy, candles, pair, timeframe, from, until, gate, threshold, sized, outside, json, trades };
        command.Validators.Add(result =>
        {
            if (result.GetResult(gate) is null && (result.GetValue(threshold) is not null || result.GetValue(sized))) result.AddError("--threshold and --sized need --gate");
        });
        command.SetAction((parsed, cancellation) => Task.FromResult(Terminal.Attempt(() => Run(
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
                Observations = outside.Read(parsed),
            },
            parsed.GetValue(json), parsed.GetValue(trades), cancellation))));
        return command;
    }

    private static int Run(BacktestOptions options, bool json, string? tradesTo, CancellationToken cancellation)
    {
        using var files = new FileEngine(cancellation);
        var result = Terminal.WithProgress("testing", progress => BacktestJob.Run(options with { Reader = files.Read }, progress, cancellation));
        if (tradesTo is not null)
        {
            using var writer = new StreamWriter(tradesTo);
            TradeCsv.Write(writer, result.Trades);
        }
        if (json) Console.WriteLine(Json(result));
        else Terminal.Data.Write(Figures(result));
        return ExitCode.Ok;
    }

    /// <summary>The figures at the top, so that a script finds <c>trades</c> or <c>win_rate</c> where it looks first.</summary>
    private static string Json(BacktestResult result)
    {
        var json = JsonSerializer.SerializeToNode(result.Figures, RemoraJson.Options)!.AsObject();
        json.Insert(0, "strategy", result.Strategy);
        json.Insert(1, "gate", result.Gate);
        json.Insert(2, "from", result.From.ToString());
        json.Insert(3, "to", result.To.ToString());
        json.Add("gate_effect", JsonSerializer.SerializeToNode(result.Effect, RemoraJson.Options));
        return json.ToJsonString(RemoraJson.Options);
    }

    private static Table Figures(BacktestResult result)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new($"{result.Strategy}, {result.From} to {result.To}") };
        table.AddColumn("").AddColumn(new TableColumn(result.Gate is null ? "ungated" : $"gated by {result.Gate}").RightAligned());
        if (result.Effect is not null) table.AddColumn(new TableColumn("ungated").RightAligned());
        void Row(string name, Func<Backtest.Figures.Performance, double> figure, string format)
        {
            string Cell(Backtest.Figures.Performance of) => double.IsFinite(figure(of)) ? figure(of).ToString(format, CultureInfo.InvariantCulture) : "-";
            table.AddRow(result.Effect is { } effect ? [name, Cell(result.Figures), Cell(effect.Ungated)] : [name, Cell(result.Figures)]);
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
        if (result.Effect is { } gated) table.Caption = new($"{gated.TimeBlocked:P1} of the time is blocked");
        return table;
    }
}
