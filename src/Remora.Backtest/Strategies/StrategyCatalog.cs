using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Strategies;

/// <summary>All strategies by name.</summary>
public static class StrategyCatalog
{
    private const int PublishedStartup = 200;
    private static readonly Stake Whole = Stake.Share(0.99);
    private static readonly RoiStep[] TenPercent = [new(TimeSpan.Zero, 0.10)];

    private static readonly RoiStep[] Channel = [new(TimeSpan.Zero, 0.15), new(TimeSpan.FromHours(48), 0.04)];

    /// <summary>
    /// The four published baselines, the two of docs/decisions/0020-two-more-baselines.md and the
    /// eight of docs/decisions/0083-strategies-with-other-shapes.md.
    /// </summary>
    public static IReadOnlyList<StrategyPlan> All { get; } =
    [
        Published("RSIEMA", () => new RsiEma()),
        Published("NFIQuickstart", () => new NfiQuickstart()),
        Published("MACDCross", () => new MacdCross()),
        Published("BollingerBreakout", () => new BollingerBreakout()),
        Hourly("DailyTrend", DailyTrend.StartupCandles, () => new DailyTrend()),
        Hourly("FourHourTrend", FourHourTrend.StartupCandles, () => new FourHourTrend(Side.Long)),
        Hourly("FourHourTrendShort", FourHourTrend.StartupCandles, () => new FourHourTrend(Side.Short)) with
        {
            Side = Side.Short,
        },
        Hourly("ChannelBreakout", ChannelBreakout.StartupCandles, () => new ChannelBreakout(Side.Long)) with
        {
            StopLoss = -0.06,
            Roi = Channel,
        },
        Hourly("ChannelBreakoutShort", ChannelBreakout.StartupCandles, () => new ChannelBreakout(Side.Short)) with
        {
            Side = Side.Short,
            StopLoss = -0.06,
            Roi = Channel,
        },
        Hourly("MeanReversion", MeanReversion.StartupCandles, () => new MeanReversion()),
        Hourly("DipBuyer", DipBuyer.StartupCandles, () => new DipBuyer()) with
        {
            Ladder = DipBuyer.Orders,
        },
        new("Grid", Timeframe.FiveMinutes, 1, () => new Grid()) { Stake = Whole, Ladder = Grid.Orders },
        Hourly("BuyAndHold", 1, () => new BuyAndHold()) with
        {
            GateExits = true,
        },
        Hourly("VolatilityTargetHold", VolatilityTargetHold.StartupCandles, () => new VolatilityTargetHold()) with
        {
            GateExits = true,
            RebalanceBand = VolatilityTargetHold.Band,
        },
    ];

    /// <summary>The four published baselines, long on candles of 5m.</summary>
    public static IReadOnlyList<StrategyPlan> Samples { get; } = [.. All.Take(4)];

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

    private static StrategyPlan Hourly(string name, int startup, Func<IStrategy> create) =>
        new(name, Timeframe.OneHour, startup, create) { Stake = Whole };
}
