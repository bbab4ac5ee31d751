using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>All strategies by name.</summary>
public static class StrategyCatalog
{
    private const int PublishedStartup = 200;
    private static readonly RoiStep[] TenPercent = [new(TimeSpan.Zero, 0.10)];

    /// <summary>
    /// The four published baselines and the two of docs/decisions/0020-two-more-baselines.md.
    /// </summary>
    public static IReadOnlyList<StrategyPlan> All { get; } =
    [
        Published("RSIEMA", () => new RsiEma()),
        Published("NFIQuickstart", () => new NfiQuickstart()),
        Published("MACDCross", () => new MacdCross()),
        Published("BollingerBreakout", () => new BollingerBreakout()),
        new("DailyTrend", Timeframe.OneHour, DailyTrend.StartupCandles, () => new DailyTrend())
        {
            Stake = Stake.Share(0.99),
        },
        new("BuyAndHold", Timeframe.OneHour, 1, () => new BuyAndHold()) { Stake = Stake.Share(0.99), GateExits = true },
    ];

    /// <summary>Returns a strategy by name; case is ignored.</summary>
    /// <exception cref="BacktestException">The name is unknown; the message lists the
    /// strategies.</exception>
    public static StrategyPlan Find(string name) =>
        All.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new BacktestException(
            $"'{name}' is not a strategy: expected one of {string.Join(", ", All.Select(p => p.Name))}"
        );

    private static StrategyPlan Published(string name, Func<IStrategy> create) =>
        new(name, Timeframe.FiveMinutes, PublishedStartup, create) { StopLoss = -0.10, Roi = TenPercent };
}
