using Remora.Indicators;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Strategies;

/// <summary>
/// ChannelBreakout, for 1h candles: enters when the close leaves the range of the highs and lows of
/// the 72 candles before on the side of EMA 100, and exits when the close crosses back over the
/// middle of that range; on the short side mirrored. Stop at 6 %, profit target 15 %, after two
/// days 4 %. The rules are those of the Freqtrade strategy BothSides without its leverage.
/// </summary>
/// <param name="side">The side of its trades.</param>
public sealed class ChannelBreakout(Side side) : IStrategy
{
    /// <summary>The number of warm-up candles.</summary>
    public const int StartupCandles = 120;

    private const int Length = 72;
    private readonly Queue<(double High, double Low)> _range = new(Length);
    private readonly Ema _average = new(100);

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        var average = _average.Update(candle.Close);
        var signals = Signals.None;
        if (_range.Count == Length)
        {
            var (highest, lowest) = (double.MinValue, double.MaxValue);
            foreach (var (high, low) in _range)
                (highest, lowest) = (Math.Max(highest, high), Math.Min(lowest, low));
            var middle = (highest + lowest) / 2;
            var close = candle.Close;
            var (enter, exit) =
                side == Side.Short
                    ? (close < lowest && close < average, close > middle)
                    : (close > highest && close > average, close < middle);
            signals = (enter ? Signals.Enter : Signals.None) | (exit ? Signals.Exit : Signals.None);
            _range.Dequeue();
        }
        _range.Enqueue((candle.High, candle.Low));
        return signals;
    }
}
