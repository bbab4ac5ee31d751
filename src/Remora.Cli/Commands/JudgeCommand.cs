using System.CommandLine;
using System.Text.Json;
using Remora.Backtest.Judgement;
using Remora.Risk;

namespace Remora.Cli.Commands;

/// <summary><c>remora judge</c>: measures how a gate would have changed given trades.</summary>
internal static class JudgeCommand
{
    public static Command Create()
    {
        var trades = new Argument<string>("TRADES") { Description = "Backtest exported by Freqtrade (zip or JSON), or trades as CSV" };
        var candles = new MarketFilesOption();
        var policy = new Option<string>("--policy") { Description = "Built-in policy or policy file", DefaultValueFactory = _ => RiskPolicy.Default.Name };
        var outside = new OutsideOption();
        var json = new Option<bool>("--json") { Description = "Print all figures as JSON" };
        var command = new Command("judge", "Applies a gate to trades: finds the blocked ones, the effect on profit, and the probability of the same effect by chance.") { trades, candles, policy, outside, json };
        command.SetAction((parsed, cancellation) => Task.FromResult(Terminal.Attempt(() =>
        {
            using var files = new FileEngine(cancellation);
            var options = new JudgeOptions
            {
                Reader = files.Read,
                Trades = parsed.GetValue(trades)!,
                Markets = [.. candles.Read(parsed).Select(market => new JudgeMarket(market.Pair, market.File))],
                Policy = Policies.Find(parsed.GetValue(policy)!),
                Observations = outside.Read(parsed),
            };
            var judgements = Terminal.WithProgress("judging", progress => JudgeJob.Run(options, progress, cancellation));
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(judgements, CliJson.Shared.IReadOnlyListJudgement));
            else foreach (var judgement in judgements) Print(judgement);
            return ExitCode.Ok;
        })));
        return command;
    }

    private static void Print(Judgement judgement)
    {
        var real = judgement.Chance.Real;
        Console.WriteLine($"{judgement.Strategy}, {judgement.From} to {judgement.To}, gate {judgement.Policy}");
        Console.WriteLine($"  {real.Skipped} of {real.Trades} trades fell into unsafe time, which is {judgement.Chance.TimeBlocked:P1} of the time.");
        Console.WriteLine($"  Profit with all of them {judgement.All.ProfitTotalPct:0.00} %, without those {judgement.Kept.ProfitTotalPct:0.00} %.");
        if (double.IsFinite(real.LoserLift)) Console.WriteLine($"  The share of losing trades that was skipped is {real.LoserLift:0.00} times the share of time that was blocked (of time, not of entries).");
        if (judgement.Chance.Tests is { } tests)
            foreach (var (figure, test) in tests) Console.WriteLine($"  {figure}: gates that block as much at the wrong times do as well with probability {test.P:0.000}.");
        else
            Console.WriteLine("  The run is too short to tell it from luck.");
        foreach (var (pair, count) in judgement.Uncovered) Console.WriteLine($"  {count} trades of {pair} were left out: no candles cover them.");
    }
}
