using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// BuyAndHold, for 1h candles: evaluates once a day, at 00:00 UTC, and always signals an entry.
/// Without a gate it buys on the first day and holds to the end. With a gate it is out of the
/// market from a midnight at which the gate blocks until one at which it allows entries.
/// </summary>
public sealed class BuyAndHold : IStrategy
{
    private static readonly TimeSpan LastHour = TimeSpan.FromHours(23);

    /// <inheritdoc/>
    public Signals Update(in Candle candle) =>
        candle.OpenTime - candle.OpenTime.Floor(Timeframe.OneDay.Length) == LastHour ? Signals.Enter : Signals.None;
}
