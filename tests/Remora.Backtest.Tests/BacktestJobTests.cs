using System.Text.Json;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Backtest.Tests;

public sealed class BacktestJobTests
{
    private static BacktestOptions Options(string strategy = "RSIEMA")
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-backtest-").FullName, "candles.csv");
        File.WriteAllLines(
            path,
            Generated
                .Candles(10_000, 1)
                .Candles.Select(c =>
                    FormattableString.Invariant(
                        $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}"
                    )
                )
        );
        return new()
        {
            Strategy = strategy,
            Candles = path,
            Pair = Pair.Parse("BTC/USDT"),
        };
    }

    [Fact]
    public void Json_contains_the_documented_figure_names()
    {
        var json = JsonSerializer.SerializeToElement(BacktestJob.Run(Options()).Figures, ReflectedJson.Options);
        foreach (
            var name in new[]
            {
                "trades",
                "wins",
                "losses",
                "draws",
                "win_rate",
                "profit_total_pct",
                "max_drawdown_pct",
                "profit_factor",
                "sharpe",
                "sortino",
                "calmar",
                "mean_stake",
                "exit_reasons",
            }
        )
            Assert.True(json.TryGetProperty(name, out _), name);
    }

    [Fact]
    public void A_gated_run_contains_the_effect_of_the_gate()
    {
        var nervous = RiskPolicy.Default with
        {
            Name = "nervous",
            Decision = new() { BlockingScore = 0.5 },
        };
        var result = BacktestJob.Run(Options() with { Gate = nervous });
        Assert.Equal("nervous", result.Gate);
        Assert.InRange(result.Effect!.TimeBlocked, 0.05, 0.95);
        Assert.True(result.Figures.Trades < result.Effect.Ungated.Trades);
        Assert.True(
            BacktestJob.Run(Options() with { Gate = nervous, Sized = true }).Figures.MeanStake
                < result.Figures.MeanStake
        );
    }

    [Fact]
    public void A_strategy_without_its_timeframe_is_refused() =>
        Assert.Contains(
            "requires candles of 1h",
            Assert.Throws<BacktestException>(() => BacktestJob.Run(Options("DailyTrend"))).Message
        );

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains(
            "nowhere.csv",
            Assert.Throws<BacktestException>(() => BacktestJob.Run(Options() with { Candles = "nowhere.csv" })).Message
        );
}
