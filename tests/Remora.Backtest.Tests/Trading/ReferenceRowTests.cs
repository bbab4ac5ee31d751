using Remora.Backtest.Data;
using Remora.Backtest.Figures;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Trading;

/// <summary>
/// The two published results of 2022 are reproduced exactly: the order of events is Freqtrade's.
/// </summary>
public sealed class ReferenceRowTests
{
    [Theory]
    [InlineData("RSIEMA", 199, 31, 168, 0.156, -4.01, 4.05, 99.856)]
    [InlineData("NFIQuickstart", 1185, 280, 905, 0.236, -27.36, 27.37, 99.86)]
    public void Published_runs_are_reproduced(
        string name,
        int trades,
        int wins,
        int losses,
        double winRate,
        double profit,
        double drawdown,
        double stake
    )
    {
        var series = CandleFile.Read(SharedData.Require("candles/BTCUSDT-5m.csv.gz"));
        Assert.True(Instant.TryParse("2022-01-01", out var from));
        Assert.True(Instant.TryParse("2022-12-31", out var to));
        var simulation = Simulation.Prepare(StrategyCatalog.Find(name), series, from, to, AccountRules.Default);
        var figures = Performance.Of(
            simulation.Run(Gate.Open(series.Candles.Count)),
            1000,
            simulation.Frame.From,
            simulation.Frame.To
        );

        Assert.Equal(trades, figures.Trades);
        Assert.Equal(wins, figures.Wins);
        Assert.Equal(losses, figures.Losses);
        Assert.Equal(winRate, figures.WinRate, 3);
        Assert.Equal(profit, figures.ProfitTotalPct, 0.005);
        Assert.Equal(drawdown, figures.MaxDrawdownPct, 0.005);
        Assert.Equal(stake, figures.MeanStake, 0.005);
    }
}
