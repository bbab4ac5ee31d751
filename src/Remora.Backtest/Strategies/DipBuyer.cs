using Remora.Indicators;
using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// DipBuyer, for 1h candles: averages down (DCA). Buys when RSI(14) falls below 30, with four equal
/// orders, each 3 % below the one above it, the first at the open. Sells everything at a profit of
/// 3 % after fees, or 18 % below the first price.
/// </summary>
public sealed class DipBuyer : IStrategy
{
    /// <summary>The number of warm-up candles.</summary>
    public const int StartupCandles = 200;

    /// <summary>The orders of a trade.</summary>
    public static Ladder Orders { get; } = new(4, 0.03, 0.03, 0.18, Restocks: false);

    private readonly Rsi _rsi = new(14);
    private readonly Crossing _oversold = new();

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        _oversold.Update(_rsi.Update(candle.Close), 30);
        return _oversold.Down && candle.Volume > 0 ? Signals.Enter : Signals.None;
    }
}
