using Remora.Indicators;
using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// NFIQuickstart: buys when SMA 20 crosses above SMA 50 while RSI(14) is below 70; sells when it
/// crosses below, or RSI exceeds 80.
/// </summary>
public sealed class NfiQuickstart : IStrategy
{
    private readonly RunningSums _fast = new(20);
    private readonly RunningSums _slow = new(50);
    private readonly Rsi _rsi = new(14);
    private readonly Crossing _averages = new();

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        var rsi = _rsi.Update(candle.Close);
        _averages.Update(_fast.Update(candle.Close), _slow.Update(candle.Close));
        var enter = _averages.Up && rsi < 70 && candle.Volume > 0;
        var exit = _averages.Down || rsi > 80;
        return (enter ? Signals.Enter : Signals.None) | (exit ? Signals.Exit : Signals.None);
    }
}
