using Remora.Backtest.Freqtrade;
using Remora.Backtest.Judgement;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Backtest.Tests.Judgement;

public sealed class JudgeTests
{
    private static readonly RiskPolicy Nervous = RiskPolicy.Default with { Name = "nervous", Decision = new() { BlockingScore = 0.6 } };
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-judge-").FullName;

    private JudgeOptions Options(IReadOnlyList<Trade> trades)
    {
        var candles = Path.Combine(_folder, "candles.csv");
        File.WriteAllLines(candles, Weather.Candles(15_000, 1).Candles.Select(c => FormattableString.Invariant($"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}")));
        var file = Path.Combine(_folder, "trades.csv");
        using (var text = new StreamWriter(file)) TradeCsv.Write(text, trades);
        return new() { Trades = file, Markets = [new(Pair.Parse("BTC/USDT"), candles)], Policy = Nervous, Shifts = 199 };
    }

    private static Trade[] Trades(string pair) => [.. Enumerable.Range(0, 300).Select(i =>
    {
        var opened = Weather.Start + TimeSpan.FromHours(48 + (i * 3));
        var ratio = Math.Round((new Random(i).NextDouble() - 0.5) * 0.02, 8);
        return new Trade(pair, opened, opened + TimeSpan.FromHours(1), 100, 100, 1, 100, ratio, 100 * ratio, "exit_signal");
    })];

    [Fact]
    public void Trades_in_unsafe_time_are_told_from_the_others()
    {
        var judged = Assert.Single(JudgeJob.Run(Options(Trades("BTC/USDT"))));
        Assert.Equal(300, judged.All.Trades);
        Assert.Equal(300, judged.Kept.Trades + judged.Skipped.Count);
        Assert.InRange(judged.Skipped.Count, 10, 290);
        Assert.InRange(judged.Chance.Tests!["profit_kept"].P, 0.005, 0.995); // profits were drawn without looking at the candles
        Assert.Equal(judged.Kept.ProfitTotal, judged.Chance.Real.ProfitKept, 1e-9);
    }

    [Fact]
    public void A_gate_that_would_have_helped_is_seen_to()
    {
        var first = Assert.Single(JudgeJob.Run(Options(Trades("BTC/USDT"))));
        var unsafeTimes = first.Skipped.Select(t => t.OpenTime).ToHashSet();
        Trade[] planted = [.. Trades("BTC/USDT").Select(t => t with { ProfitRatio = unsafeTimes.Contains(t.OpenTime) ? -0.01 : 0.005, Profit = unsafeTimes.Contains(t.OpenTime) ? -1 : 0.5 })];
        var judged = Assert.Single(JudgeJob.Run(Options(planted)));
        Assert.Equal(0.005, judged.Chance.Tests!["profit_kept"].P);
        Assert.Equal(0.005, judged.Chance.Tests["loser_lift"].P);
    }

    [Fact]
    public void Trades_without_candles_are_counted_and_none_at_all_is_an_error()
    {
        var mixed = Assert.Single(JudgeJob.Run(Options([.. Trades("BTC/USDT"), .. Trades("ETH/USDT").Take(5)])));
        Assert.Equal(5, mixed.Uncovered["ETH/USDT"]);
        Assert.Contains("ETH/USDT", Assert.Throws<BacktestException>(() => JudgeJob.Run(Options(Trades("ETH/USDT")))).Message);
    }

    [Fact]
    public void A_real_export_is_judged()
    {
        var options = new JudgeOptions
        {
            Trades = SharedData.Require("freqtrade/backtest-result-2025-07-01_07-01-25.zip"),
            Markets = [new(Pair.Parse("BTC/USDT"), SharedData.Require("candles/BTCUSDT-1h.csv.gz"))],
            Shifts = 50,
        };
        Assert.Equal(3, Assert.Single(JudgeJob.Run(options)).All.Trades);
    }
}
