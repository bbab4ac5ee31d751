using Remora.Indicators;
using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// MeanReversion, for 1h candles: buys a fall within a rise, when RSI(2) is below 10 and the close
/// is above the mean of 200 closes; sells when the close is above the mean of 5 (L. Connors and C.
/// Alvarez, Short Term Trading Strategies That Work, 2008, there on days).
/// </summary>
public sealed class MeanReversion : IStrategy
{
    /// <summary>The number of warm-up candles.</summary>
    public const int StartupCandles = 200;

    private readonly Rsi _rsi = new(2);
    private readonly RunningSums _fast = new(5);
    private readonly RunningSums _slow = new(200);

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        var close = candle.Close;
        var (rsi, fast, slow) = (_rsi.Update(close), _fast.Update(close), _slow.Update(close));
        var enter = rsi < 10 && close > slow && candle.Volume > 0;
        return (enter ? Signals.Enter : Signals.None) | (close > fast ? Signals.Exit : Signals.None);
    }
}
