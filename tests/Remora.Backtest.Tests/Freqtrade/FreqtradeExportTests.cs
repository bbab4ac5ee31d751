using Remora.Backtest.Figures;
using Remora.Backtest.Freqtrade;
using Remora.Testing;

namespace Remora.Backtest.Tests.Freqtrade;

/// <summary>
/// Real exports can be read, and every figure that Freqtrade states equals the computed one.
/// </summary>
public sealed class FreqtradeExportTests
{
    [Theory]
    [InlineData("backtest-result-2025-07-01_07-01-25.zip", 3)]
    [InlineData("backtest-result-2023-01-08_13-22-02.json", 23)]
    [InlineData("backtest-result-2021-12-01_22-24-24.json", 0)]
    [InlineData("backtest-result.json", 179)]
    [InlineData("backtest-result_multistrat.json", 179)]
    [InlineData("backtest-result-2026-11-26_19-23-08.zip", 328)]
    [InlineData("backtest-result-2026-11-26_19-24-15.zip", 909)]
    public void Figures_equal_those_of_freqtrade(string file, int trades)
    {
        foreach (var run in FreqtradeExport.Read(SharedData.Require("freqtrade/" + file)))
        {
            Assert.Equal(trades, run.Trades.Count);
            var ours = Performance.Of(run.Trades, run.StartingBalance, run.From, run.To);
            var checkedAny = 0;
            void Agrees(string name, double value)
            {
                if (!run.Figures.TryGetValue(name, out var stated))
                    return;
                checkedAny++;
                Assert.True(
                    Math.Abs(stated - value) <= 1e-9 * Math.Max(1, Math.Abs(stated)),
                    $"{run.Strategy} {name}: {stated} stated, {value} ours"
                );
            }
            Agrees("total_trades", ours.Trades);
            Agrees("wins", ours.Wins);
            Agrees("losses", ours.Losses);
            Agrees("draws", ours.Draws);
            Agrees("winrate", ours.WinRate);
            Agrees("profit_total", ours.ProfitTotalPct / 100);
            Agrees("profit_total_abs", ours.ProfitTotal);
            if (trades > 0)
                Agrees("profit_mean", ours.ProfitMeanPct / 100);
            Agrees("profit_factor", ours.ProfitFactor);
            Agrees("sharpe", ours.Sharpe);
            Agrees("sortino", ours.Sortino);
            Agrees("calmar", ours.Calmar);
            Agrees("max_drawdown_abs", ours.MaxDrawdown);
            Agrees("max_drawdown_account", ours.MaxDrawdownPct / 100);
            Agrees("max_relative_drawdown", ours.MaxRelativeDrawdownPct / 100);
            if (trades > 0)
                Agrees("avg_stake_amount", ours.MeanStake);
            Agrees("final_balance", ours.FinalBalance);
            Assert.True(checkedAny >= 8, $"{checkedAny} figures were stated");
        }
    }
}
