using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// Grid, for 5m candles: ten orders, each 1 % below the one above it and sold 1 % above its own
/// price, the first at the open. The grid has no stop. It is closed on Monday at 00:00 UTC and
/// placed an hour later around the price of that time. A grid that a gate blocks can be placed at
/// the next midnight.
/// </summary>
public sealed class Grid : IStrategy
{
    /// <summary>The orders of a grid.</summary>
    public static Ladder Orders { get; } = new(10, 0.01, 0.01, 1, Restocks: true);

    private static readonly TimeSpan Step = Timeframe.FiveMinutes.Length;
    private static readonly TimeSpan Day = Timeframe.OneDay.Length;
    private static readonly TimeSpan Week = 7 * Day;

    // The first Monday after the Unix epoch.
    private static readonly TimeSpan Monday = 4 * Day;

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        var closed = candle.OpenTime + Step;
        var ofWeek = closed - ((closed - Monday).Floor(Week) + Monday);
        if (ofWeek == TimeSpan.Zero)
            return Signals.Exit;
        var places = ofWeek == TimeSpan.FromHours(1) || ofWeek.Ticks % Day.Ticks == 0;
        return places && candle.Volume > 0 ? Signals.Enter : Signals.None;
    }
}
