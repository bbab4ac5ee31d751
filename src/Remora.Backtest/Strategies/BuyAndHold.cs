using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// BuyAndHold, for 1h candles: looks once a day, at 00:00 UTC, and wants to be in the market. Ungated it buys on the first day and holds to the end; gated it is out from a
/// midnight at which the gate is closed until one at which it is open.
/// </summary>
public sealed class BuyAndHold : IStrategy
{
    private static readonly TimeSpan LastHour = TimeSpan.FromHours(23);

    /// <inheritdoc/>
    public Signals Update(in Candle candle) =>
        candle.OpenTime - candle.OpenTime.Floor(Timeframe.OneDay.Length) == LastHour ? Signals.Enter : Signals.None;
}
